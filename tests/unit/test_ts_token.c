#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ts.h>

#include "ca-stub/certificate/ca_keys.h"
#include "ca-stub/timestamp/ts_clock.h"
#include "ca-stub/timestamp/ts_token.h"
#include "common/codec/hex.h"
#include "common/keys/signer_client.h"
#include "common/x509/oid.h"
#include "tests/support/suite.h"

enum { MADE_S = 1795500000, AT_S = 1795529412 };

static char dir[] = "/tmp/mayfly-tsa-XXXXXX";
static struct crypto *crypto;
static struct signer *signer;
static struct ca_chain chain;
static struct ts_issuer *issuer;

static const char *in_dir(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void open_authority(enum key_kind kind)
{
    struct err err = {0};
    struct signer_params params = {.use = MF_SIGNER_BYTES};

    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    const struct ca_init init = {
        .directory = dir, .organization = "test", .kind = kind, .now_s = MADE_S};
    mf_ck_ok(mf_ca_keys_init(crypto, &init, &err), err);
    params.key_path = in_dir(MF_CA_TIMESTAMP_KEY);
    mf_ck_ok(mf_signer_start(&params, &signer, &err), err);
    mf_ck_ok(mf_ca_chain_read(crypto, in_dir(MF_CA_TIMESTAMP_CHAIN), mf_oid_eku_time_stamping,
                              (struct instant){AT_S, 0}, &chain, &err),
             err);
}

static void open_p256(void)
{
    struct err err = {0};

    open_authority(MF_KEY_P256);
    mf_ck_ok(mf_ts_issuer_new(crypto, chain.cert[0].der, signer, &issuer, &err), err);
}

static void open_p384(void)
{
    struct err err = {0};

    open_authority(MF_KEY_P384);
    mf_ck_ok(mf_ts_issuer_new(crypto, chain.cert[0].der, signer, &issuer, &err), err);
}

static void close_authority(void)
{
    static const char *const names[] = {MF_CA_ROOT_KEY, MF_CA_KEY, MF_CA_CHAIN, MF_CA_TIMESTAMP_KEY,
                                        MF_CA_TIMESTAMP_CHAIN};

    mf_ts_issuer_free(&issuer);
    mf_ca_chain_done(&chain);
    mf_signer_free(&signer);
    mf_crypto_free(&crypto);
    for (size_t i = 0; i < MF_LEN(names); i++)
        unlink(in_dir(names[i]));
    rmdir(dir);
}

/* OpenSSL makes the request, and later verifies the answer against it. */
static TS_REQ *make_request(const char *md_name, bool nonce, bool cert)
{
    TS_REQ *req = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algor = X509_ALGOR_new();
    const EVP_MD *md = EVP_get_digestbyname(md_name);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    ck_assert(EVP_Digest("hello", 5, digest, &n, md, NULL) == 1);
    X509_ALGOR_set_md(algor, md);
    TS_REQ_set_version(req, 1);
    TS_MSG_IMPRINT_set_algo(imprint, algor);
    TS_MSG_IMPRINT_set_msg(imprint, digest, (int)n);
    TS_REQ_set_msg_imprint(req, imprint);
    if (nonce) {
        ASN1_INTEGER *number = ASN1_INTEGER_new();
        ASN1_INTEGER_set_uint64(number, UINT64_C(0x8f59f2afe69cc8a8));
        TS_REQ_set_nonce(req, number);
        ASN1_INTEGER_free(number);
    }
    TS_REQ_set_cert_req(req, cert);
    X509_ALGOR_free(algor);
    TS_MSG_IMPRINT_free(imprint);
    return req;
}

static struct ts_request read_request(TS_REQ *req)
{
    unsigned char *der = NULL;
    int n = i2d_TS_REQ(req, &der);
    struct ts_request out = {0};
    enum ts_refusal why = MF_TS_MALFORMED;
    struct err err = {0};

    mf_ck_ok(mf_ts_request_parse((struct span){der, (size_t)n}, &out, &why, &err), err);
    OPENSSL_free(der);
    return out;
}

static X509 *load(struct span der)
{
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);

    ck_assert_ptr_nonnull(cert);
    return cert;
}

