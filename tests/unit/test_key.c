#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/codec/hex.h"
#include "common/crypto/key.h"
#include "common/crypto/secure_heap.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"

enum { RSA_MODULUS = 384 }; /* bytes; keys made here have 3072 bits */

START_TEST(every_kind_goes_through_pkcs8_and_openssl_reads_it)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, (enum key_kind)_i);
    MF_SCOPED(mf_private_key_free) struct private_key *again = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *half = public_of(c, key);
    MF_SCOPED(mf_public_key_free) struct public_key *half_again = NULL;
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    MF_SCOPED(mf_secret_done) struct secret der_again = {0};
    struct err err = {0};

    mf_ck_ok(mf_private_key_to_pkcs8(c, key, &der, &err), err);
    mf_ck_ok(mf_private_key_from_pkcs8(c, &der, &again, &err), err);
    half_again = public_of(c, again);
    ck_assert(mf_span_eq(mf_public_key_spki(half), mf_public_key_spki(half_again)));
    mf_ck_ok(mf_private_key_to_pkcs8(c, again, &der_again, &err), err);
    ck_assert(mf_span_eq(mf_secret_span(&der), mf_secret_span(&der_again)));

    const unsigned char *p = der.p;
    EVP_PKEY *theirs = d2i_AutoPrivateKey(NULL, &p, (long)der.n);
    ck_assert_ptr_nonnull(theirs);
    unsigned char *spki = NULL;
    int n = i2d_PUBKEY(theirs, &spki);
    ck_assert_int_gt(n, 0);
    ck_assert(mf_span_eq(mf_public_key_spki(half), (struct span){spki, (size_t)n}));

    /* And what OpenSSL writes is read here. */
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(theirs);
    unsigned char *written = NULL;
    n = i2d_PKCS8_PRIV_KEY_INFO(info, &written);
    ck_assert_int_gt(n, 0);
    mf_secret_done(&der);
    mf_private_key_free(&again);
    mf_ck_ok(mf_secret_copy((struct span){written, (size_t)n}, &der, &err), err);
    mf_ck_ok(mf_private_key_from_pkcs8(c, &der, &again, &err), err);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(written);
    OPENSSL_free(spki);
    EVP_PKEY_free(theirs);
}
END_TEST

START_TEST(private_key_with_another_public_half_is_refused)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, MF_KEY_P256);
    MF_SCOPED(mf_private_key_free) struct private_key *again = NULL;
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    struct err err = {0};

    mf_ck_ok(mf_private_key_to_pkcs8(c, key, &der, &err), err);
    der.p[der.n - 1] ^= 1;
    mf_ck_refused(mf_private_key_from_pkcs8(c, &der, &again, &err), err,
                  "private key: private key and its public half do not match");
    for (size_t n = 0; n < der.n; n++) {
        struct secret cut = der;
        cut.n = n;
        mf_err_clear(&err);
        ck_assert(!mf_private_key_from_pkcs8(c, &cut, &again, &err));
        ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    }
}
END_TEST

/* Two keys whose files are alike but for their numbers: the second's public half goes to the first.
 */
static void swap_halves(struct crypto *c, enum key_kind kind, struct secret *out)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, kind);
    MF_SCOPED(mf_private_key_free) struct private_key *other = fresh_key(c, kind);
    MF_SCOPED(mf_public_key_free) struct public_key *half = public_of(c, key);
    MF_SCOPED(mf_public_key_free) struct public_key *other_half = public_of(c, other);
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    struct span raw = mf_public_key_raw(half), other_raw = mf_public_key_raw(other_half);
    struct err err = {0};

    mf_ck_ok(mf_private_key_to_pkcs8(c, key, &der, &err), err);
    if (kind == MF_KEY_ED25519) { /* RFC 8410 section 10.3: version 1 may hold the public key */
        ck_assert_uint_eq(der.n, 48);
        mf_ck_ok(mf_secret_new(der.n + 35, out, &err), err);
        memcpy(out->p, der.p, der.n);
        memcpy(out->p + der.n, "\x81\x21\x00", 3);
        memcpy(out->p + der.n + 3, other_raw.p, 32);
        out->n = der.n + 35;
        out->p[1] = (uint8_t)(out->p[1] + 35);
        out->p[4] = 1;
        return;
    }
    struct span found = raw, with = other_raw;
    if (kind == MF_KEY_RSA) { /* the modulus, which is found in both files */
        found = mf_span_first(mf_span_from(raw, 9), RSA_MODULUS);
        with = mf_span_first(mf_span_from(other_raw, 9), RSA_MODULUS);
    }
    uint8_t *at = memmem(der.p, der.n, found.p, found.n);
    ck_assert_ptr_nonnull(at);
    memcpy(at, with.p, with.n);
    *out = der;
    der = (struct secret){0}; /* moved */
}

