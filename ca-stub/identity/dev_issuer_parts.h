/* What the files of the development issuer share. Not for other rooms. */
#ifndef MF_CA_IDENTITY_DEV_ISSUER_PARTS_H
#define MF_CA_IDENTITY_DEV_ISSUER_PARTS_H

#include "ca-stub/identity/dev_issuer.h"
#include "ca-stub/identity/jws.h"
#include "common/base/buf.h"

enum { MF_DEV_ISSUER_BODY_MAX = 16 * 1024 };   /* bytes of a request for a token */
enum { MF_DEV_ISSUER_CLAIMS_MAX = 24 * 1024 }; /* bytes of the claims' JSON */
enum { MF_DEV_ISSUER_KID_MAX = 40 };           /* bytes with NUL */

struct dev_key {
    struct secret pem; /* empty when there is no such key */
    char kid[MF_DEV_ISSUER_KID_MAX];
};

struct dev_issuer { /* never changes once made */
    char base_url[128];
    char audience[MF_DEV_ISSUER_AUDIENCE_MAX];
    char paths[MF_DEV_ISSUER_PATHS_MAX][MF_DEV_ISSUER_PATH_MAX];
    size_t path_count;
    struct clock clock;
    struct dev_key ec, rsa;
    struct secret secret;
    struct buf jwks;
};

struct dev_request {   /* what a request for a token asks */
    enum jws_alg alg;  /* MF_JWS_ES256 or MF_JWS_RS256 */
    struct buf claims; /* a JSON object with a NUL behind */
};

/* Adds what every token has: iss, aud, iat, nbf, exp, jti. */
MF_MUST_USE bool mf_dev_issuer_claims(const struct dev_issuer *issuer, struct span path,
                                      struct span body, struct dev_request *out, struct err *err);
void mf_dev_issuer_claims_done(struct dev_request *request);

#endif
