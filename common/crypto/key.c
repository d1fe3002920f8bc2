#include "common/crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

#include "common/codec/der.h"
#include "common/crypto/crypto_context.h"
#include "common/crypto/key_oid.h"

enum {
    RSA_MIN = 2048,
    RSA_MAX = 8192,    /* bits */
    RSA_E_MIN = 65537, /* FIPS 186-5 A.1.1 */
};

static const struct span oid_ec_public_key = MF_SPAN_INIT(MF_OID_EC_PUBLIC_KEY);

static const struct key_facts all_facts[MF_KEY_KIND_COUNT] = {
    [MF_KEY_P256] = {"ECDSA P-256", "P-256", MF_SPAN_INIT(MF_OID_P256), 32, 256},
    [MF_KEY_P384] = {"ECDSA P-384", "P-384", MF_SPAN_INIT(MF_OID_P384), 48, 384},
    [MF_KEY_P521] = {"ECDSA P-521", "P-521", MF_SPAN_INIT(MF_OID_P521), 66, 521},
    [MF_KEY_RSA] = {"RSA", NULL, MF_SPAN_INIT(MF_OID_RSA), 0, 0},
    [MF_KEY_ED25519] = {"Ed25519", NULL, MF_SPAN_INIT(MF_OID_ED25519), 32, 256},
};

const struct key_facts *mf_key_facts(enum key_kind kind)
{
    return &all_facts[kind];
}

const char *mf_key_kind_name(enum key_kind kind)
{
    return all_facts[kind].name;
}

EVP_PKEY *mf_crypto_curve(struct crypto *c, enum key_kind kind, struct err *err)
{
    char group[8];

    if (c->curve[kind] != NULL)
        return c->curve[kind];
    snprintf(group, sizeof group, "%s", all_facts[kind].group);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(c->lib->ctx, "EC", NULL);
    bool made = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, &c->curve[kind], EVP_PKEY_KEY_PARAMETERS, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!made)
        mf_crypto_err(err, MF_ERR_SYSTEM, "cannot set up the curve");
    return c->curve[kind];
}

/* Copying a curve and setting the point costs a third of EVP_PKEY_fromdata, and checks that the
 * point is on the curve all the same. The cofactor is 1, so every point but infinity will do. */
static bool make_ec(struct crypto *c, enum key_kind kind, struct span raw, EVP_PKEY **out,
                    struct err *err)
{
    if (raw.n != 1 + 2 * all_facts[kind].width || raw.p[0] != 0x04)
        return mf_err_set(err, MF_ERR_FORMAT, "%s key is no uncompressed point of %zu bytes",
                          all_facts[kind].name, 1 + 2 * all_facts[kind].width);
    EVP_PKEY *curve = mf_crypto_curve(c, kind, err);
    if (curve == NULL)
        return false;
    EVP_PKEY *pkey = EVP_PKEY_dup(curve);
    if (pkey == NULL)
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a key");
    if (EVP_PKEY_set1_encoded_public_key(pkey, raw.p, raw.n) != 1) {
        EVP_PKEY_free(pkey);
        return !mf_crypto_lacks_memory(err) &&
               mf_err_set(err, MF_ERR_FORMAT, "%s key is not on the curve", all_facts[kind].name);
    }
    *out = pkey;
    return true;
}

static bool make_ed25519(struct crypto *c, struct span raw, EVP_PKEY **out, struct err *err)
{
    if (raw.n != 32)
        return mf_err_set(err, MF_ERR_FORMAT, "Ed25519 key has %zu bytes, not 32", raw.n);
    if (!mf_ed25519_point_is_good(raw.p))
        return !mf_crypto_lacks_memory(err) &&
               mf_err_set(err, MF_ERR_FORMAT,
                          "Ed25519 key is no point, has small order or another spelling");
    *out = EVP_PKEY_new_raw_public_key_ex(c->lib->ctx, "ED25519", NULL, raw.p, raw.n);
    return *out != NULL || mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a key");
}

/* The primes below 752 (NIST SP 800-56B section 6.4.2.1), multiplied together as far as 64 bits
 * hold: one long division serves many primes. */
static const uint64_t small_primes[] = {
    UINT64_C(0x088886ffdb344692), UINT64_C(0x34091fa96ffdf47b), UINT64_C(0x3c47d8d728a77ebb),
    UINT64_C(0x077ab7da9d709ea9), UINT64_C(0x310df3e7bd4bc897), UINT64_C(0xe657d7a1fd5161d1),
    UINT64_C(0x02ad3dbe0cca85ff), UINT64_C(0x0787f9a02c3388a7), UINT64_C(0x1113c5cc6d101657),
    UINT64_C(0x2456c94f936bdb15), UINT64_C(0x4236a30b85ffe139), UINT64_C(0x805437b38eada69d),
    UINT64_C(0x00723e97bddcd2af), UINT64_C(0x00a5a792ee239667), UINT64_C(0x00e451352ebca269),
    UINT64_C(0x013a7955f14b7805), UINT64_C(0x01d37cbd653b06ff), UINT64_C(0x00000000189410db),
};

