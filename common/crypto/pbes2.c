#include "common/crypto/pbes2.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "common/codec/der.h"
#include "common/crypto/crypto_context.h"

enum { IV = 16, SALT = 16, SALT_MAX = 64, KEY_MAX = 32, BLOCK = 16 }; /* bytes */
enum { SCRYPT_MEMORY_MAX = 512 * 1024 * 1024 };

static const struct span oid_pbes2 = MF_SPAN_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D");
static const struct span oid_pbkdf2 = MF_SPAN_INIT("\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C");
static const struct span oid_scrypt = MF_SPAN_INIT("\x2B\x06\x01\x04\x01\xDA\x47\x04\x0B");

static const struct prf {
    struct span oid;
    const char *digest;
} prfs[] = {
    {MF_SPAN_INIT("\x2A\x86\x48\x86\xF7\x0D\x02\x07"), "SHA1"}, /* the default */
    {MF_SPAN_INIT("\x2A\x86\x48\x86\xF7\x0D\x02\x09"), "SHA256"},
    {MF_SPAN_INIT("\x2A\x86\x48\x86\xF7\x0D\x02\x0A"), "SHA384"},
    {MF_SPAN_INIT("\x2A\x86\x48\x86\xF7\x0D\x02\x0B"), "SHA512"},
};
enum { PRF_SHA1 = 0, PRF_SHA256 = 1 };

static const struct cipher {
    struct span oid;
    const char *name;
    size_t key; /* bytes */
} ciphers[] = {
    {MF_SPAN_INIT("\x60\x86\x48\x01\x65\x03\x04\x01\x2A"), "AES-256-CBC", 32},
    {MF_SPAN_INIT("\x60\x86\x48\x01\x65\x03\x04\x01\x02"), "AES-128-CBC", 16},
};
enum { CIPHER_AES256 = 0 };

struct pbes2 {
    bool scrypt;
    struct span salt;
    uint64_t iterations; /* PBKDF2 */
    const struct prf *prf;
    uint64_t n, r, p; /* scrypt */
    const struct cipher *cipher;
    struct span iv;
};

static bool unknown(struct err *err, const char *what, struct span oid)
{
    char text[64];

    mf_der_oid_text(oid, text, sizeof text);
    return mf_err_set(err, MF_ERR_FORMAT, "%s %s is not supported", what, text);
}

static bool take_number(struct span *rest, uint64_t *out, struct err *err)
{
    struct span content;

    return mf_der_take(rest, MF_DER_INTEGER, &content, err) && mf_der_uint(content, out, err);
}

/* OPTIONAL keyLength: when it is there it must be what the cipher takes; checked by the caller. */
static bool take_key_length(struct span *rest, uint64_t *out, struct err *err)
{
    *out = 0;
    if (mf_der_peek(*rest) != MF_DER_INTEGER)
        return true;
    return take_number(rest, out, err);
}

static bool take_prf(struct span *rest, const struct prf **out, struct err *err)
{
    struct span body, oid, null_value;

    *out = &prfs[PRF_SHA1];
    if (rest->n == 0)
        return true;
    if (!mf_der_take(rest, MF_DER_SEQUENCE, &body, err) ||
        !mf_der_take(&body, MF_DER_OID, &oid, err) ||
        !mf_der_take(&body, MF_DER_NULL, &null_value, err) || !mf_der_end(body, err))
        return false;
    for (size_t i = 0; i < MF_LEN(prfs); i++) {
        if (mf_span_eq(prfs[i].oid, oid)) {
            *out = &prfs[i];
            return true;
        }
    }
    return unknown(err, "key derivation", oid);
}

static bool parse_kdf(struct span kdf, struct pbes2 *s, uint64_t *key_length, struct err *err)
{
    struct span oid, body;

    if (!mf_der_take(&kdf, MF_DER_OID, &oid, err) ||
        !mf_der_take(&kdf, MF_DER_SEQUENCE, &body, err) || !mf_der_end(kdf, err) ||
        !mf_der_take(&body, MF_DER_OCTET_STRING, &s->salt, err))
        return false;
    s->scrypt = mf_span_eq(oid, oid_scrypt);
    if (!s->scrypt && !mf_span_eq(oid, oid_pbkdf2))
        return unknown(err, "key derivation", oid);
    if (s->salt.n == 0 || s->salt.n > SALT_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "salt of %zu bytes", s->salt.n);
    if (s->scrypt) {
        if (!take_number(&body, &s->n, err) || !take_number(&body, &s->r, err) ||
            !take_number(&body, &s->p, err) || !take_key_length(&body, key_length, err))
            return false;
        bool fits = s->n >= 2 && s->n <= 1U << 22 && (s->n & (s->n - 1)) == 0 && s->r >= 1 &&
                    s->r <= 64 && s->p >= 1 && s->p <= 16 &&
                    s->n * s->r * 128 <= SCRYPT_MEMORY_MAX / 2;
        if (!fits)
            return mf_err_set(err, MF_ERR_LIMIT, "scrypt asks for too much work or none");
    } else {
        if (!take_number(&body, &s->iterations, err) || !take_key_length(&body, key_length, err) ||
            !take_prf(&body, &s->prf, err))
            return false;
        if (s->iterations == 0 || s->iterations > MF_PBES2_ITERATIONS_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "PBKDF2 asks for too much work or none");
    }
    return mf_der_end(body, err);
}

