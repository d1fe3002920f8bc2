#include <pthread.h>

#include <openssl/err.h>

#include "common/codec/hex.h"
#include "common/crypto/verifier.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"

START_TEST(every_kind_signs_and_verifies_with_its_natural_scheme)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, (enum key_kind)_i);
    MF_SCOPED(mf_public_key_free) struct public_key *half = public_of(c, key);
    MF_SCOPED(mf_buf_done) struct buf sig = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};
    enum sig_scheme scheme = mf_sig_scheme_of(mf_public_key_kind(half));

    ck_assert_int_eq(mf_private_key_kind(key), _i);
    for (int i = 0; i < 3; i++) {
        sig.n = 0;
        mf_ck_ok(mf_sign(c, key, scheme, MF_SPAN("message"), &sig, &err), err);
        mf_ck_ok(mf_verify(c, half, scheme, MF_SPAN("message"), mf_buf_span(&sig), &err), err);
    }
    mf_ck_refused(mf_verify(c, half, scheme, MF_SPAN("massage"), mf_buf_span(&sig), &err), err,
                  "signature does not verify");
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    mf_err_clear(&err);
    sig.p[sig.n / 2] ^= 1;
    mf_ck_refused(mf_verify(c, half, scheme, MF_SPAN("message"), mf_buf_span(&sig), &err), err, "");
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(schemes_of_another_kind_are_rejected)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *ec = fresh_key(c, MF_KEY_P256);
    MF_SCOPED(mf_private_key_free) struct private_key *ed = fresh_key(c, MF_KEY_ED25519);
    MF_SCOPED(mf_public_key_free) struct public_key *ec_half = public_of(c, ec);
    MF_SCOPED(mf_public_key_free) struct public_key *ed_half = public_of(c, ed);
    MF_SCOPED(mf_buf_done) struct buf sig = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};
    struct span m = MF_SPAN("m");
    uint8_t digest[64] = {0};

    mf_ck_refused(mf_verify(c, ec_half, MF_SIG_ED25519, m, m, &err), err, "not one of a key");
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    mf_err_clear(&err);
    mf_ck_refused(mf_verify(c, ed_half, MF_SIG_ECDSA_SHA256, m, m, &err), err, "not one of a key");
    mf_err_clear(&err);
    mf_ck_refused(mf_verify(c, ed_half, MF_SIG_ED25519PH, m, m, &err), err,
                  "Ed25519ph is not available in this build");
    mf_err_clear(&err);
    mf_ck_refused(mf_verify_digest(c, ed_half, MF_SIG_ED25519, MF_SPAN_OF(digest), m, &err), err,
                  "Ed25519 needs the message");
    mf_err_clear(&err);
    mf_ck_refused(mf_verify_digest(c, ec_half, MF_SIG_ECDSA_SHA256, MF_SPAN_OF(digest), m, &err),
                  err, "digest has 64 bytes");
    mf_err_clear(&err);
    mf_ck_refused(mf_sign(c, ec, MF_SIG_RSA_PKCS1_SHA256, m, &sig, &err), err, "not one of a key");
    mf_err_clear(&err);
    mf_ck_refused(mf_sign(c, ed, MF_SIG_ED25519PH, m, &sig, &err), err, "not available");
    mf_err_clear(&err);
    mf_ck_ok(mf_sign(c, ec, MF_SIG_ECDSA_SHA384, m, &sig, &err), err);
    mf_ck_ok(mf_verify(c, ec_half, MF_SIG_ECDSA_SHA384, m, mf_buf_span(&sig), &err), err);
    mf_ck_refused(mf_verify(c, ec_half, MF_SIG_ECDSA_SHA256, m, mf_buf_span(&sig), &err), err,
                  "does not verify");
}
END_TEST

static const struct {
    const char *hex;
    const char *message;
} signatures[] = {
    {"3006020101020101", "signature does not verify"},
    {"3006020100020101", "holds a zero"},
    {"300602010102010100", "1 bytes follow"},
    {"300702020001020101", "INTEGER is not minimal"},
    {"30060201ff020101", "INTEGER is negative"},
    {"30810602010102010"
     "1",
     "length is not minimal"},
    {"3080020101020101"
     "0000",
     "length is indefinite"},
    {"3008020101020101"
     "0500",
     "2 bytes follow"},
    {"3003020101", "tag 0x02 is missing"},
    {"", "tag 0x30 is missing"},
};

