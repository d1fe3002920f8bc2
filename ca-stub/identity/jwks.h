/* JWKS: an issuer's published keys. Sources: RFC 7517, RFC 7518 section 6, RFC 8037.
 *
 * A key that cannot be used is left out and the reason kept: issuers publish keys for other uses
 * beside those for signing. A set without one usable key is refused. */
#ifndef MF_CA_IDENTITY_JWKS_H
#define MF_CA_IDENTITY_JWKS_H

#include "ca-stub/identity/jws.h"

enum { MF_JWKS_MAX = 256 * 1024 }; /* bytes */
enum { MF_JWKS_KEYS_MAX = 64 };

struct jwk_set; /* read-only once made; any number of threads */

struct jwk {
    char *kid; /* null when the key has no name */
    bool has_alg;
    enum jws_alg alg; /* the only one it may be used with, where the issuer says so */
    struct public_key *key;
};

/* MF_ERR_LIMIT; MF_ERR_FORMAT names the key by its place: no set, or no usable key. */
MF_MUST_USE bool mf_jwks_parse(struct crypto *c, struct span text, struct jwk_set **out,
                               struct err *err);
void mf_jwks_free(struct jwk_set **set);

size_t mf_jwks_count(const struct jwk_set *set); /* usable keys */
const struct jwk *mf_jwks_at(const struct jwk_set *set, size_t index);
/* How many keys were left out, and why the first of them was; "" when none was. */
size_t mf_jwks_left_out(const struct jwk_set *set, const char **why);

enum jwks_answer {
    MF_JWKS_FOUND,
    MF_JWKS_UNKNOWN,   /* no key of that name: a newer set may have it */
    MF_JWKS_AMBIGUOUS, /* two keys of that name, or no name and several keys */
};
/* kid null: the token names no key, which is enough where there is only one. */
enum jwks_answer mf_jwks_find(const struct jwk_set *set, const char *kid, const struct jwk **out);

#endif
