/* Who options: the options that say who should have signed, out of the table of demand_list.h. */
#ifndef MF_CLIENT_CMD_WHO_OPTIONS_H
#define MF_CLIENT_CMD_WHO_OPTIONS_H

#include "client/identity/demand_list.h"
#include "common/run/options.h"

enum { MF_WHO_OPTIONS_MAX = 16 }; /* rows of that table */

struct who_options {
    struct option_list values[MF_WHO_OPTIONS_MAX]; /* by row */
};

/* Writes the options and their aliases, at most 2 * MF_WHO_OPTIONS_MAX; returns how many. */
size_t mf_who_options(struct who_options *who, struct option *out);
/* The first that was given, "--repo"; null for none. */
const char *mf_who_options_given(const struct who_options *who);
/* MF_ERR_USAGE for a value that is no good, and for a demand that does not say who and whose token.
 */
MF_MUST_USE bool mf_who_options_read(const struct who_options *who, struct demand_list *out,
                                     struct err *err);

#endif
