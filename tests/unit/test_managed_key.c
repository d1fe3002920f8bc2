/* Managed keys: the two forms of a file, and what is no public key. */
#include "client/trust/managed_key.h"
#include "common/codec/hex.h"
#include "common/codec/pem.h"
#include "tests/support/suite.h"

static struct crypto *crypto;

static void set_up(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void tear_down(void)
{
    mf_crypto_free(&crypto);
}

#define BODY                                                             \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh\n" \
    "fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==\n"
#define PEM(label, body) "-----BEGIN " label "-----\n" body "-----END " label "-----\n"

START_TEST(reads_pem_and_der_as_the_same_key)
{
    MF_SCOPED(mf_managed_key_done) struct managed_key pem = {0}, der = {0};
    MF_SCOPED(mf_buf_done) struct buf bytes = {.max = MF_SPKI_MAX};
    const struct span text = MF_SPAN(PEM("PUBLIC KEY", BODY));
    struct err err = {0};
    char hex[65];

    mf_ck_ok(mf_managed_key_parse(crypto, text, &pem, &err), err);
    mf_ck_ok(mf_pem_only(text, "PUBLIC KEY", &bytes, &err), err);
    mf_ck_ok(mf_managed_key_parse(crypto, mf_buf_span(&bytes), &der, &err), err);
    ck_assert(mf_span_eq(mf_public_key_spki(pem.key), mf_public_key_spki(der.key)));
    ck_assert(!pem.valid.has_start && !pem.valid.has_end);
    mf_hex_encode(MF_SPAN_OF(pem.fingerprint), hex);
    ck_assert_str_eq(hex, "4cb32c4837c6dda8cfb1681efb3fef5f94ffce5b979e6bdb9139302c857af139");
}
END_TEST

static const struct {
    struct span text;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT(""), "no PEM block begins"},
    {MF_SPAN_INIT("-----BEGIN PUBLIC KEY-----\n" BODY), "PEM block has no end"},
    {MF_SPAN_INIT(PEM("CERTIFICATE", BODY)), "PEM block is \"CERTIFICATE\", not \"PUBLIC KEY\""},
    {MF_SPAN_INIT(PEM("PRIVATE KEY", BODY)), "PEM block is \"PRIVATE KEY\", not \"PUBLIC KEY\""},
    {MF_SPAN_INIT(PEM("PUBLIC KEY", BODY) PEM("PUBLIC KEY", BODY)), "something follows"},
    {MF_SPAN_INIT(PEM("PUBLIC KEY", "MAA=\n")), ""},
    {MF_SPAN_INIT("0"), ""},
    {MF_SPAN_INIT("{}"), "no PEM block begins"},
};

START_TEST(refuses_what_is_no_public_key)
{
    struct managed_key key = {.valid = {.has_end = true}};
    struct err err = {0};

    mf_ck_refused(mf_managed_key_parse(crypto, refused[_i].text, &key, &err), err,
                  refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
    ck_assert(key.key == NULL && key.valid.has_end);
}
END_TEST

START_TEST(names_the_file_that_is_not_there)
{
    struct managed_key key = {0};
    struct err err = {0};

    mf_ck_refused(mf_managed_key_read(crypto, "/nowhere/key.pub", &key, &err), err,
                  "/nowhere/key.pub: cannot open");
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("managed_key");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, reads_pem_and_der_as_the_same_key);
    tcase_add_loop_test(all, refuses_what_is_no_public_key, 0, MF_LEN(refused));
    tcase_add_test(all, names_the_file_that_is_not_there);
    suite_add_tcase(suite, all);
    return suite;
}
