/* Submissions against a server that plays a log, and every status by what it means. */
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "tests/support/http_fixture.h"
#include "tests/support/script_server.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"
#include "transparency/submit/ct_submit.h"
#include "transparency/submit/log_submit.h"

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ENTRY                                                                                     \
    "{\"logIndex\":\"0\",\"logId\":{\"keyId\":\"" ROOT "\"},\"kindVersion\":{\"kind\":"           \
    "\"hashedrekord\",\"version\":\"0.0.2\"},\"integratedTime\":\"0\",\"inclusionPromise\":null," \
    "\"inclusionProof\":{\"logIndex\":\"0\",\"rootHash\":\"" ROOT "\",\"treeSize\":\"1\","        \
    "\"hashes\":[],\"checkpoint\":{\"envelope\":\"x\\n\"}},\"canonicalizedBody\":\"eA==\"}"
#define SCT                                                                                     \
    "{\"sct_version\":0,\"id\":\"" ROOT "\",\"timestamp\":7,\"extensions\":\"\",\"signature\":" \
    "\"BAMAAnl6\"}"

static const char *reply(const char *status, const char *body)
{
    static char text[4096];

    snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
             strlen(body), body);
    return text;
}

static const uint8_t digest[32] = {1};
static const struct hashedrekord record = {
    .key_details = MF_KD_PKIX_ECDSA_P256_SHA_256,
    .digest = {digest, sizeof digest},
    .signature = MF_SPAN_INIT("sig"),
    .verifier = MF_SPAN_INIT("key"),
};

static bool was_sent(const struct script_server *s, const char *text)
{
    return memmem(s->requests.p, s->requests.n, text, strlen(text)) != NULL;
}

START_TEST(sends_an_entry_and_reads_the_answer)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0};
    MF_SCOPED(mf_script_done) struct script_server s;
    struct script_step step = {reply("201 Created", ENTRY), MF_SCRIPT_CLOSE};
    char url[64];
    struct err err = {0};

    mf_script_start(&s, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)s.port);
    mf_ck_ok(mf_log_submit(client, url, &record, &e, &err), err);
    mf_script_stop(&s);
    ck_assert(mf_span_is(e.body, "x") && e.tree_size == 1);
    ck_assert(was_sent(&s, "POST /api/v2/log/entries HTTP/1.1\r\n"));
    ck_assert(was_sent(&s, "\r\nContent-Type: application/json\r\n"));
    ck_assert(was_sent(&s, "{\"hashedRekordRequestV002\":{\"digest\":\"AQAA"));
}
END_TEST

START_TEST(sends_a_chain_and_reads_the_answer)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_SCT_ANSWER_MAX};
    MF_SCOPED(mf_script_done) struct script_server s;
    struct script_step step = {reply("200 OK", SCT), MF_SCRIPT_CLOSE};
    const struct span chain[] = {MF_SPAN_INIT("leaf"), MF_SPAN_INIT("issuer")};
    struct ct_submission submission = {chain, MF_LEN(chain), true};
    struct sct sct = {0};
    char url[64];
    struct err err = {0};

    mf_script_start(&s, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/2026", (unsigned)s.port);
    mf_ck_ok(mf_ct_submit(client, url, &submission, &storage, &sct, &err), err);
    mf_script_stop(&s);
    ck_assert_uint_eq(sct.timestamp_ms, 7);
    ck_assert(was_sent(&s, "POST /2026/ct/v1/add-pre-chain HTTP/1.1\r\n"));
    ck_assert(was_sent(&s, "\r\n\r\n{\"chain\":[\"bGVhZg==\",\"aXNzdWVy\"]}"));
}
END_TEST

START_TEST(names_the_log_that_refused)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_script_done) struct script_server s;
    struct script_step step = {
        reply("400 Bad Request", "{\"code\":3,\"message\":\"no such key\",\"details\":[]}"),
        MF_SCRIPT_CLOSE};
    struct tlog_entry e = {.log_index = 42};
    char url[64], want[128];
    struct err err = {0};

    mf_script_start(&s, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/?key=secret", (unsigned)s.port);
    snprintf(want, sizeof want, "http://127.0.0.1:%u/: answered 400: no such key",
             (unsigned)s.port);
    mf_ck_refused(mf_log_submit(client, url, &record, &e, &err), err, want);
    mf_script_stop(&s);
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
    ck_assert_int_eq(e.log_index, 42);
}
END_TEST

