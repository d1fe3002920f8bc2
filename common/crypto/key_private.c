/* The private half of key.h: PKCS#8 without OpenSSL's decoders, which would leave copies of the key
 * in memory that is not locked. Sources: RFC 5958, RFC 5915, RFC 8410, RFC 8017 A.1.2. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "common/codec/der.h"
#include "common/crypto/crypto_context.h"
#include "common/crypto/verifier.h"

enum { PKCS8_MAX = 6 * 1024, RSA_NUMBERS = 8, RSA_GENERATED = 3072 /* bits */ };

static const char *const rsa_names[RSA_NUMBERS] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static void bn_free(BIGNUM **bn)
{
    BN_clear_free(*bn);
    *bn = NULL;
}

static void builder_free(OSSL_PARAM_BLD **b)
{
    OSSL_PARAM_BLD_free(*b);
    *b = NULL;
}

/* Numbers made by BN_secure_new stay in the secure heap here too. */
static void params_free(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
    *params = NULL;
}

static void pkey_ctx_free(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
    *ctx = NULL;
}

static bool no_memory(struct err *err)
{
    return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a private key");
}

bool mf_private_key_take(struct crypto *c, EVP_PKEY *pkey, enum key_kind kind,
                         struct private_key **out, struct err *err)
{
    struct private_key *key = pkey != NULL ? mf_array_new(1, sizeof *key) : NULL;
    struct key_signing *signing = key != NULL ? mf_array_new(1, sizeof *signing) : NULL;

    if (signing == NULL) {
        free(key);
        EVP_PKEY_free(pkey);
        return no_memory(err);
    }
    *key = (struct private_key){
        .lib = mf_crypto_lib_share(c->lib), .pkey = pkey, .signing = signing, .kind = kind};
    *out = key;
    return true;
}

void mf_private_key_free(struct private_key **key)
{
    struct private_key *old = MF_MOVE(*key);

    if (old == NULL)
        return;
    EVP_PKEY_CTX_free(old->signing->ctx);
    free(old->signing);
    EVP_PKEY_free(old->pkey);
    mf_crypto_lib_drop(&old->lib);
    free(old);
}

enum key_kind mf_private_key_kind(const struct private_key *key)
{
    return key->kind;
}

bool mf_private_key_generate(struct crypto *c, enum key_kind kind, struct private_key **out,
                             struct err *err)
{
    MF_CRYPTO_SCOPE;
    const struct key_facts *facts = mf_key_facts(kind);
    EVP_PKEY *pkey = NULL;

    if (kind == MF_KEY_RSA)
        pkey = EVP_PKEY_Q_keygen(c->lib->ctx, NULL, "RSA", (size_t)RSA_GENERATED);
    else if (kind == MF_KEY_ED25519)
        pkey = EVP_PKEY_Q_keygen(c->lib->ctx, NULL, "ED25519");
    else
        pkey = EVP_PKEY_Q_keygen(c->lib->ctx, NULL, "EC", facts->group);
    return mf_private_key_take(c, pkey, kind, out, err);
}

static bool from_params(struct crypto *c, const char *type, OSSL_PARAM_BLD *builder, EVP_PKEY **out,
                        struct err *err)
{
    MF_SCOPED(params_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    MF_SCOPED(pkey_ctx_free)
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(c->lib->ctx, type, NULL);

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
        return no_memory(err);
    if (EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) != 1)
        return mf_crypto_err(err, MF_ERR_FORMAT, "private key is refused");
    return true;
}

static bool secret_number(struct span bytes, BIGNUM **out, struct err *err)
{
    *out = BN_secure_new();
    if (bytes.n > PKCS8_MAX || *out == NULL || BN_bin2bn(bytes.p, (int)bytes.n, *out) == NULL)
        return no_memory(err);
    return true;
}

