#include <openssl/x509.h>

#include "client/sign/ca_request.h"
#include "tests/support/suite.h"

static const struct {
    enum key_kind kind;
    const char *message; /* null: OpenSSL takes the request */
} rows[] = {
    {MF_KEY_P256, NULL},
    {MF_KEY_P384, NULL},
    {MF_KEY_P521, NULL},
    {MF_KEY_ED25519, NULL},
    {MF_KEY_RSA, "no request can be signed with such a key"},
};

START_TEST(requests_name_the_algorithm_that_signed_them)
{
    MF_SCOPED(mf_crypto_free) struct crypto *crypto = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 4096};
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    mf_ck_ok(mf_private_key_generate(crypto, rows[_i].kind, &key, &err), err);
    if (rows[_i].message != NULL) {
        mf_ck_refused(mf_csr_write(crypto, key, &der, &err), err, rows[_i].message);
        return;
    }
    mf_ck_ok(mf_csr_write(crypto, key, &der, &err), err);
    const unsigned char *at = der.p;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.n);
    ck_assert_ptr_nonnull(request);
    ck_assert_ptr_eq(at, der.p + der.n);
    ck_assert_int_eq(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
    X509_REQ_free(request);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ca_request");
    TCase *all = tcase_create("ca_request");

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, requests_name_the_algorithm_that_signed_them, 0, MF_LEN(rows));
    suite_add_tcase(suite, all);
    return suite;
}
