/* Matching flags: by which options the certificate at hand would have been accepted. */
#ifndef MF_CLIENT_IDENTITY_MATCHING_FLAGS_H
#define MF_CLIENT_IDENTITY_MATCHING_FLAGS_H

#include "client/identity/demand_list.h"

struct matching_flag {
    const char *option;                 /* "--repo" */
    char value[MF_DEMAND_TEXT_MAX + 1]; /* as it is given; may hold any character but NUL */
};

enum { MF_MATCHING_FLAGS_MAX = 2 };

/* For a row that does not hold: options in its place by which this signer would be the demanded
 * one. Each was tried. Returns how many; 0 where none is, as for a part that the certificate lacks.
 */
size_t mf_matching_flags(const struct demand *row, const struct signer_identity *who,
                         struct matching_flag out[static MF_MATCHING_FLAGS_MAX]);

#endif