START_TEST(names_the_ct_log_that_refused_without_its_query)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_SCT_ANSWER_MAX};
    MF_SCOPED(mf_script_done) struct script_server s;
    struct script_step step = {reply("400 Bad Request", "no"), MF_SCRIPT_CLOSE};
    const struct span chain[] = {MF_SPAN_INIT("leaf"), MF_SPAN_INIT("issuer")};
    struct ct_submission submission = {chain, MF_LEN(chain), true};
    struct sct sct = {0};
    char url[64], want[128];
    struct err err = {0};

    mf_script_start(&s, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/?key=secret", (unsigned)s.port);
    snprintf(want, sizeof want, "http://127.0.0.1:%u/: answered 400: no", (unsigned)s.port);
    mf_ck_refused(mf_ct_submit(client, url, &submission, &storage, &sct, &err), err, want);
    mf_script_stop(&s);
}
END_TEST

static const struct {
    unsigned status;
    struct span body;
    enum err_code code;
    const char *message;
} answers[] = {
    {400, MF_SPAN_INIT("{\"message\":\"m\"}"), MF_ERR_DENIED, "answered 400: m"},
    {405, MF_SPAN_INIT("This log has been frozen\nx"), MF_ERR_DENIED,
     "answered 405: This log has been frozen"},
    {409, MF_SPAN_INIT("{\"message\":7}"), MF_ERR_DENIED, "answered 409: {\"message\":7}"},
    {404, MF_SPAN_INIT(""), MF_ERR_DENIED, "answered 404: it gave no reason"},
    {400, MF_SPAN_INIT("\x1b[2J"), MF_ERR_DENIED, "answered 400: \\x1b[2J"},
    {408, MF_SPAN_INIT(""), MF_ERR_UNAVAILABLE, "answered 408"},
    {429, MF_SPAN_INIT(""), MF_ERR_UNAVAILABLE, "answered 429"},
    {503, MF_SPAN_INIT("{\"message\":\"busy\"}"), MF_ERR_UNAVAILABLE, "answered 503: busy"},
    {501, MF_SPAN_INIT(""), MF_ERR_UNAVAILABLE, "answered 501"},
    {400, MF_SPAN_INIT("{\"message\":\"m\",\"details\":[{\"reason\":\"R\"}]}"), MF_ERR_DENIED,
     "answered 400: m (R)"},
    {302, MF_SPAN_INIT(""), MF_ERR_UNAVAILABLE, "answered 302"},
    {200, MF_SPAN_INIT(""), MF_ERR_UNAVAILABLE, "log's answer: "},
    {200, MF_SPAN_INIT("[]"), MF_ERR_UNAVAILABLE, "log's answer: is not an object"},
    {201, MF_SPAN_INIT("{}"), MF_ERR_UNAVAILABLE, "log's answer: "},
};

START_TEST(says_what_each_answer_means)
{
    struct http_answer answer = {.status = answers[_i].status, .body = {.max = 4096}};
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_SCT_ANSWER_MAX};
    struct tlog_entry e = {.log_index = 42};
    struct sct sct = {.timestamp_ms = 42};
    struct err err = {0};

    mf_ck_ok(mf_buf_append(&answer.body, answers[_i].body, &err), err);
    mf_ck_refused(mf_log_submit_answer(&answer, &e, &err), err, answers[_i].message);
    ck_assert_int_eq(err.code, answers[_i].code);
    mf_err_clear(&err);
    mf_ck_refused(mf_ct_submit_answer(&answer, &storage, &sct, &err), err, answers[_i].message);
    ck_assert_int_eq(err.code, answers[_i].code);
    ck_assert(e.log_index == 42 && sct.timestamp_ms == 42);
    mf_http_answer_done(&answer);
}
END_TEST

static const struct {
    struct span body;
    const char *message;
} lacking[] = {
    {MF_SPAN_INIT("{\"logIndex\":\"1\"}"), "has no log ID"},
    {MF_SPAN_INIT("{\"logId\":{\"keyId\":\"" ROOT "\"}}"), "has no inclusion proof"},
    {MF_SPAN_INIT("{\"logId\":{\"keyId\":\"" ROOT "\"},\"inclusionProof\":{}}"),
     "has no inclusion proof with a checkpoint"},
    {MF_SPAN_INIT("{\"logId\":{\"keyId\":\"" ROOT
                  "\"},\"inclusionProof\":{\"checkpoint\":{\"envelope\":\"x\"}}}"),
     "has no canonicalizedBody"},
};

