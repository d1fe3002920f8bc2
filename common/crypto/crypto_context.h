/* What the files of this room share about a struct crypto. Not for other rooms. */
#ifndef MF_COMMON_CRYPTO_CRYPTO_CONTEXT_H
#define MF_COMMON_CRYPTO_CRYPTO_CONTEXT_H

#include <stdatomic.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "common/crypto/verifier.h"

enum { MF_DIGEST_COUNT = 4, MF_KEY_KIND_COUNT = 5 };

/* A library context and its providers. OpenSSL's objects point back into the context that made
 * them, so each key holds a share of it: keys and contexts may be freed in any order, by any
 * thread. */
struct crypto_lib {
    atomic_uint shares;
    OSSL_LIB_CTX *ctx;
    OSSL_PROVIDER *provider;
    OSSL_PROVIDER *base; /* FIPS: what the module itself lacks */
};

struct crypto {
    struct crypto_lib *lib;
    EVP_MD *md[MF_DIGEST_COUNT];        /* by enum digest_alg, fetched at first use */
    EVP_MD_CTX *hash[MF_DIGEST_COUNT];  /* likewise, started once and then restarted */
    EVP_MD_CTX *verify;                 /* for Ed25519 */
    EVP_PKEY *curve[MF_KEY_KIND_COUNT]; /* curves without a point, to copy: made at first use */
    EVP_PKEY_CTX *rsa;                  /* builds RSA keys */
};

/* Stands first in whatever may put an error into OpenSSL's queue: when its scope ends, what was put
 * there since is dropped, and nothing older. May be nested. */
#define MF_CRYPTO_SCOPE MF_SCOPED(mf_crypto_leave) bool inside_ = mf_crypto_enter()
bool mf_crypto_enter(void);
void mf_crypto_leave(bool *inside);
/* Sets err with what OpenSSL said last in the innermost scope of this kind, if it said anything.
 * Always false. */
bool mf_crypto_err(struct err *err, enum err_code code, const char *what);
/* Whether what OpenSSL has just refused failed for want of memory, so that nobody's key or
 * signature is to blame; sets an error that says so then. Inside MF_CRYPTO_SCOPE; may empty the
 * queue. */
bool mf_crypto_lacks_memory(struct err *err);

struct crypto_lib *mf_crypto_lib_share(struct crypto_lib *lib);
void mf_crypto_lib_drop(struct crypto_lib **lib);

/* The fetched algorithm; borrowed. */
const EVP_MD *mf_digest_md(struct crypto *c, enum digest_alg alg);

struct public_key {
    struct crypto_lib *lib;
    EVP_PKEY *pkey;
    enum key_kind kind;
    unsigned bits;
    size_t raw_n; /* the last bytes of spki */
    size_t spki_n;
    uint8_t spki[];
};

/* A context kept from one signature to the next. */
struct key_signing {
    EVP_PKEY_CTX *ctx; /* ready for the scheme below, or null */
    int scheme;
};

struct private_key {
    struct crypto_lib *lib;
    EVP_PKEY *pkey;
    struct key_signing *signing; /* owned; changes while the key stays the same */
    enum key_kind kind;
};

/* Takes over pkey, also when it fails. */
bool mf_private_key_take(struct crypto *c, EVP_PKEY *pkey, enum key_kind kind,
                         struct private_key **out, struct err *err);
/* An EC key without a point on this curve; borrowed from c. */
EVP_PKEY *mf_crypto_curve(struct crypto *c, enum key_kind kind, struct err *err);

enum sig_family { MF_FAMILY_ECDSA, MF_FAMILY_RSA, MF_FAMILY_ED25519, MF_FAMILY_ED25519PH };
enum sig_family mf_sig_family(enum sig_scheme scheme);
/* Whether a key of this kind has the scheme, and this build too; else an error of this code. */
bool mf_sig_fits(enum sig_scheme scheme, enum key_kind kind, enum err_code code, struct err *err);

/* Fixed facts of a kind of key. */
struct key_facts {
    const char *name;  /* for people */
    const char *group; /* OpenSSL's name of the curve, or null */
    struct span oid;   /* of the curve, or of the algorithm */
    size_t width;      /* bytes of a coordinate, 0 for RSA */
    unsigned bits;     /* 0 for RSA */
};
const struct key_facts *mf_key_facts(enum key_kind kind);
/* AlgorithmIdentifier of a key: its content, and the whole. */
bool mf_key_algorithm(struct span content, enum key_kind *out, struct err *err);
bool mf_key_put_algorithm(struct buf *b, enum key_kind kind, struct err *err);

/* True when y (32 bytes, little-endian, top bit the sign of x) encodes a point of the curve in its
 * one canonical spelling, and that point has not small order. */
bool mf_ed25519_point_is_good(const uint8_t y[static 32]);

#endif