START_TEST(ecdsa_signatures_have_one_spelling)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, MF_KEY_P256);
    MF_SCOPED(mf_public_key_free) struct public_key *half = public_of(c, key);
    struct span hex = mf_span_str(signatures[_i].hex);
    struct err err = {0};
    uint8_t der[32];

    mf_ck_ok(mf_hex_decode_exact(hex, der, hex.n / 2, &err), err);
    mf_ck_refused(
        mf_verify(c, half, MF_SIG_ECDSA_SHA256, MF_SPAN("m"), (struct span){der, hex.n / 2}, &err),
        err, signatures[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
}
END_TEST

START_TEST(ecdsa_forms_convert_both_ways)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 200};
    MF_SCOPED(mf_buf_done) struct buf raw = {.max = 200};
    struct err err = {0};
    uint8_t in[64] = {[31] = 0x80, [32] = 0xFF, [63] = 1};

    mf_ck_ok(mf_ecdsa_from_raw(MF_SPAN_OF(in), 32, &der, &err), err);
    mf_ck_ok(mf_ecdsa_to_raw(mf_buf_span(&der), 32, &raw, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&raw), MF_SPAN_OF(in)));
    mf_ck_refused(mf_ecdsa_from_raw(MF_SPAN_OF(in), 48, &der, &err), err, "64 bytes, not 96");
    mf_err_clear(&err);
    mf_ck_refused(mf_ecdsa_to_raw(mf_buf_span(&der), 31, &raw, &err), err, "above 31 bytes");
    for (size_t half = 0; half < 64; half += 32) {
        uint8_t zero[64] = {[31] = 1, [63] = 1};
        zero[half + 31] = 0;
        mf_err_clear(&err);
        mf_ck_refused(mf_ecdsa_from_raw(MF_SPAN_OF(zero), 32, &der, &err), err, "holds a zero");
    }
}
END_TEST

struct job {
    const struct public_key *key;
    struct span signature;
    int good;
};

static void *verify_many(void *state)
{
    struct job *job = state;
    struct crypto *c = NULL;
    struct err err = {0};

    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err))
        return NULL;
    for (int i = 0; i < 200; i++)
        if (mf_verify(c, job->key, MF_SIG_ECDSA_SHA256, MF_SPAN("m"), job->signature, &err))
            job->good++;
    mf_crypto_free(&c);
    return NULL;
}

START_TEST(key_serves_other_threads_and_outlives_its_context)
{
    MF_SCOPED(mf_buf_done) struct buf sig = {.max = MF_SIGNATURE_MAX};
    struct crypto *maker = fresh_crypto();
    struct private_key *key = fresh_key(maker, MF_KEY_P256);
    struct public_key *half = public_of(maker, key);
    struct err err = {0};
    struct job jobs[4];
    pthread_t threads[4];

    mf_ck_ok(mf_sign(maker, key, MF_SIG_ECDSA_SHA256, MF_SPAN("m"), &sig, &err), err);
    mf_crypto_free(&maker);
    mf_private_key_free(&key);
    for (size_t i = 0; i < MF_LEN(jobs); i++) {
        jobs[i] = (struct job){.key = half, .signature = mf_buf_span(&sig)};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, verify_many, &jobs[i]), 0);
    }
    for (size_t i = 0; i < MF_LEN(jobs); i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(jobs[i].good, 200);
    }
    mf_public_key_free(&half);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("verifier");
    TCase *all = tcase_create("verifier");

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, every_kind_signs_and_verifies_with_its_natural_scheme, MF_KEY_P256,
                        MF_KEY_ED25519 + 1);
    tcase_add_test(all, schemes_of_another_kind_are_rejected);
    tcase_add_loop_test(all, ecdsa_signatures_have_one_spelling, 0, MF_LEN(signatures));
    tcase_add_test(all, ecdsa_forms_convert_both_ways);
    tcase_add_test(all, key_serves_other_threads_and_outlives_its_context);
    suite_add_tcase(suite, all);
    return suite;
}