START_TEST(private_key_with_the_public_half_of_another_is_refused)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    struct err err = {0};

    swap_halves(c, (enum key_kind)_i, &der);
    mf_ck_refused(mf_private_key_from_pkcs8(c, &der, &key, &err), err,
                  "private key: private key and its public half do not match");
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_ptr_null(key);
}
END_TEST

START_TEST(private_scalars_live_in_the_secure_heap)
{
    struct err err = {0};
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;

    /* Before any key: OpenSSL takes the secure heap only when it is there. */
    if (!mf_secure_heap_init(&err)) {
        ck_assert_str_eq(err.what, "cannot lock the heap for private keys in memory");
        ck_assert(!mf_secure_heap_is_locked());
    }
    c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *first = fresh_key(c, (enum key_kind)_i);
    mf_private_key_free(&first); /* the random generator, which also lives there, is up now */
    size_t before = CRYPTO_secure_used();
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, (enum key_kind)_i);
    ck_assert_uint_gt(CRYPTO_secure_used(), before);
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    mf_err_clear(&err);
    mf_ck_ok(mf_private_key_to_pkcs8(c, key, &der, &err), err);
    mf_private_key_free(&key);
    ck_assert_uint_le(CRYPTO_secure_used(), before);
    mf_ck_ok(mf_private_key_from_pkcs8(c, &der, &key, &err), err);
    if (_i != MF_KEY_RSA) /* key.h says so */
        ck_assert_uint_gt(CRYPTO_secure_used(), before);
}
END_TEST

#define SEQ_P256 "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define X_GOOD   "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define Y_GOOD   "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ED       "302a300506032b6570032100"

