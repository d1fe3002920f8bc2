/* What comes out of a private key: its public half, and PKCS#8 into locked memory. */
#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "common/codec/der.h"
#include "common/crypto/crypto_context.h"

enum { PKCS8_ROOM = 6 * 1024, POINT_MAX = 133 /* bytes */ };

static void bn_free(BIGNUM **bn)
{
    BN_clear_free(*bn);
    *bn = NULL;
}

static bool failed(struct err *err)
{
    return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot read a private key");
}

static bool public_number(const struct private_key *key, const char *name, struct buf *out,
                          struct err *err)
{
    MF_SCOPED(bn_free) BIGNUM *bn = NULL;

    if (EVP_PKEY_get_bn_param(key->pkey, name, &bn) != 1)
        return failed(err);
    size_t n = (size_t)BN_num_bytes(bn);
    if (!mf_buf_reserve(out, n, err))
        return false;
    out->n += (size_t)BN_bn2bin(bn, out->p + out->n);
    return true;
}

static bool ec_point(const struct private_key *key, uint8_t out[static POINT_MAX], size_t *n)
{
    return EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out,
                                           POINT_MAX, n) == 1;
}

bool mf_private_key_public(struct crypto *c, const struct private_key *key, struct public_key **out,
                           struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_buf_done) struct buf n = {.max = 2048};
    MF_SCOPED(mf_buf_done) struct buf e = {.max = 2048};
    uint8_t raw[POINT_MAX];
    size_t raw_n = sizeof raw;

    if (key->kind == MF_KEY_RSA)
        return public_number(key, OSSL_PKEY_PARAM_RSA_N, &n, err) &&
               public_number(key, OSSL_PKEY_PARAM_RSA_E, &e, err) &&
               mf_public_key_from_rsa(c, mf_buf_span(&n), mf_buf_span(&e), out, err);
    bool got = key->kind == MF_KEY_ED25519
                   ? EVP_PKEY_get_raw_public_key(key->pkey, raw, &raw_n) == 1
                   : ec_point(key, raw, &raw_n);
    if (!got)
        return failed(err);
    return mf_public_key_from_raw(c, key->kind, (struct span){raw, raw_n}, out, err);
}

/* INTEGER straight from the key's number to the output, which is locked memory. */
static bool put_number(const struct private_key *key, const char *name, struct buf *b,
                       struct err *err)
{
    MF_SCOPED(bn_free) BIGNUM *bn = BN_secure_new();
    size_t mark = 0;

    if (bn == NULL || EVP_PKEY_get_bn_param(key->pkey, name, &bn) != 1)
        return failed(err);
    if (!mf_der_begin(b, MF_DER_INTEGER, &mark, err))
        return false;
    if (BN_num_bits(bn) % 8 == 0 && !mf_buf_append_byte(b, 0, err)) /* the sign bit, or zero */
        return false;
    if (!mf_buf_reserve(b, (size_t)BN_num_bytes(bn), err))
        return false;
    b->n += (size_t)BN_bn2bin(bn, b->p + b->n);
    return mf_der_finish(b, mark, err);
}

static bool put_rsa(const struct private_key *key, struct buf *b, struct err *err)
{
    static const char *const names[] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    };
    size_t mark = 0;

    if (!mf_der_begin(b, MF_DER_SEQUENCE, &mark, err) || !mf_der_put_uint(b, 0, err))
        return false;
    for (size_t i = 0; i < MF_LEN(names); i++)
        if (!put_number(key, names[i], b, err))
            return false;
    return mf_der_finish(b, mark, err);
}

static bool put_ed25519(const struct private_key *key, struct buf *b, struct err *err)
{
    size_t mark = 0;
    size_t n = 32;

    if (!mf_der_begin(b, MF_DER_OCTET_STRING, &mark, err) || !mf_buf_reserve(b, n, err))
        return false;
    if (EVP_PKEY_get_raw_private_key(key->pkey, b->p + b->n, &n) != 1)
        return failed(err);
    b->n += n;
    return mf_der_finish(b, mark, err);
}

static bool put_ec(const struct private_key *key, struct buf *b, struct err *err)
{
    MF_SCOPED(bn_free) BIGNUM *scalar = BN_secure_new();
    size_t width = mf_key_facts(key->kind)->width;
    uint8_t point[POINT_MAX];
    size_t point_n = 0, whole = 0, octets = 0, tagged = 0;

    if (scalar == NULL || !ec_point(key, point, &point_n) ||
        EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) != 1)
        return failed(err);
    if (!mf_der_begin(b, MF_DER_SEQUENCE, &whole, err) || !mf_der_put_uint(b, 1, err) ||
        !mf_der_begin(b, MF_DER_OCTET_STRING, &octets, err) || !mf_buf_reserve(b, width, err))
        return false;
    if (BN_bn2binpad(scalar, b->p + b->n, (int)width) < 0)
        return failed(err);
    b->n += width;
    return mf_der_finish(b, octets, err) &&
           mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(1), &tagged, err) &&
           mf_der_put_bits(b, (struct span){point, point_n}, err) &&
           mf_der_finish(b, tagged, err) && mf_der_finish(b, whole, err);
}

static bool put_pkcs8(const struct private_key *key, struct buf *b, struct err *err)
{
    size_t whole = 0, inner = 0;

    if (!mf_der_begin(b, MF_DER_SEQUENCE, &whole, err) || !mf_der_put_uint(b, 0, err) ||
        !mf_key_put_algorithm(b, key->kind, err) ||
        !mf_der_begin(b, MF_DER_OCTET_STRING, &inner, err))
        return false;
    bool ok = key->kind == MF_KEY_RSA       ? put_rsa(key, b, err)
              : key->kind == MF_KEY_ED25519 ? put_ed25519(key, b, err)
                                            : put_ec(key, b, err);
    return ok && mf_der_finish(b, inner, err) && mf_der_finish(b, whole, err);
}

bool mf_private_key_to_pkcs8(struct crypto *c, const struct private_key *key, struct secret *out,
                             struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_secret_done) struct secret s = {0};

    (void)c;
    if (!mf_secret_new(PKCS8_ROOM, &s, err))
        return false;
    /* A buf over the secret's own memory, as large as it may get: it never reallocates. */
    struct buf b = {.p = s.p, .cap = PKCS8_ROOM, .max = PKCS8_ROOM};
    if (!put_pkcs8(key, &b, err))
        return false;
    s.n = b.n;
    *out = s;
    s = (struct secret){0}; /* moved: the caller owns it now */
    return true;
}
