/* Demand list: an identity demand read from the options by which people say who should have signed.
 * Each option is one row of one table; a policy file's members bear the same names. */
#ifndef MF_CLIENT_IDENTITY_DEMAND_LIST_H
#define MF_CLIENT_IDENTITY_DEMAND_LIST_H

#include "client/identity/identity_demand.h"

enum { MF_DEMANDS_MAX = 128 };      /* rows */
enum { MF_DEMAND_TEXT_MAX = 1024 }; /* bytes of one value */

/* Zeroed before the first use. Not to be copied. */
struct demand_list {
    struct demand rows[MF_DEMANDS_MAX];
    size_t count;
    char *texts[MF_DEMANDS_MAX]; /* owned: of rows whose text was built; null for others */
    struct name_regexp *regexps[MF_DEMANDS_MAX]; /* owned: of rows that have one */
};

struct demand_option {
    const char *name;    /* "--repo" */
    const char *alias;   /* what other programs call it: "--certificate-identity"; or null */
    const char *metavar; /* "OWNER/NAME" */
    const char *help;
    unsigned group;
    bool (*add)(struct demand_list *list, const struct demand_option *option, struct span value,
                struct err *err);
};

/* The table; values are added in its order, since --signer-workflow builds on --repo. */
const struct demand_option *mf_demand_options(size_t *count);

/* Adds one value of an option as a row. Values of the same option are alternatives; so are those of
 * --identity, --identity-glob and --identity-regexp, those of --issuer and --issuer-regexp, those
 * of
 * --repo and --gitlab, and those of --require for one extension.
 *
 *   value  borrowed: must outlive the list
 *   err    MF_ERR_USAGE with the option as its place */
MF_MUST_USE bool mf_demand_list_add(struct demand_list *list, const struct demand_option *option,
                                    struct span value, struct err *err);
/* A view of the list; as it is now. */
struct identity_demand mf_demand_list_view(const struct demand_list *list);
void mf_demand_list_done(struct demand_list *list);

#endif
