#include "common/crypto/verifier.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "common/codec/der.h"
#include "common/crypto/crypto_context.h"

static const struct {
    enum sig_family family;
    enum digest_alg digest;
} schemes[] = {
    [MF_SIG_ECDSA_SHA256] = {MF_FAMILY_ECDSA, MF_SHA256},
    [MF_SIG_ECDSA_SHA384] = {MF_FAMILY_ECDSA, MF_SHA384},
    [MF_SIG_ECDSA_SHA512] = {MF_FAMILY_ECDSA, MF_SHA512},
    [MF_SIG_RSA_PKCS1_SHA256] = {MF_FAMILY_RSA, MF_SHA256},
    [MF_SIG_RSA_PKCS1_SHA384] = {MF_FAMILY_RSA, MF_SHA384},
    [MF_SIG_RSA_PKCS1_SHA512] = {MF_FAMILY_RSA, MF_SHA512},
    [MF_SIG_ED25519] = {MF_FAMILY_ED25519, MF_SHA512},
    [MF_SIG_ED25519PH] = {MF_FAMILY_ED25519PH, MF_SHA512},
};

enum sig_scheme mf_sig_scheme_of(enum key_kind kind)
{
    static const enum sig_scheme natural[] = {
        [MF_KEY_P256] = MF_SIG_ECDSA_SHA256, [MF_KEY_P384] = MF_SIG_ECDSA_SHA384,
        [MF_KEY_P521] = MF_SIG_ECDSA_SHA512, [MF_KEY_RSA] = MF_SIG_RSA_PKCS1_SHA256,
        [MF_KEY_ED25519] = MF_SIG_ED25519,
    };
    return natural[kind];
}

enum digest_alg mf_sig_digest(enum sig_scheme scheme)
{
    return schemes[scheme].digest;
}

enum sig_family mf_sig_family(enum sig_scheme scheme)
{
    return schemes[scheme].family;
}

bool mf_sig_fits(enum sig_scheme scheme, enum key_kind kind, enum err_code code, struct err *err)
{
    enum sig_family family = schemes[scheme].family;
    bool ok = kind == MF_KEY_RSA ? family == MF_FAMILY_RSA
              : kind == MF_KEY_ED25519
                  ? family == MF_FAMILY_ED25519 || family == MF_FAMILY_ED25519PH
                  : family == MF_FAMILY_ECDSA;

    if (!ok)
        return mf_err_set(err, code, "signature scheme is not one of a key of %s",
                          mf_key_kind_name(kind));
    if (family == MF_FAMILY_ED25519PH)
        return mf_err_set(err, code, "Ed25519ph is not available in this build");
    return true;
}

/* Inside MF_CRYPTO_SCOPE. was_ready: all was set up, so that the signature is what failed. */
static bool rejected(bool was_ready, struct err *err)
{
    if (mf_crypto_lacks_memory(err))
        return false;
    if (!was_ready)
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot verify a signature");
    return mf_err_set(err, MF_ERR_REJECTED, "signature does not verify");
}

/* RSA alone needs to be told the padding, and the digest that the padding names. */
static bool set_padding(struct crypto *c, EVP_PKEY_CTX *ctx, enum sig_scheme scheme)
{
    if (schemes[scheme].family != MF_FAMILY_RSA)
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, mf_digest_md(c, schemes[scheme].digest)) == 1;
}

/* In the library context that made the key, which may be another thread's: no export of the key,
 * and only read locks are shared. */
static bool verify_digest(struct crypto *c, const struct public_key *key, enum sig_scheme scheme,
                          struct span digest, struct span signature, struct err *err)
{
    MF_CRYPTO_SCOPE;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(key->lib->ctx, key->pkey, NULL);
    bool ready = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && set_padding(c, ctx, scheme);
    bool good = ready && EVP_PKEY_verify(ctx, signature.p, signature.n, digest.p, digest.n) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good || rejected(ready, err);
}

static bool verify_ed25519(struct crypto *c, const struct public_key *key, struct span message,
                           struct span signature, struct err *err)
{
    MF_CRYPTO_SCOPE;
    bool ready = EVP_MD_CTX_reset(c->verify) == 1 &&
                 EVP_DigestVerifyInit_ex(c->verify, NULL, NULL, key->lib->ctx, NULL, key->pkey,
                                         NULL) == 1;
    bool good = ready &&
                EVP_DigestVerify(c->verify, signature.p, signature.n, message.p, message.n) == 1;

    EVP_MD_CTX_reset(c->verify); /* it would hold the key */
    return good || rejected(ready, err);
}

bool mf_verify_digest(struct crypto *c, const struct public_key *key, enum sig_scheme scheme,
                      struct span digest, struct span signature, struct err *err)
{
    struct span r, s;

    if (!mf_sig_fits(scheme, key->kind, MF_ERR_REJECTED, err))
        return false;
    if (schemes[scheme].family == MF_FAMILY_ED25519)
        return mf_err_set(err, MF_ERR_REJECTED, "Ed25519 needs the message, not its digest");
    if (digest.n != mf_digest_length(schemes[scheme].digest))
        return mf_err_set(err, MF_ERR_REJECTED, "digest has %zu bytes, not those of %s", digest.n,
                          mf_digest_name(schemes[scheme].digest));
    if (schemes[scheme].family == MF_FAMILY_ECDSA && !mf_ecdsa_numbers(signature, &r, &s, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    return verify_digest(c, key, scheme, digest, signature, err);
}

bool mf_verify(struct crypto *c, const struct public_key *key, enum sig_scheme scheme,
               struct span message, struct span signature, struct err *err)
{
    uint8_t digest[MF_DIGEST_MAX];
    enum digest_alg alg = schemes[scheme].digest;

    if (!mf_sig_fits(scheme, key->kind, MF_ERR_REJECTED, err))
        return false;
    if (schemes[scheme].family != MF_FAMILY_ED25519) {
        mf_digest(c, alg, message, digest);
        return mf_verify_digest(c, key, scheme, (struct span){digest, mf_digest_length(alg)},
                                signature, err);
    }
    return verify_ed25519(c, key, message, signature, err);
}
