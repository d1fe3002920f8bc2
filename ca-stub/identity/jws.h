/* JWS: the compact form of a signed token, read strictly. Sources: RFC 7515, RFC 7518, RFC 8037.
 *
 * One token has one spelling: three segments of unpadded base64url with zero trailing bits. The
 * header may say which algorithm and which of the issuer's keys, and nothing that brings a key
 * along or changes what is signed. */
#ifndef MF_CA_IDENTITY_JWS_H
#define MF_CA_IDENTITY_JWS_H

#include "ca-stub/identity/refusal.h"
#include "common/base/buf.h"
#include "common/crypto/verifier.h"

enum { MF_TOKEN_MAX = 16 * 1024 }; /* bytes of a whole token */
enum { MF_KID_MAX = 256 };         /* bytes of a key's name */

enum jws_alg {
    MF_JWS_RS256,
    MF_JWS_RS384,
    MF_JWS_RS512,
    MF_JWS_ES256,
    MF_JWS_ES384,
    MF_JWS_ES512,
    MF_JWS_EDDSA,
    MF_JWS_ALG_COUNT_
};

struct jws {
    enum jws_alg alg;
    bool has_kid;
    char kid[MF_KID_MAX + 1];  /* printable ASCII */
    struct span signing_input; /* header.payload; borrowed from the token */
    struct span payload;       /* JSON not looked at yet; in decoded */
    struct span signature;     /* raw; in decoded */
    struct buf decoded;        /* owns payload and signature; wiped, as a token is a password */
};

/* Reasons: TOKEN_MISSING, TOKEN_TOO_LARGE, TOKEN_MALFORMED, ALG_FORBIDDEN. */
MF_MUST_USE bool mf_jws_parse(struct span token, struct jws *out, struct refusal *why);
/* Wipes; may run twice. */
void mf_jws_done(struct jws *jws);

/* "ES256" */
const char *mf_jws_alg_name(enum jws_alg alg);
/* Case-sensitive; false for an algorithm that is not on the list. */
bool mf_jws_alg_parse(struct span name, enum jws_alg *out);
/* The one kind of key that an algorithm may be used with: ES256 is P-256 and nothing else. */
enum key_kind mf_jws_alg_key(enum jws_alg alg);

/* Reasons: KEY_MISMATCH when the key is of another kind, SIG_INVALID. */
MF_MUST_USE bool mf_jws_verify(struct crypto *c, const struct jws *jws,
                               const struct public_key *key, struct refusal *why);

#endif
