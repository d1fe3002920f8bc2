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
};

/* The path of trusted_root.json: the option's, else the instance directory's when it has one.
 * MF_ERR_USAGE when there is neither: nothing is trusted by default. */
MF_MUST_USE bool mf_trust_root_path(const struct trust_options *options, char *out, size_t cap,
                                    struct err *err);
/* The same for signing_config.json: there is no destination by default. */
MF_MUST_USE bool mf_trust_signing_path(const struct trust_options *options, char *out, size_t cap,
                                       struct err *err);

#endif