static const struct {
    const char *hex;
    const char *message; /* null: accepted */
} spkis[] = {
    {SEQ_P256 "04" X_GOOD Y_GOOD, NULL},
    {SEQ_P256 "04" Y_GOOD X_GOOD, "public key: ECDSA P-256 key is not on the curve"},
    {SEQ_P256 "06" X_GOOD Y_GOOD, "is no uncompressed point of 65 bytes"},
    {SEQ_P256 "04" X_GOOD Y_GOOD "00", "1 bytes follow"},
    {"3039301306072a8648ce3d020106082a8648ce3d030107032200"
     "03" X_GOOD,
     "is no uncompressed point"},
    {"3019301306072a8648ce3d020106082a8648ce3d03010703020000", "is no uncompressed point"},
    {"3056301006072a8648ce3d020106052b8104000a034200"
     "04" X_GOOD Y_GOOD,
     "unknown curve 1.3.132.0.10"},
    {"3059301306072a8648ce3d020106082a8648ce3d030107034201"
     "04" X_GOOD Y_GOOD,
     "does not fill whole bytes"},
    {"3017301306072a8648ce3d020106082a8648ce3d0301070300", "BIT STRING is empty"},
    {"302a300506032b6571032100" X_GOOD, "unknown algorithm 1.3.101.113"},
    {"302c300706032b65700500032100" X_GOOD, "2 bytes follow"},
    {"3029300506032b6570032000"
     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2",
     "Ed25519 key has 31 bytes"},
    {ED "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", NULL},
    {ED "0200000000000000000000000000000000000000000000000000000000000000", "is no point"},
    {ED "0000000000000000000000000000000000000000000000000000000000000000", "small order"},
    {ED "0000000000000000000000000000000000000000000000000000000000000080", "small order"},
    {ED "0100000000000000000000000000000000000000000000000000000000000000", "small order"},
    {ED "0100000000000000000000000000000000000000000000000000000000000080", "small order"},
    {ED "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order"},
    {ED "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "small order"},
    {ED "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order"},
    {ED "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "small order"},
    {ED "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order"},
    {ED "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "small order"},
    {ED "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "small order"},
    {ED "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "small order"},
    {ED "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "small order"},
    {ED "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "small order"},
    /* y = p + 3, which is a point, in another spelling */
    {ED "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "another spelling"},
    {"3000", "DER value with tag 0x30 is missing"},
    {"", "DER value with tag 0x30 is missing"},
};

START_TEST(public_keys_are_sound_or_refused)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct span hex = mf_span_str(spkis[_i].hex);
    struct err err = {0};
    uint8_t der[128];

    mf_ck_ok(mf_hex_decode_exact(hex, der, hex.n / 2, &err), err);
    struct span spki = {der, hex.n / 2};
    if (spkis[_i].message != NULL) {
        mf_ck_refused(mf_public_key_from_spki(c, spki, &key, &err), err, spkis[_i].message);
        ck_assert_ptr_null(key);
        return;
    }
    mf_ck_ok(mf_public_key_from_spki(c, spki, &key, &err), err);
    ck_assert(mf_span_eq(mf_public_key_spki(key), spki));
    MF_SCOPED(mf_public_key_free) struct public_key *again = NULL;
    mf_ck_ok(
        mf_public_key_from_raw(c, mf_public_key_kind(key), mf_public_key_raw(key), &again, &err),
        err);
    ck_assert(mf_span_eq(mf_public_key_spki(again), spki));
}
END_TEST

static const struct {
    size_t n_bytes;
    uint8_t first, last; /* of n; the bytes between are 5b */
    const char *e;       /* hex */
    const char *message; /* null: accepted */
} rsa_keys[] = {
    {256, 0x85, 0x01, "010001", NULL},
    {256, 0x85, 0x01, "00010001", NULL},
    {255, 0x85, 0x01, "010001", "RSA key has 2040 bits"},
    {256, 0x41, 0x01, "010001", "RSA key has 2047 bits"},
    {1025, 0x85, 0x01, "010001", "RSA key has 1025 bytes"},
    {256, 0x85, 0x01 - 1, "010001", "a small factor"},
    {256, 0x85, 0x01, "01", "an exponent that is not"},
    {256, 0x85, 0x01, "03", "an exponent that is not"},
    {256, 0x85, 0x01, "010002", "an exponent that is not"},
    {256, 0x85, 0x01, "81010101", "an exponent that is not"},
    {256, 0x85, 0x01, "0101010101", "an exponent that is not"},
    {256, 0x85, 0x01, "00", "an exponent that is not"},
};

START_TEST(rsa_keys_have_sound_sizes_and_exponents)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct span hex = mf_span_str(rsa_keys[_i].e);
    struct err err = {0};
    uint8_t n[1025];
    uint8_t e[8];

    memset(n, 0x5b, sizeof n);
    n[0] = rsa_keys[_i].first;
    n[rsa_keys[_i].n_bytes - 1] = rsa_keys[_i].last;
    mf_ck_ok(mf_hex_decode_exact(hex, e, hex.n / 2, &err), err);
    bool made = mf_public_key_from_rsa(c, (struct span){n, rsa_keys[_i].n_bytes},
                                       (struct span){e, hex.n / 2}, &key, &err);
    if (rsa_keys[_i].message == NULL)
        mf_ck_ok(made, err);
    else
        mf_ck_refused(made, err, rsa_keys[_i].message);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key");
    TCase *keys = tcase_create("keys");

    tcase_set_timeout(keys, 60);
    tcase_add_loop_test(keys, public_keys_are_sound_or_refused, 0, MF_LEN(spkis));
    tcase_add_loop_test(keys, rsa_keys_have_sound_sizes_and_exponents, 0, MF_LEN(rsa_keys));
    tcase_add_loop_test(keys, every_kind_goes_through_pkcs8_and_openssl_reads_it, MF_KEY_P256,
                        MF_KEY_ED25519 + 1);
    tcase_add_loop_test(keys, private_scalars_live_in_the_secure_heap, MF_KEY_P256,
                        MF_KEY_ED25519 + 1);
    tcase_add_test(keys, private_key_with_another_public_half_is_refused);
    tcase_add_loop_test(keys, private_key_with_the_public_half_of_another_is_refused, MF_KEY_P256,
                        MF_KEY_ED25519 + 1);
    suite_add_tcase(suite, keys);
    return suite;
}