_Static_assert(sizeof(BN_ULONG) == sizeof(uint64_t), "BN_mod_word divides by 64 bits");

static bool check_factors(const BIGNUM *n, struct err *err)
{
    for (size_t i = 0; i < MF_LEN(small_primes); i++) {
        uint64_t a = small_primes[i];
        uint64_t b = BN_mod_word(n, small_primes[i]);
        if (b >= a) /* no remainder, but its word for a lack of memory */
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a key or a signature");
        while (b != 0) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a != 1)
            return mf_err_set(err, MF_ERR_FORMAT, "RSA key has a modulus with a small factor");
    }
    return true;
}

/* What EVP_PKEY_fromdata takes without a word: see the limits above, even numbers, and moduli that
 * anybody can factor. A check by OpenSSL would also test n for being a prime, for milliseconds. */
static bool check_rsa(struct span n, struct span e, const BIGNUM *modulus, struct err *err)
{
    uint64_t exponent = 0;

    if (n.n * 8 < RSA_MIN || n.n * 8 > RSA_MAX || n.p[0] < 0x80)
        return mf_err_set(err, MF_ERR_FORMAT, "RSA key has %d bits, not %d to %d in whole bytes",
                          BN_num_bits(modulus), RSA_MIN, RSA_MAX);
    for (size_t i = 0; i < e.n && i < 8; i++)
        exponent = exponent << 8 | e.p[i];
    /* Go reads no exponent of 2^31 or more. */
    if (e.n > 4 || exponent < RSA_E_MIN || exponent > INT32_MAX || exponent % 2 == 0)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "RSA key has an exponent that is not odd and %d or "
                          "more, below 2^31",
                          RSA_E_MIN);
    return check_factors(modulus, err);
}

/* OSSL_PARAM takes numbers in the machine's own order. */
static OSSL_PARAM number_param(const char *name, const BIGNUM *bn, uint8_t *room, size_t n)
{
    BN_bn2nativepad(bn, room, (int)n);
    return OSSL_PARAM_construct_BN(name, room, n);
}

static void bn_free(BIGNUM **bn)
{
    BN_free(*bn);
    *bn = NULL;
}

static bool make_rsa(struct crypto *c, struct span n, struct span e, EVP_PKEY **out,
                     struct err *err)
{
    uint8_t n_room[RSA_MAX / 8];
    uint8_t e_room[4];

