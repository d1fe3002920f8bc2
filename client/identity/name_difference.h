/* Name difference: in which part a certificate's value is another than the one demanded. */
#ifndef MF_CLIENT_IDENTITY_NAME_DIFFERENCE_H
#define MF_CLIENT_IDENTITY_NAME_DIFFERENCE_H

#include "client/identity/identity_demand.h"

enum { MF_DIFFERENCE_MAX = 480 }; /* bytes with the NUL */

/* For a row that does not hold: "owner \"acme-evil\", not \"acme\"", with a word on case, percent
 * signs or a slash at the end where these alone differ. Parts are those of a URI (host, path, ref;
 * of GitHub's owner, repository and workflow) or of an address (user, domain). Text from outside is
 * escaped. */
void mf_name_difference(const struct demand *row, const struct signer_identity *who,
                        char out[static MF_DIFFERENCE_MAX]);

#endif
