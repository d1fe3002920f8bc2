#include <stdlib.h>

#include "client/sign/ca_request.h"
#include "client/sign/service_failure.h"
#include "common/x509/cert.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/script_server.h"
#include "tests/support/suite.h"

#define EMBEDDED           "signedCertificateEmbeddedSct"
#define CHAIN              EMBEDDED ".chain"
#define LIST               CHAIN ".certificates"
#define PEM(label, base64) "\"-----BEGIN " label "-----\\n" base64 "\\n-----END " label "-----\\n\""

static const struct {
    const char *path, *value, *message;
} refusals[] = {
    {EMBEDDED, NULL, "signedCertificateEmbeddedSct: is missing, expected an object"},
    {EMBEDDED, "[]", "signedCertificateEmbeddedSct: is not an object"},
    {"signedCertificateDetachedSct", "{}", "the certificate comes without an embedded SCT"},
    {CHAIN, NULL, "chain: is missing, expected an object"},
    {CHAIN, "7", "chain: is not an object"},
    {LIST, NULL, "certificates: is missing, expected an array"},
    {LIST, "{}", "certificates: is not an array"},
    {LIST, "[]", "the chain is empty"},
    {LIST "[0]", "7", "is a number, not a string"},
    {LIST "[0]", "\"\"", "no PEM block begins"},
    {LIST "[0]", PEM("CERTIFICATE", "*"), "CERTIFICATE: "},
    {LIST "[0]", PEM("CERTIFICATE", ""), "PEM block"},
    {LIST "[0]", PEM("PUBLIC KEY", "MAA="), "the chain does not begin with a certificate"},
};

START_TEST(refuses_an_answer_without_a_certificate)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("ca_answer/chain");
    MF_SCOPED(mf_buf_done)
    struct buf edited = mf_json_edited(mf_buf_span(&text), refusals[_i].path, refusals[_i].value);
    MF_SCOPED(mf_buf_done) struct buf certificate = {.max = MF_CERT_MAX};
    struct err err = {0};

    mf_ck_refused(mf_ca_answer_leaf(mf_buf_span(&edited), &certificate, &err), err,
                  refusals[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_uint_eq(certificate.n, 0);
}
END_TEST

START_TEST(takes_the_leaf_of_the_chain)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("ca_answer/chain");
    MF_SCOPED(mf_buf_done) struct buf certificate = {.max = MF_CERT_MAX};
    struct err err = {0};
    struct cert cert;

    mf_ck_ok(mf_ca_answer_leaf(mf_buf_span(&text), &certificate, &err), err);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&certificate), &cert, &err), err);
    ck_assert(!cert.is_ca);
}
END_TEST

static struct buf reply(const char *status, struct span body)
{
    struct buf out = {.max = 1 << 20};
    struct err err = {0};

    mf_ck_ok(mf_buf_printf(&out, &err,
                           "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                           "Content-Length: %zu\r\nConnection: close\r\n\r\n%.*s%c",
                           status, body.n, (int)body.n, (const char *)body.p, 0),
             err);
    return out;
}

/* Asks a server that gives this reply. */
static bool ask(const char *status, struct span body, struct script_server *server, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_private_key_free) struct private_key *key = fresh_key(c, MF_KEY_P256);
    MF_SCOPED(mf_http_client_free) struct http_client *http = NULL;
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_buf_done) struct buf certificate = {.max = MF_CERT_MAX};
    MF_SCOPED(mf_buf_done) struct buf text = reply(status, body);
    const struct http_client_params params = {.user_agent = "test"};
    const struct script_step step = {(const char *)text.p, MF_SCRIPT_CLOSE};
    char url[64];

    mf_ck_ok(mf_http_client_new(&params, &http, err), *err);
    mf_ck_ok(mf_secret_copy(MF_SPAN("the.to.ken"), &token, err), *err);
    mf_script_start(server, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", server->port);
    bool ok = mf_ca_request(c, http, mf_span_str(url), &token, key, &certificate, err);
    mf_script_stop(server);
    return ok;
}

static bool asked(const struct script_server *server, const char *text)
{
    struct span needle = mf_span_str(text);

    return memmem(server->requests.p, server->requests.n, needle.p, needle.n) != NULL;
}

/* Another key's certificate is as good as none. */
START_TEST(refuses_a_certificate_for_another_key)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("ca_answer/chain");
    MF_SCOPED(mf_script_done) struct script_server server = {0};
    struct err err = {0};

    mf_ck_refused(ask("201 Created", mf_buf_span(&text), &server, &err), err,
                  "api/v2/signingCert: the certificate is for another key");
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert(asked(&server, "POST /api/v2/signingCert HTTP/1.1\r\n"));
    ck_assert(asked(&server, "Authorization: Bearer the.to.ken\r\n"));
    ck_assert(asked(&server, "{\"certificateSigningRequest\":\"LS0tLS1CRUdJTiBDRVJU"));
}
END_TEST

START_TEST(tells_a_refusal_from_a_broken_answer)
{
    static const struct {
        const char *status, *body, *message;
        enum err_code code;
    } rows[] = {
        {"403 Forbidden", "{\"message\":\"no\",\"details\":[{\"reason\":\"R\"}]}",
         "answered 403: no (R)", MF_ERR_DENIED},
        {"401 Unauthorized", "what is the.to.ken", "answered 401: (withheld", MF_ERR_DENIED},
        {"200 OK", "{}", "signedCertificateEmbeddedSct: is missing", MF_ERR_UNAVAILABLE},
        {"200 OK", "", "there is no JSON", MF_ERR_UNAVAILABLE},
        {"501 Not Implemented", "", "answered 501: it gave no reason", MF_ERR_UNAVAILABLE},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_script_done) struct script_server server = {0};
        struct err err = {0};
        mf_ck_refused(ask(rows[i].status, mf_span_str(rows[i].body), &server, &err), err,
                      rows[i].message);
        ck_assert_int_eq(err.code, rows[i].code);
    }
}
END_TEST

START_TEST(names_a_service_without_its_query)
{
    struct err err = {0};

    mf_err_set(&err, MF_ERR_DENIED, "answered 403: no");
    mf_service_failed_at(MF_SERVICE_CA, "https://ca.example/api?key=value", &err);
    ck_assert_str_eq(err.where, "certificate authority: https://ca.example/api");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ca_answer");
    TCase *answer = tcase_create("answer");
    TCase *wire = tcase_create("wire");

    tcase_add_test(answer, names_a_service_without_its_query);
    tcase_add_loop_test(answer, refuses_an_answer_without_a_certificate, 0, MF_LEN(refusals));
    tcase_add_test(answer, takes_the_leaf_of_the_chain);
    suite_add_tcase(suite, answer);
    tcase_set_timeout(wire, 60);
    tcase_add_test(wire, refuses_a_certificate_for_another_key);
    tcase_add_test(wire, tells_a_refusal_from_a_broken_answer);
    suite_add_tcase(suite, wire);
    return suite;
}