    if (n.n == 0 || n.n > sizeof n_room || e.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "RSA key has %zu bytes, not %d to %d bits", n.n,
                          RSA_MIN, RSA_MAX);
    MF_SCOPED(bn_free) BIGNUM *modulus = BN_bin2bn(n.p, (int)n.n, NULL);
    MF_SCOPED(bn_free) BIGNUM *exponent = BN_bin2bn(e.p, e.n < 16 ? (int)e.n : 16, NULL);
    if (modulus == NULL || exponent == NULL)
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a key");
    if (!check_rsa(n, e, modulus, err))
        return false;
    OSSL_PARAM params[] = {
        number_param(OSSL_PKEY_PARAM_RSA_N, modulus, n_room, n.n),
        number_param(OSSL_PKEY_PARAM_RSA_E, exponent, e_room, sizeof e_room),
        OSSL_PARAM_construct_end(),
    };
    if (c->rsa == NULL) {
        c->rsa = EVP_PKEY_CTX_new_from_name(c->lib->ctx, "RSA", NULL);
        if (c->rsa == NULL || EVP_PKEY_fromdata_init(c->rsa) != 1)
            return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a key");
    }
    if (EVP_PKEY_fromdata(c->rsa, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return !mf_crypto_lacks_memory(err) && mf_err_set(err, MF_ERR_FORMAT, "RSA key is refused");
    return true;
}

static bool unknown_algorithm(const char *what, struct span oid, struct err *err)
{
    char text[80];

    mf_der_oid_text(oid, text, sizeof text);
    return mf_err_set(err, MF_ERR_FORMAT, "key has the unknown %s %s", what, text);
}

/* AlgorithmIdentifier to the kind of key; parameters exactly as the sources have them. */
bool mf_key_algorithm(struct span alg, enum key_kind *out, struct err *err)
{
    struct span oid, parameters;

    if (!mf_der_take(&alg, MF_DER_OID, &oid, err))
        return false;
    if (mf_span_eq(oid, all_facts[MF_KEY_ED25519].oid)) { /* RFC 8410: no parameters */
        *out = MF_KEY_ED25519;
        return mf_der_end(alg, err);
    }
    if (mf_span_eq(oid, all_facts[MF_KEY_RSA].oid)) {
        *out = MF_KEY_RSA;
        return mf_der_take(&alg, MF_DER_NULL, &parameters, err) && mf_der_end(alg, err);
    }
    if (!mf_span_eq(oid, oid_ec_public_key))
        return unknown_algorithm("algorithm", oid, err);
    if (!mf_der_take(&alg, MF_DER_OID, &parameters, err) || !mf_der_end(alg, err))
        return false;
    for (enum key_kind kind = MF_KEY_P256; kind <= MF_KEY_P521; kind++) {
        *out = kind;
        if (mf_span_eq(parameters, all_facts[kind].oid))
            return true;
    }
    return unknown_algorithm("curve", parameters, err);
}

static bool make_pkey(struct crypto *c, enum key_kind kind, struct span raw, EVP_PKEY **out,
                      struct err *err)
{
    struct span numbers, n, e;

    if (kind == MF_KEY_ED25519)
        return make_ed25519(c, raw, out, err);
    if (kind != MF_KEY_RSA)
        return make_ec(c, kind, raw, out, err);
    if (!mf_der_take(&raw, MF_DER_SEQUENCE, &numbers, err) || !mf_der_end(raw, err) ||
        !mf_der_take(&numbers, MF_DER_INTEGER, &n, err) || !mf_der_unsigned(n, &n, err) ||
        !mf_der_take(&numbers, MF_DER_INTEGER, &e, err) || !mf_der_unsigned(e, &e, err) ||
        !mf_der_end(numbers, err))
        return false;
    return make_rsa(c, n, e, out, err);
}

bool mf_public_key_from_spki(struct crypto *c, struct span spki, struct public_key **out,
                             struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct span rest = spki, body, alg, bits, raw;
    enum key_kind kind = MF_KEY_P256;

    if (spki.n > MF_SPKI_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "public key is larger than %d bytes", MF_SPKI_MAX);
    if (!mf_der_take(&rest, MF_DER_SEQUENCE, &body, err) || !mf_der_end(rest, err) ||
        !mf_der_take(&body, MF_DER_SEQUENCE, &alg, err) || !mf_key_algorithm(alg, &kind, err) ||
        !mf_der_take(&body, MF_DER_BIT_STRING, &bits, err) || !mf_der_bit_string(bits, &raw, err) ||
        !mf_der_end(body, err))
        return mf_err_at(err, "public key");
    key = mf_array_new(1, sizeof *key + spki.n);
    if (key == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a public key");
    if (!make_pkey(c, kind, raw, &key->pkey, err))
        return mf_err_at(err, "public key");
    key->lib = mf_crypto_lib_share(c->lib);
    key->kind = kind;
    key->bits = kind == MF_KEY_RSA ? (unsigned)EVP_PKEY_get_bits(key->pkey) : all_facts[kind].bits;
    key->raw_n = raw.n;
    key->spki_n = spki.n;
    memcpy(key->spki, spki.p, spki.n);
    *out = MF_MOVE(key);
    return true;
}

bool mf_key_put_algorithm(struct buf *b, enum key_kind kind, struct err *err)
{
    const struct key_facts *facts = &all_facts[kind];
    size_t mark = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &mark, err) &&
           (facts->group == NULL || mf_der_put(b, MF_DER_OID, oid_ec_public_key, err)) &&
           mf_der_put(b, MF_DER_OID, facts->oid, err) &&
           (kind != MF_KEY_RSA || mf_der_put(b, MF_DER_NULL, MF_SPAN(""), err)) &&
           mf_der_finish(b, mark, err);
}

bool mf_public_key_from_raw(struct crypto *c, enum key_kind kind, struct span raw,
                            struct public_key **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf spki = {.max = MF_SPKI_MAX};
    size_t mark = 0;

    return mf_der_begin(&spki, MF_DER_SEQUENCE, &mark, err) &&
           mf_key_put_algorithm(&spki, kind, err) && mf_der_put_bits(&spki, raw, err) &&
           mf_der_finish(&spki, mark, err) &&
           mf_public_key_from_spki(c, mf_buf_span(&spki), out, err);
}

bool mf_public_key_from_rsa(struct crypto *c, struct span n, struct span e, struct public_key **out,
                            struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf raw = {.max = MF_SPKI_MAX};
    size_t mark = 0;

    return mf_der_begin(&raw, MF_DER_SEQUENCE, &mark, err) && mf_der_put_unsigned(&raw, n, err) &&
           mf_der_put_unsigned(&raw, e, err) && mf_der_finish(&raw, mark, err) &&
           mf_public_key_from_raw(c, MF_KEY_RSA, mf_buf_span(&raw), out, err);
}

void mf_public_key_free(struct public_key **key)
{
    struct public_key *old = MF_MOVE(*key);

    if (old == NULL)
        return;
    EVP_PKEY_free(old->pkey);
    mf_crypto_lib_drop(&old->lib);
    free(old);
}

enum key_kind mf_public_key_kind(const struct public_key *key)
{
    return key->kind;
}

unsigned mf_public_key_bits(const struct public_key *key)
{
    return key->bits;
}

struct span mf_public_key_spki(const struct public_key *key)
{
    return (struct span){key->spki, key->spki_n};
}

struct span mf_public_key_raw(const struct public_key *key)
{
    return mf_span_from(mf_public_key_spki(key), key->spki_n - key->raw_n);
}