START_TEST(takes_no_entry_that_lacks_a_part)
{
    struct http_answer answer = {.status = 201, .body = {.max = 4096}};
    struct tlog_entry e = {.log_index = 42};
    struct err err = {0};

    mf_ck_ok(mf_buf_append(&answer.body, lacking[_i].body, &err), err);
    mf_ck_refused(mf_log_submit_answer(&answer, &e, &err), err, lacking[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    mf_http_answer_done(&answer);
}
END_TEST

START_TEST(refuses_a_call_that_makes_no_sense)
{
    static char long_url[MF_LOG_SUBMIT_URL_MAX + 1];
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_CT_SUBMIT_BODY_MAX};
    char url[MF_LOG_SUBMIT_URL_MAX];
    struct ct_submission none = {NULL, 0, true};
    struct hashedrekord bad = record;
    struct http_call call;
    struct err err = {0};

    mf_ck_refused(mf_log_submit_call("http://h/", &record, url, &body, &call, &err), err,
                  "ends in a slash");
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
    mf_err_clear(&err);
    mf_ck_refused(mf_log_submit_call("", &record, url, &body, &call, &err), err, "is empty");
    mf_err_clear(&err);
    memset(long_url, 'a', sizeof long_url - 1);
    mf_ck_refused(mf_log_submit_call(long_url, &record, url, &body, &call, &err), err,
                  "larger than 2048");
    mf_err_clear(&err);
    bad.digest.n = 5;
    mf_ck_refused(mf_log_submit_call("http://h", &bad, url, &body, &call, &err), err,
                  "digest has 5 bytes");
    mf_err_clear(&err);
    mf_ck_refused(mf_ct_submit_call("http://h", &none, url, &body, &call, &err), err,
                  "chain has 0 certificates");
}
END_TEST

/* The CA's own check: what the log signed is the precertificate it was given. */
START_TEST(verifies_the_promise_for_a_precertificate)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *secret = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    MF_SCOPED(mf_buf_done)
    struct buf der = {0}, tbs = {.max = MF_CERT_MAX}, data = {.max = 65536},
               sig = {.max = MF_SIGNATURE_MAX};
    struct made_cert want = {.subject = "leaf",
                             .issuer = "ca",
                             .not_before = 1700000000,
                             .not_after = 1700000600,
                             .extensions = {{"keyUsage", "critical,digitalSignature"},
                                            {"1.3.6.1.4.1.11129.2.4.3", "critical,DER:05:00"}}};
    struct ct_entry entry = {.is_precert = true};
    struct sct sct = {.timestamp_ms = 7, .hash_alg = 4, .sig_alg = 3};
    static struct cert cert;
    struct err err = {0};
    EVP_PKEY *pair = made_key("P-256");

    der = made_cert(&want, pair, pair);
    EVP_PKEY_free(pair);
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    mf_ck_ok(mf_private_key_generate(c, MF_KEY_P256, &secret, &err), err);
    mf_ck_ok(mf_private_key_public(c, secret, &key, &err), err);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    mf_ck_ok(mf_precert_tbs(&cert, mf_oid_precert_poison, &tbs, &err), err);
    entry.der = mf_buf_span(&tbs);
    mf_sha256(c, MF_SPAN("issuer"), entry.issuer_key_hash);
    mf_sha256(c, mf_public_key_spki(key), sct.log_id);
    mf_ck_ok(mf_sct_signed_data(&entry, 7, sct.extensions, &data, &err), err);
    mf_ck_ok(mf_sign(c, secret, MF_SIG_ECDSA_SHA256, mf_buf_span(&data), &sig, &err), err);
    sct.signature = mf_buf_span(&sig);

    struct ct_submit_check check = {mf_buf_span(&der), true, MF_SPAN("issuer")};
    mf_ck_ok(mf_ct_submit_verify(c, &sct, key, &check, &err), err);
    check.issuer_spki = MF_SPAN("other");
    mf_ck_refused(mf_ct_submit_verify(c, &sct, key, &check, &err), err, "does not verify");
    mf_err_clear(&err);
    check = (struct ct_submit_check){mf_buf_span(&der), false, MF_SPAN("issuer")};
    mf_ck_refused(mf_ct_submit_verify(c, &sct, key, &check, &err), err, "does not verify");
    mf_err_clear(&err);
    check = (struct ct_submit_check){mf_buf_span(&tbs), true, MF_SPAN("issuer")};
    mf_ck_refused(mf_ct_submit_verify(c, &sct, key, &check, &err), err, "precertificate: ");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("submit");
    TCase *calls = tcase_create("calls");

    tcase_set_timeout(calls, 30);
    tcase_add_test(calls, sends_an_entry_and_reads_the_answer);
    tcase_add_test(calls, sends_a_chain_and_reads_the_answer);
    tcase_add_test(calls, names_the_log_that_refused);
    tcase_add_test(calls, names_the_ct_log_that_refused_without_its_query);
    tcase_add_loop_test(calls, says_what_each_answer_means, 0, (int)MF_LEN(answers));
    tcase_add_loop_test(calls, takes_no_entry_that_lacks_a_part, 0, (int)MF_LEN(lacking));
    tcase_add_test(calls, refuses_a_call_that_makes_no_sense);
    tcase_add_test(calls, verifies_the_promise_for_a_precertificate);
    suite_add_tcase(suite, calls);
    return suite;
}