/* The public point of a scalar, computed and not read: a file may hold another one. */
static bool public_point(struct crypto *c, enum key_kind kind, const BIGNUM *scalar,
                         uint8_t out[static 133], struct err *err)
{
    const struct key_facts *facts = mf_key_facts(kind);
    EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(c->lib->ctx, NULL,
                                                    EC_curve_nist2nid(facts->group));
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    size_t n = 1 + 2 * facts->width;

    bool in_range = group != NULL && !BN_is_zero(scalar) && !BN_is_negative(scalar) &&
                    BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;
    bool made = point != NULL && in_range &&
                EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
                EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, n, NULL) == n;
    EC_POINT_free(point);
    EC_GROUP_free(group);
    if (!in_range)
        return mf_err_set(err, MF_ERR_FORMAT, "private key is outside the curve's order");
    return made || no_memory(err);
}

static bool skip_optional(struct span *rest, int tag, struct err *err)
{
    struct span skipped;

    return mf_der_take_optional(rest, tag, &skipped, err) || err->code == MF_OK;
}

/* ECPrivateKey: version 1, the scalar, then optional parameters and public key. */
static bool parse_ec(struct crypto *c, enum key_kind kind, struct span der, EVP_PKEY **out,
                     struct err *err)
{
    const struct key_facts *facts = mf_key_facts(kind);
    struct span body, scalar, part, bits, point;
    uint8_t computed[133];
    uint64_t version = 0;
    MF_SCOPED(bn_free) BIGNUM *number = NULL;
    MF_SCOPED(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (builder == NULL)
        return no_memory(err);
    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, err) || !mf_der_end(der, err) ||
        !mf_der_take(&body, MF_DER_INTEGER, &part, err) || !mf_der_uint(part, &version, err) ||
        !mf_der_take(&body, MF_DER_OCTET_STRING, &scalar, err))
        return false;
    if (version != 1 || scalar.n != facts->width)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "EC private key has version %" PRIu64 " and %zu bytes", version,
                          scalar.n);
    if (!secret_number(scalar, &number, err) || !public_point(c, kind, number, computed, err))
        return false;
    struct span whole = {computed, 1 + 2 * facts->width};
    if (!skip_optional(&body, MF_DER_CONTEXT_CONSTRUCTED(0), err))
        return false;
    if (mf_der_take_optional(&body, MF_DER_CONTEXT_CONSTRUCTED(1), &part, err) &&
        mf_der_take(&part, MF_DER_BIT_STRING, &bits, err) && mf_der_bit_string(bits, &point, err) &&
        !mf_span_eq(point, whole))
        return mf_err_set(err, MF_ERR_FORMAT, "private key and its public half do not match");
    if (err->code != MF_OK || !mf_der_end(body, err))
        return false;
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, facts->group, 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, whole.p, whole.n) != 1 ||
        OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, number, facts->width) != 1)
        return no_memory(err);
    return from_params(c, "EC", builder, out, err);
}

static bool parse_ed25519(struct crypto *c, struct span der, EVP_PKEY **out, struct err *err)
{
    struct span seed;

    if (!mf_der_take(&der, MF_DER_OCTET_STRING, &seed, err) || !mf_der_end(der, err))
        return false;
    if (seed.n != 32)
        return mf_err_set(err, MF_ERR_FORMAT, "Ed25519 private key has %zu bytes, not 32", seed.n);
    /* OpenSSL 3.0 puts the seed it is given in ordinary memory, but a copy of the key in the secure
     * heap; freeing wipes the first. */
    EVP_PKEY *given = EVP_PKEY_new_raw_private_key_ex(c->lib->ctx, "ED25519", NULL, seed.p, seed.n);
    *out = given != NULL ? EVP_PKEY_dup(given) : NULL;
    EVP_PKEY_free(given);
    return *out != NULL || no_memory(err);
}

