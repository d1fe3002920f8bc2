/* Which token a run signs with: named, in the environment, or the instance's own. */
#ifndef MF_CLIENT_CMD_TOKEN_CHOICE_H
#define MF_CLIENT_CMD_TOKEN_CHOICE_H

#include "client/cmd/instance.h"
#include "client/token/token_source.h"

#define MF_DEV_SECRET_FILE "ca/dev-issuer.secret"

struct dev_request { /* what `mayfly token` may vary; null for the instance's own */
    const char *subject;
    const char *claims_path;
    const char *path; /* "/github": another of the development issuer's identities */
};

/* From the instance's development issuer. */
MF_MUST_USE bool mf_token_of_instance(struct http_client *http, const struct instance *instance,
                                      const struct dev_request *request, struct secret *out,
                                      struct err *err);
/* option (may be null), else SIGSTORE_ID_TOKEN, else the instance's (may be null).
 * MF_ERR_USAGE when there is none. */
MF_MUST_USE bool mf_token_choose(const char *option, struct http_client *http,
                                 const struct instance *instance, struct secret *out,
                                 struct err *err);

#endif