static bool parse_cipher(struct span alg, struct pbes2 *s, struct err *err)
{
    struct span oid;

    if (!mf_der_take(&alg, MF_DER_OID, &oid, err))
        return false;
    for (size_t i = 0; i < MF_LEN(ciphers); i++)
        if (mf_span_eq(ciphers[i].oid, oid))
            s->cipher = &ciphers[i];
    if (s->cipher == NULL)
        return unknown(err, "cipher", oid);
    if (!mf_der_take(&alg, MF_DER_OCTET_STRING, &s->iv, err) || !mf_der_end(alg, err))
        return false;
    return s->iv.n == IV || mf_err_set(err, MF_ERR_FORMAT, "initial vector of %zu bytes", s->iv.n);
}

static bool parse(struct span der, struct pbes2 *s, struct span *encrypted, struct err *err)
{
    struct span body, alg, oid, params, kdf, cipher;
    uint64_t key_length = 0;

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, err) || !mf_der_end(der, err) ||
        !mf_der_take(&body, MF_DER_SEQUENCE, &alg, err) ||
        !mf_der_take(&body, MF_DER_OCTET_STRING, encrypted, err) || !mf_der_end(body, err) ||
        !mf_der_take(&alg, MF_DER_OID, &oid, err))
        return false;
    if (!mf_span_eq(oid, oid_pbes2))
        return unknown(err, "encryption", oid);
    if (!mf_der_take(&alg, MF_DER_SEQUENCE, &params, err) || !mf_der_end(alg, err) ||
        !mf_der_take(&params, MF_DER_SEQUENCE, &kdf, err) ||
        !mf_der_take(&params, MF_DER_SEQUENCE, &cipher, err) || !mf_der_end(params, err) ||
        !parse_kdf(kdf, s, &key_length, err) || !parse_cipher(cipher, s, err))
        return false;
    if (key_length != 0 && key_length != s->cipher->key)
        return mf_err_set(err, MF_ERR_FORMAT, "key length does not fit the cipher");
    if (encrypted->n == 0 || encrypted->n % BLOCK != 0 || encrypted->n > MF_PBES2_PLAIN_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "encrypted part of %zu bytes", encrypted->n);
    return true;
}

static bool derive(struct crypto *c, const struct pbes2 *s, const struct secret *passphrase,
                   struct secret *key, struct err *err)
{
    EVP_KDF *kdf = EVP_KDF_fetch(c->lib->ctx, s->scrypt ? "SCRYPT" : "PBKDF2", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    uint64_t iterations = s->iterations, n = s->n, memory = SCRYPT_MEMORY_MAX;
    uint32_t r = (uint32_t)s->r, p = (uint32_t)s->p; /* both below 65, checked when parsed */
    char digest[16] = "";
    OSSL_PARAM params[8], *next = params;

    EVP_KDF_free(kdf);
    /* OpenSSL's parameters are not const, yet these are only read. */
    uint8_t salt[SALT_MAX];
    memcpy(salt, s->salt.p, s->salt.n);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, passphrase->p,
                                                passphrase->n);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, s->salt.n);
    if (s->scrypt) {
        *next++ = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n);
        *next++ = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r);
        *next++ = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p);
        *next++ = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory);
    } else {
        snprintf(digest, sizeof digest, "%s", s->prf->digest); /* the longest has 6 characters */
        *next++ = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations);
        *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    }
    *next = OSSL_PARAM_construct_end();
    bool ok = ctx != NULL && mf_secret_new(s->cipher->key, key, err);
    if (ok && EVP_KDF_derive(ctx, key->p, s->cipher->key, params) == 1)
        key->n = s->cipher->key;
    else if (err->code == MF_OK)
        ok = mf_crypto_err(err, MF_ERR_INTERNAL, "cannot derive a key from the passphrase");
    EVP_KDF_CTX_free(ctx);
    return ok;
}

