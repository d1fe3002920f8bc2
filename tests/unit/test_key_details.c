#include "tests/support/suite.h"
#include "transparency/entry/key_details.h"

static const struct {
    int64_t number;
    const char *name;
    bool permitted;
} known[] = {
    {1, "PKCS1_RSA_PKCS1V5", false},
    {3, "PKIX_RSA_PKCS1V5", false},
    {5, "PKIX_ECDSA_P256_SHA_256", true},
    {7, "PKIX_ED25519", false},
    {8, "PKIX_ED25519_PH", true},
    {9, "PKIX_RSA_PKCS1V15_2048_SHA256", true},
    {10, "PKIX_RSA_PKCS1V15_3072_SHA256", true},
    {11, "PKIX_RSA_PKCS1V15_4096_SHA256", true},
    {12, "PKIX_ECDSA_P384_SHA_384", true},
    {13, "PKIX_ECDSA_P521_SHA_512", true},
    {16, "PKIX_RSA_PSS_2048_SHA256", false},
    {19, "PKIX_ECDSA_P384_SHA_256", false},
    {20, "PKIX_ECDSA_P521_SHA_256", false},
    {21, "ML_DSA_65", false},
    {23, "ML_DSA_44", false},
};

START_TEST(knows_names_and_numbers)
{
    enum key_details d = MF_KD_UNSPECIFIED;
    struct err err = {0};

    mf_ck_ok(mf_key_details_from_number(known[_i].number, &d, &err), err);
    ck_assert_str_eq(mf_key_details_name(d), known[_i].name);
    ck_assert(mf_key_details_is_permitted(d) == known[_i].permitted);
    mf_ck_ok(mf_key_details_from_name(mf_span_str(known[_i].name), &d, &err), err);
    ck_assert_int_eq(d, known[_i].number);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
    enum key_details d = MF_KD_PKIX_ED25519;
    enum sig_scheme scheme;
    enum digest_alg alg;
    struct err err = {0};

    mf_ck_refused(mf_key_details_from_number(0, &d, &err), err, "unknown key details 0");
    mf_err_clear(&err);
    mf_ck_refused(mf_key_details_from_number(24, &d, &err), err, "unknown key details 24");
    mf_err_clear(&err);
    mf_ck_refused(mf_key_details_from_number(-1, &d, &err), err, "unknown key details -1");
    mf_err_clear(&err);
    mf_ck_refused(mf_key_details_from_name(MF_SPAN("PUBLIC_KEY_DETAILS_UNSPECIFIED"), &d, &err),
                  err, "unknown key details");
    mf_err_clear(&err);
    mf_ck_refused(mf_key_details_from_name(MF_SPAN("pkix_ed25519"), &d, &err), err,
                  "unknown key details \"pkix_ed25519\"");
    mf_err_clear(&err);
    mf_ck_refused(mf_key_details_scheme(MF_KD_ML_DSA_44, &scheme, &err), err,
                  "ML_DSA_44 is not supported");
    mf_err_clear(&err);
    mf_ck_refused(mf_key_details_hash_from_name(MF_SPAN("SHA3_256"), &alg, &err), err,
                  "unknown hash algorithm \"SHA3_256\"");
    ck_assert_int_eq(d, MF_KD_PKIX_ED25519);
}
END_TEST

static const struct {
    enum key_kind kind;
    enum key_details natural;
    enum digest_alg digest;
    const char *hash;
} keys[] = {
    {MF_KEY_P256, MF_KD_PKIX_ECDSA_P256_SHA_256, MF_SHA256, "SHA2_256"},
    {MF_KEY_P384, MF_KD_PKIX_ECDSA_P384_SHA_384, MF_SHA384, "SHA2_384"},
    {MF_KEY_P521, MF_KD_PKIX_ECDSA_P521_SHA_512, MF_SHA512, "SHA2_512"},
    {MF_KEY_ED25519, MF_KD_PKIX_ED25519_PH, MF_SHA512, "SHA2_512"},
};

START_TEST(gives_each_kind_of_key_its_natural_details)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *secret = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    enum key_details d = MF_KD_UNSPECIFIED;
    enum sig_scheme scheme;
    enum digest_alg alg;
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    mf_ck_ok(mf_private_key_generate(c, keys[_i].kind, &secret, &err), err);
    mf_ck_ok(mf_private_key_public(c, secret, &key, &err), err);
    mf_ck_ok(mf_key_details_default(key, &d, &err), err);
    ck_assert_int_eq(d, keys[_i].natural);
    for (size_t i = 0; i < MF_LEN(keys); i++)
        ck_assert(mf_key_details_fits(keys[i].natural, key) == (i == (size_t)_i));
    mf_ck_ok(mf_key_details_scheme(d, &scheme, &err), err);
    ck_assert_int_eq(mf_sig_digest(scheme), keys[_i].digest);
    ck_assert_str_eq(mf_key_details_hash_name(keys[_i].digest), keys[_i].hash);
    mf_ck_ok(mf_key_details_hash_from_name(mf_span_str(keys[_i].hash), &alg, &err), err);
    ck_assert_int_eq(alg, keys[_i].digest);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key_details");
    TCase *table = tcase_create("table");

    tcase_add_loop_test(table, knows_names_and_numbers, 0, (int)MF_LEN(known));
    tcase_add_test(table, refuses_what_it_does_not_know);
    tcase_add_loop_test(table, gives_each_kind_of_key_its_natural_details, 0, (int)MF_LEN(keys));
    suite_add_tcase(suite, table);
    return suite;
}
