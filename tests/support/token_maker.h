/* Tokens and key sets for tests, good ones and bad ones. Failures end the test. */
#ifndef MF_TESTS_SUPPORT_TOKEN_MAKER_H
#define MF_TESTS_SUPPORT_TOKEN_MAKER_H

#include "common/base/buf.h"
#include "common/crypto/verifier.h"

struct made_keys { /* one of each kind, and a second P-256 */
    struct crypto *c;
    struct private_key *rsa, *p256, *other, *p384, *p521, *ed25519;
};

/* Makes what is asked for: RSA takes a while. */
void made_keys_init(struct made_keys *keys, bool with_rsa);
void made_keys_done(struct made_keys *keys);

/* header.payload.signature of the key with the scheme; ECDSA as r||s. */
struct buf made_token(struct crypto *c, const struct private_key *key, enum sig_scheme scheme,
                      struct span header, struct span payload);
/* The same with this signature, as bytes. */
struct buf made_token_with(struct span header, struct span payload, struct span signature);
/* "header.payload" in base64url. */
struct buf made_signing_input(struct span header, struct span payload);

/* Appends {"kty":...,"kid":...} of the public half; extra is put in as it is (",\"use\":\"sig\""),
 * kid null leaves the name out. */
void made_jwk(struct crypto *c, const struct private_key *key, const char *kid, const char *extra,
              struct buf *out);

#endif