/* The chain at genTime, the signature, imprint, nonce, policy and the certificate's purpose. */
static int verify_by_openssl(TS_REQ *req, const struct buf *response, bool untrusted)
{
    const unsigned char *p = response->p;
    TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)response->n);
    TS_VERIFY_CTX *ctx = TS_REQ_to_TS_VERIFY_CTX(req, NULL);
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *certs = sk_X509_new_null();
    X509 *root = load(chain.cert[1].der);
    int ok;

    ck_assert(resp != NULL && p == response->p + response->n);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), AT_S);
    X509_STORE_add_cert(store, root);
    if (untrusted)
        sk_X509_push(certs, load(chain.cert[0].der));
    TS_VERIFY_CTX_set_certs(ctx, certs);
    TS_VERIFY_CTX_set_store(ctx, store);
    TS_VERIFY_CTX_add_flags(ctx, TS_VFY_SIGNATURE);
    ok = TS_RESP_verify_response(ctx, resp);
    if (!ok)
        ERR_print_errors_fp(stderr);
    TS_VERIFY_CTX_free(ctx);
    TS_RESP_free(resp);
    X509_free(root);
    return ok;
}

static const struct {
    const char *md;
    bool nonce, cert;
} requests[] = {
    {"SHA256", true, true}, {"SHA256", false, true}, {"SHA256", true, false},
    {"SHA384", true, true}, {"SHA512", true, true},  {"SHA512", false, false},
};

START_TEST(makes_tokens_that_openssl_verifies)
{
    TS_REQ *req = make_request(requests[_i].md, requests[_i].nonce, requests[_i].cert);
    struct ts_job job = {.request = read_request(req)};
    struct err err = {0};

    mf_ck_ok(mf_ts_issue(issuer, crypto, AT_S, &job, 1, &err), err);
    ck_assert_int_eq(verify_by_openssl(req, &job.response, !requests[_i].cert), 1);
    bool carries = memmem(job.response.p, job.response.n, chain.cert[0].der.p,
                          chain.cert[0].der.n) != NULL;
    ck_assert(carries == requests[_i].cert);
    mf_buf_done(&job.response);
    TS_REQ_free(req);
}
END_TEST

START_TEST(says_what_sigstores_tokens_say)
{
    TS_REQ *req = make_request("SHA256", true, true);
    struct ts_job job = {.request = read_request(req)};
    struct err err = {0};

    mf_ck_ok(mf_ts_issue(issuer, crypto, AT_S, &job, 1, &err), err);
    const unsigned char *p = job.response.p;
    TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)job.response.n);
    TS_TST_INFO *tst = TS_RESP_get_tst_info(resp);
    char policy[64];
    OBJ_obj2txt(policy, sizeof policy, TS_TST_INFO_get_policy_id(tst), 1);
    ck_assert_str_eq(policy, "1.3.6.1.4.1.57264.2");
    const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(tst);
    ck_assert_str_eq((const char *)ASN1_STRING_get0_data(time), "20261124141012Z");
    ck_assert_int_eq(ASN1_INTEGER_get(TS_ACCURACY_get_seconds(TS_TST_INFO_get_accuracy(tst))), 1);
    ck_assert_int_eq(TS_TST_INFO_get_ordering(tst), 0);
    ck_assert_int_eq(TS_TST_INFO_get_tsa(tst)->type, GEN_DIRNAME);
    /* random: its first bytes may be 0, which DER leaves out */
    int serial_length = ASN1_STRING_length(TS_TST_INFO_get_serial(tst));
    ck_assert(serial_length >= 16 && serial_length <= 20);
    TS_RESP_free(resp);
    TS_REQ_free(req);
    mf_buf_done(&job.response);
}
END_TEST

START_TEST(serves_a_batch_with_one_time_and_serials_of_their_own)
{
    static struct ts_job jobs[MF_TS_BATCH_MAX];
    TS_REQ *req = make_request("SHA256", true, false);
    struct err err = {0};

    for (size_t i = 0; i < MF_LEN(jobs); i++)
        jobs[i] = (struct ts_job){.request = read_request(req)};
    mf_ck_ok(mf_ts_issue(issuer, crypto, AT_S, jobs, MF_LEN(jobs), &err), err);
    for (size_t i = 0; i < MF_LEN(jobs); i++) {
        ck_assert_int_eq(verify_by_openssl(req, &jobs[i].response, true), 1);
        for (size_t k = 0; k < i; k++)
            ck_assert(!mf_span_eq(mf_buf_span(&jobs[i].response), mf_buf_span(&jobs[k].response)));
    }
    for (size_t i = 0; i < MF_LEN(jobs); i++)
        mf_buf_done(&jobs[i].response);
    TS_REQ_free(req);
}
END_TEST

