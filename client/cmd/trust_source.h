/* Which trust files a run uses: named ones, else an instance's. */
#ifndef MF_CLIENT_CMD_TRUST_SOURCE_H
#define MF_CLIENT_CMD_TRUST_SOURCE_H

#include "client/cmd/instance.h"
#include "client/trust/signing_config.h"
#include "client/trust/trusted_root.h"

struct trust_options { /* as the user gave them; null when not */
    const char *instance;
    const char *trusted_root;
    const char *signing_config;
    bool is_public, is_staging; /* Sigstore's own, as the installation brought it along */
};

struct trust_choice { /* a trusted root to verify by */
    char path[PATH_MAX];
    char
        passed_over[PATH_MAX]; /* a public root that others may change, so that it does not count */
    const char *public_name;   /* null unless it is one of Sigstore's */
    char date[sizeof "2026-10-20"]; /* of that */
};

/* An instance or files, never a mixture: trust in one set of services and signatures by another
 * would only be found out at the end. MF_ERR_USAGE names both options. */
MF_MUST_USE bool mf_trust_options_check(const struct trust_options *options, struct err *err);
/* For signing, the two files go together: MF_ERR_USAGE for one without the other. */
MF_MUST_USE bool mf_trust_signing_check(const struct trust_options *options, struct err *err);

/* The path of trusted_root.json: the option's, else the instance directory's when it has one.
 * MF_ERR_TRUST when there is neither: nothing is trusted by default. */
MF_MUST_USE bool mf_trust_root_path(const struct trust_options *options, char *out, size_t cap,
                                    struct err *err);
/* To verify by: the root of the options or of an instance as above, else Sigstore's public one
 * where this installation has it. */
MF_MUST_USE bool mf_trust_choose(const struct trust_options *options, struct trust_choice *out,
                                 struct err *err);
/* The same for signing_config.json: there is no destination by default. */
MF_MUST_USE bool mf_trust_signing_path(const struct trust_options *options, char *out, size_t cap,
                                       struct err *err);

#endif