/* RSAPrivateKey: version 0 (two primes), then eight numbers. */
static bool parse_rsa(struct crypto *c, struct span der, EVP_PKEY **out, struct err *err)
{
    struct span body, part;
    uint64_t version = 0;
    BIGNUM *numbers[RSA_NUMBERS] = {0};
    MF_SCOPED(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (builder == NULL)
        return no_memory(err);
    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, err) || !mf_der_end(der, err) ||
        !mf_der_take(&body, MF_DER_INTEGER, &part, err) || !mf_der_uint(part, &version, err))
        return false;
    if (version != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "RSA private key has more than two primes");
    bool ok = true;
    for (size_t i = 0; ok && i < RSA_NUMBERS; i++) {
        ok = mf_der_take(&body, MF_DER_INTEGER, &part, err) && mf_der_unsigned(part, &part, err) &&
             secret_number(part, &numbers[i], err);
        if (ok && OSSL_PARAM_BLD_push_BN(builder, rsa_names[i], numbers[i]) != 1)
            ok = no_memory(err);
    }
    ok = ok && mf_der_end(body, err) && from_params(c, "RSA", builder, out, err);
    for (size_t i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(numbers[i]);
    return ok;
}

/* *stated is the public half that the file holds beside the key, or empty. */
static bool parse_pkcs8(struct crypto *c, struct span der, enum key_kind *kind, struct span *stated,
                        EVP_PKEY **out, struct err *err)
{
    struct span body, part, alg, inner;
    uint64_t version = 0;

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, err) || !mf_der_end(der, err) ||
        !mf_der_take(&body, MF_DER_INTEGER, &part, err) || !mf_der_uint(part, &version, err) ||
        !mf_der_take(&body, MF_DER_SEQUENCE, &alg, err) || !mf_key_algorithm(alg, kind, err) ||
        !mf_der_take(&body, MF_DER_OCTET_STRING, &inner, err))
        return false;
    /* RFC 5958: version 1 may add attributes and the public key. */
    if (!skip_optional(&body, MF_DER_CONTEXT_CONSTRUCTED(0), err))
        return false;
    if (version == 1 && mf_der_take_optional(&body, MF_DER_CONTEXT(1), &part, err) &&
        !mf_der_bit_string(part, stated, err))
        return false;
    if (err->code != MF_OK || !mf_der_end(body, err))
        return false;
    if (version > 1)
        return mf_err_set(err, MF_ERR_FORMAT, "PKCS#8 has version %" PRIu64, version);
    if (*kind == MF_KEY_RSA)
        return parse_rsa(c, inner, out, err);
    if (*kind == MF_KEY_ED25519)
        return parse_ed25519(c, inner, out, err);
    return parse_ec(c, *kind, inner, out, err);
}

/* One signature, thrown away, tells whether the two halves belong together: nothing ties an RSA
 * file's numbers to each other. Over one zero byte, which is no checkpoint, tree head, timestamp or
 * certificate. */
static bool is_pair(struct crypto *c, const struct private_key *key, const struct public_key *half,
                    struct span stated, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    static const uint8_t trial[] = {0};
    enum sig_scheme scheme = mf_sig_scheme_of(key->kind);
    struct err ignored = {0};

    if ((stated.n == 0 || mf_span_eq(stated, mf_public_key_raw(half))) &&
        mf_sign(c, key, scheme, MF_SPAN_OF(trial), &signature, &ignored) &&
        mf_verify(c, half, scheme, MF_SPAN_OF(trial), mf_buf_span(&signature), &ignored))
        return true;
    return mf_err_set(err, MF_ERR_FORMAT, "private key and its public half do not match");
}

bool mf_private_key_from_pkcs8(struct crypto *c, const struct secret *der, struct private_key **out,
                               struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
    enum key_kind kind = MF_KEY_P256;
    struct span stated = {0};
    EVP_PKEY *pkey = NULL;

    if (der->n > PKCS8_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "private key is larger than %d bytes", PKCS8_MAX);
    if (!parse_pkcs8(c, mf_secret_span(der), &kind, &stated, &pkey, err))
        return mf_err_at(err, "private key");
    if (!mf_private_key_take(c, pkey, kind, &key, err))
        return false;
    /* Its public half must be one that we would accept: RSA sizes and exponents are checked there.
     */
    if (!mf_private_key_public(c, key, &half, err) || !is_pair(c, key, half, stated, err))
        return mf_err_at(err, "private key");
    *out = MF_MOVE(key);
    return true;
}