START_TEST(refuses_a_time_outside_the_certificates_validity)
{
    TS_REQ *req = make_request("SHA256", true, false);
    struct ts_job job = {.request = read_request(req)};
    struct err err = {0};

    mf_ck_refused(mf_ts_issue(issuer, crypto, MADE_S - 1, &job, 1, &err), err,
                  "the timestamp certificate is not valid now");
    ck_assert_int_eq((int)err.code, MF_ERR_UNAVAILABLE);
    ck_assert_ptr_null(job.response.p);
    TS_REQ_free(req);
}
END_TEST

START_TEST(refuses_a_certificate_that_is_not_for_timestamps)
{
    MF_SCOPED(mf_ca_chain_done) struct ca_chain other = {0};
    struct ts_issuer *made = NULL;
    struct err err = {0};

    mf_ck_refused(mf_ts_issuer_new(crypto, chain.cert[1].der, signer, &made, &err), err,
                  "timestamp certificate: is a CA certificate");
    ck_assert_int_eq((int)err.code, MF_ERR_TRUST);
    mf_err_clear(&err);
    mf_ck_refused(mf_ca_chain_read(crypto, in_dir(MF_CA_CHAIN), mf_oid_eku_time_stamping,
                                   (struct instant){AT_S, 0}, &other, &err),
                  err, "first certificate is for another purpose");
    mf_err_clear(&err);
    mf_ck_refused(mf_ca_chain_read(crypto, in_dir(MF_CA_TIMESTAMP_CHAIN), mf_oid_eku_time_stamping,
                                   (struct instant){MADE_S - 1, 0}, &other, &err),
                  err, "a certificate is not valid now");
}
END_TEST

/* ---- the clock ---- */

static int64_t fake_now_s = AT_S;
static uint64_t fake_monotonic = 1000000000;

static struct instant get_now(void *state)
{
    (void)state;
    return (struct instant){fake_now_s, 0};
}

static uint64_t get_monotonic(void *state)
{
    (void)state;
    return fake_monotonic;
}

START_TEST(gives_no_time_while_the_clock_is_not_trusted)
{
    struct clock_guard *guard = NULL;
    struct ts_clock *clock = NULL;
    const struct clock_guard_params params = {{get_now, get_monotonic, NULL}, 1000, false};
    int64_t now = 0;
    struct err err = {0};

    mf_ck_ok(mf_clock_guard_new(&params, &guard, &err), err);
    mf_ck_ok(mf_ts_clock_new(guard, &clock, &err), err);
    mf_ck_ok(mf_ts_clock_now(clock, &now, &err), err);
    ck_assert_int_eq(now, AT_S);
    fake_now_s -= 10; /* the wall steps back, the monotonic clock does not */
    mf_ck_refused(mf_ts_clock_now(clock, &now, &err), err, "");
    ck_assert_int_eq((int)err.code, MF_ERR_UNAVAILABLE);
    ck_assert_int_eq(now, AT_S);
    mf_ts_clock_free(&clock);
    mf_clock_guard_free(&guard);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ts_token");
    TCase *p256 = tcase_create("p256"), *p384 = tcase_create("p384"), *time = tcase_create("clock");

    tcase_add_checked_fixture(p256, open_p256, close_authority);
    tcase_add_checked_fixture(p384, open_p384, close_authority);
    tcase_set_timeout(p256, 60);
    tcase_set_timeout(p384, 60);
    tcase_add_loop_test(p256, makes_tokens_that_openssl_verifies, 0, MF_LEN(requests));
    tcase_add_test(p256, says_what_sigstores_tokens_say);
    tcase_add_test(p256, serves_a_batch_with_one_time_and_serials_of_their_own);
    tcase_add_test(p256, refuses_a_time_outside_the_certificates_validity);
    tcase_add_test(p256, refuses_a_certificate_that_is_not_for_timestamps);
    tcase_add_loop_test(p384, makes_tokens_that_openssl_verifies, 0, MF_LEN(requests));
    tcase_add_test(time, gives_no_time_while_the_clock_is_not_trusted);
    suite_add_tcase(suite, p256);
    suite_add_tcase(suite, p384);
    suite_add_tcase(suite, time);
    return suite;
}