/* One pass of CBC; encrypting adds a block at most. */
static bool run_cipher(struct crypto *c, const struct pbes2 *s, const struct secret *key,
                       struct span in, bool encrypt, struct secret *out)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(c->lib->ctx, s->cipher->name, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int first = 0, last = 0;

    bool ok = cipher != NULL && ctx != NULL &&
              EVP_CipherInit_ex2(ctx, cipher, key->p, s->iv.p, encrypt, NULL) == 1 &&
              EVP_CipherUpdate(ctx, out->p, &first, in.p, (int)in.n) == 1 &&
              EVP_CipherFinal_ex(ctx, out->p + first, &last) == 1;
    if (ok)
        out->n = (size_t)first + (size_t)last;
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return ok;
}

bool mf_pbes2_decrypt(struct crypto *c, struct span der, const struct secret *passphrase,
                      struct secret *out, struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_secret_done) struct secret key = {0};
    MF_SCOPED(mf_secret_done) struct secret plain = {0};
    struct pbes2 s = {0};
    struct span encrypted;

    if (!parse(der, &s, &encrypted, err) || !derive(c, &s, passphrase, &key, err) ||
        !mf_secret_new(encrypted.n + BLOCK, &plain, err))
        return false;
    if (!run_cipher(c, &s, &key, encrypted, false, &plain))
        return mf_crypto_err(err, MF_ERR_FORMAT, "passphrase is wrong, or the file is damaged");
    *out = plain;
    plain = (struct secret){0}; /* moved: the caller owns it now */
    return true;
}

static bool write_parameters(const struct pbes2 *s, struct buf *out, struct err *err)
{
    size_t alg, params, kdf, body, prf, cipher;

    return mf_der_begin(out, MF_DER_SEQUENCE, &alg, err) &&
           mf_der_put(out, MF_DER_OID, oid_pbes2, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &params, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &kdf, err) &&
           mf_der_put(out, MF_DER_OID, oid_pbkdf2, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &body, err) &&
           mf_der_put(out, MF_DER_OCTET_STRING, s->salt, err) &&
           mf_der_put_uint(out, s->iterations, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &prf, err) &&
           mf_der_put(out, MF_DER_OID, s->prf->oid, err) &&
           mf_der_put(out, MF_DER_NULL, (struct span){0}, err) && mf_der_finish(out, prf, err) &&
           mf_der_finish(out, body, err) && mf_der_finish(out, kdf, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &cipher, err) &&
           mf_der_put(out, MF_DER_OID, s->cipher->oid, err) &&
           mf_der_put(out, MF_DER_OCTET_STRING, s->iv, err) && mf_der_finish(out, cipher, err) &&
           mf_der_finish(out, params, err) && mf_der_finish(out, alg, err);
}

bool mf_pbes2_encrypt(struct crypto *c, const struct secret *plain, const struct secret *passphrase,
                      struct buf *out, struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_secret_done) struct secret key = {0};
    MF_SCOPED(mf_secret_done) struct secret encrypted = {0};
    uint8_t fresh[SALT + IV];
    const struct pbes2 s = {.salt = {fresh, SALT},
                            .iterations = MF_PBES2_ITERATIONS,
                            .prf = &prfs[PRF_SHA256],
                            .cipher = &ciphers[CIPHER_AES256],
                            .iv = {fresh + SALT, IV}};
    size_t mark = 0, kept = out->n;

    if (plain->n == 0 || plain->n > MF_PBES2_PLAIN_MAX - BLOCK)
        return mf_err_set(err, MF_ERR_LIMIT, "%zu bytes to encrypt", plain->n);
    if (!mf_random(c, fresh, sizeof fresh, err) || !derive(c, &s, passphrase, &key, err) ||
        !mf_secret_new(plain->n + BLOCK, &encrypted, err))
        return false;
    if (!run_cipher(c, &s, &key, mf_secret_span(plain), true, &encrypted))
        return mf_crypto_err(err, MF_ERR_INTERNAL, "cannot encrypt");
    if (mf_der_begin(out, MF_DER_SEQUENCE, &mark, err) && write_parameters(&s, out, err) &&
        mf_der_put(out, MF_DER_OCTET_STRING, mf_secret_span(&encrypted), err) &&
        mf_der_finish(out, mark, err))
        return true;
    out->n = kept;
    return false;
}
