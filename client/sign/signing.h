/* Signing: a key in locked memory, one certificate, and a verified bundle for each artifact. */
#ifndef MF_CLIENT_SIGN_SIGNING_H
#define MF_CLIENT_SIGN_SIGNING_H

#include "client/bundle/artifact.h"
#include "client/token/token_source.h"
#include "client/trust/signing_config.h"
#include "client/trust/trusted_root.h"
#include "common/net/http_client.h"

struct signing_params { /* all borrowed for the life of the session */
    struct crypto *crypto;
    struct http_client *http;
    const struct signing_config *config;
    const struct trusted_root *root;
    const struct secret *token;
    const struct token_claims *claims; /* the token's: the certificate must say the same */
    struct clock clock;
};

struct signing;

/* Chooses the services, makes a P-256 key, and trades the token for its certificate.
 * MF_ERR_TRUST: no usable service or trust; MF_ERR_DENIED and MF_ERR_UNAVAILABLE from the CA. */
MF_MUST_USE bool mf_signing_begin(const struct signing_params *params, struct signing **out,
                                  struct err *err);
/* True when the certificate has too little time left for a batch: end this session and begin
 * another, with a key and a certificate of its own. */
bool mf_signing_runs_out(const struct signing *signing);
/* Wipes the key. */
void mf_signing_free(struct signing **signing);

enum { MF_SIGNING_BATCH = 32 }; /* artifacts signed at once */

struct signed_artifact {
    bool ok;
    struct buf bundle; /* JSON; owned by the caller */
    int64_t log_index;
    struct err err;
};

/* Signs up to MF_SIGNING_BATCH artifacts: timestamps and log entries of all are asked for at once,
 * and each bundle is verified in full before it is handed over. */
void mf_signing_sign(struct signing *signing, const struct artifact *artifacts, size_t count,
                     struct signed_artifact *out);

#endif
