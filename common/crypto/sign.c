/* The signing half of verifier.h. */
#include <openssl/rsa.h>

#include "common/crypto/crypto_context.h"
#include "common/crypto/verifier.h"

static bool failed(struct err *err)
{
    return mf_crypto_err(err, MF_ERR_INTERNAL, "cannot sign");
}

/* Ready once, then reused: the key belongs to one thread at a time. */
static bool prepare(struct crypto *c, const struct private_key *key, enum sig_scheme scheme,
                    struct err *err)
{
    struct key_signing *s = key->signing;

    if (s->ctx != NULL && s->scheme == (int)scheme)
        return true;
    EVP_PKEY_CTX_free(s->ctx);
    s->ctx = EVP_PKEY_CTX_new_from_pkey(key->lib->ctx, key->pkey, NULL);
    bool ready = s->ctx != NULL && EVP_PKEY_sign_init(s->ctx) == 1;
    if (ready && mf_sig_family(scheme) == MF_FAMILY_RSA)
        ready = EVP_PKEY_CTX_set_rsa_padding(s->ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(s->ctx, mf_digest_md(c, mf_sig_digest(scheme))) == 1;
    if (!ready) {
        EVP_PKEY_CTX_free(s->ctx);
        s->ctx = NULL;
        return failed(err);
    }
    s->scheme = (int)scheme;
    return true;
}

bool mf_sign_digest(struct crypto *c, const struct private_key *key, enum sig_scheme scheme,
                    struct span digest, struct buf *out, struct err *err)
{
    MF_CRYPTO_SCOPE;
    size_t n = (size_t)EVP_PKEY_get_size(key->pkey);

    if (!mf_sig_fits(scheme, key->kind, MF_ERR_USAGE, err))
        return false;
    if (key->kind == MF_KEY_ED25519 || digest.n != mf_digest_length(mf_sig_digest(scheme)))
        return mf_err_set(err, MF_ERR_USAGE, "no digest that this key signs");
    if (!prepare(c, key, scheme, err) || !mf_buf_reserve(out, n, err))
        return false;
    if (EVP_PKEY_sign(key->signing->ctx, out->p + out->n, &n, digest.p, digest.n) != 1)
        return failed(err);
    out->n += n;
    return true;
}

static bool sign_ed25519(struct crypto *c, const struct private_key *key, struct span message,
                         struct buf *out, struct err *err)
{
    MF_CRYPTO_SCOPE;
    size_t n = 64;

    if (!mf_buf_reserve(out, n, err))
        return false;
    bool ok = EVP_MD_CTX_reset(c->verify) == 1 &&
              EVP_DigestSignInit_ex(c->verify, NULL, NULL, key->lib->ctx, NULL, key->pkey, NULL) ==
                  1 &&
              EVP_DigestSign(c->verify, out->p + out->n, &n, message.p, message.n) == 1;
    EVP_MD_CTX_reset(c->verify);
    if (!ok)
        return failed(err);
    out->n += n;
    return true;
}

bool mf_sign(struct crypto *c, const struct private_key *key, enum sig_scheme scheme,
             struct span message, struct buf *out, struct err *err)
{
    uint8_t digest[MF_DIGEST_MAX];
    enum digest_alg alg = mf_sig_digest(scheme);

    if (!mf_sig_fits(scheme, key->kind, MF_ERR_USAGE, err))
        return false;
    if (key->kind == MF_KEY_ED25519)
        return sign_ed25519(c, key, message, out, err);
    mf_digest(c, alg, message, digest);
    return mf_sign_digest(c, key, scheme, (struct span){digest, mf_digest_length(alg)}, out, err);
}
