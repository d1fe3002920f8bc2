/* Development issuer: an OIDC issuer for one machine, which gives tokens to whoever can read its
 * secret file. Its names are loopback URLs, which no trust file of a real instance contains.
 *
 *   GET  PATH/.well-known/openid-configuration
 *   GET  PATH/keys         JWKS
 *   POST PATH/token        Authorization: Bearer SECRET, a loopback Host, and
 *        {"sub":"..", "aud":"sigstore", "alg":"ES256", "lifetime_s":600, "claims":{...}}
 *                          gives {"token":".."}; nothing but sub must be there. A sub that is an
 *                          email address is also the verified email claim, unless claims has one.
 *
 * PATH is "" or one of the configured paths ("/github", "/gitlab"): each is an issuer of its own,
 * base URL + PATH, so that each type of identity can be tried; all share the keys. Members of
 * "claims" other than iss, aud, sub, exp, iat and nbf go into the token as they are. */
#ifndef MF_CA_IDENTITY_DEV_ISSUER_H
#define MF_CA_IDENTITY_DEV_ISSUER_H

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/base/span.h"
#include "common/crypto/crypto.h"

struct dev_issuer;
struct http_request;

/* Names of the files in its directory; all 0600. The RSA key is there only where it was asked for,
 * since making one takes a second. */
#define MF_DEV_ISSUER_EC_FILE     "dev-issuer-es256.pem"
#define MF_DEV_ISSUER_RSA_FILE    "dev-issuer-rs256.pem"
#define MF_DEV_ISSUER_SECRET_FILE "dev-issuer.secret"

enum { MF_DEV_ISSUER_PATHS_MAX = 8 };
enum { MF_DEV_ISSUER_PATH_MAX = 64, MF_DEV_ISSUER_AUDIENCE_MAX = 256 }; /* bytes with NUL */

struct dev_issuer_params {
    const char *directory;    /* with the three files */
    const char *base_url;     /* "http://127.0.0.1:5555": http, loopback, no path */
    const char *const *paths; /* each "" or "/name"; copied */
    size_t path_count;        /* 0 gives the one path "" */
    const char *audience;     /* when a request names none; null gives "sigstore" */
    struct clock clock;
};

/* Makes the P-256 key and the secret; a file that is there already is MF_ERR_EXISTS. */
MF_MUST_USE bool mf_dev_issuer_init(struct crypto *c, const char *directory, struct err *err);
/* Adds an RSA key, so that tokens can be had with RS256 as well. */
MF_MUST_USE bool mf_dev_issuer_init_rsa(struct crypto *c, const char *directory, struct err *err);

/* Reads the files; one that others may read is refused. */
MF_MUST_USE bool mf_dev_issuer_new(const struct dev_issuer_params *params, struct dev_issuer **out,
                                   struct err *err);
void mf_dev_issuer_free(struct dev_issuer **issuer);

/* Answers the request and returns true when its path is one of ours; else leaves it alone. A token
 * costs a signature, so it may be called on an I/O thread. Any number of threads. */
bool mf_dev_issuer_handle(struct dev_issuer *issuer, struct http_request *request);

/* The same without HTTP: the body of POST PATH/token to a token. MF_ERR_FORMAT for a bad body. */
MF_MUST_USE bool mf_dev_issuer_mint(struct dev_issuer *issuer, struct span path, struct span body,
                                    struct secret *token, struct err *err);

#endif
