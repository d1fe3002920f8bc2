#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/token/token_source.h"
#include "tests/support/script_server.h"
#include "tests/support/suite.h"

static const struct {
    const char *reply, *message; /* null: it gives the token t.o.k */
    enum err_code code;
} rows[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"token\":\"t.o.k\"}", NULL, MF_OK},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "token: is missing", MF_ERR_UNAVAILABLE},
    {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"token\":7}",
     "token: is a number, not a string", MF_ERR_UNAVAILABLE},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "there is no JSON", MF_ERR_UNAVAILABLE},
    {"HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nno secret", "answered 401: no secret",
     MF_ERR_DENIED},
    {"HTTP/1.1 401 No\r\nContent-Length: 12\r\n\r\nnot 's3cret'", "answered 401: (withheld",
     MF_ERR_DENIED},
};

START_TEST(takes_the_token_of_an_issuer)
{
    MF_SCOPED(mf_http_client_free) struct http_client *http = NULL;
    MF_SCOPED(mf_script_done) struct script_server server = {0};
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    const struct http_client_params params = {.user_agent = "test"};
    const struct script_step step = {rows[_i].reply, MF_SCRIPT_CLOSE};
    char path[] = "/tmp/mayfly-secret-XXXXXX";
    char url[64];
    struct err err = {0};
    int fd = mkstemp(path);

    ck_assert(fd >= 0 && write(fd, "s3cret\n", 7) == 7);
    close(fd);
    mf_ck_ok(mf_http_client_new(&params, &http, &err), err);
    mf_script_start(&server, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/github", server.port);
    const struct dev_token ask = {
        .url = url,
        .secret_path = path,
        .audience = MF_SPAN("sigstore"),
        .subject = MF_SPAN("a \"subject\""),
        .claims = MF_SPAN("{\"n\":1}"),
        .alg = "ES256",
    };
    bool ok = mf_token_from_dev_issuer(http, &ask, &token, &err);
    mf_script_stop(&server);
    unlink(path);
    ck_assert(mf_buf_append_byte(&server.requests, 0, &(struct err){0}));
    const char *asked = (const char *)server.requests.p;
    ck_assert_ptr_nonnull(strstr(asked, "POST /github/token HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(asked, "Authorization: Bearer s3cret\r\n"));
    ck_assert_ptr_nonnull(strstr(asked, "{\"sub\":\"a \\\"subject\\\"\",\"aud\":\"sigstore\","
                                        "\"alg\":\"ES256\",\"claims\":{\"n\":1}}"));
    if (rows[_i].message == NULL) {
        mf_ck_ok(ok, err);
        ck_assert(mf_span_is(mf_secret_span(&token), "t.o.k"));
        return;
    }
    mf_ck_refused(ok, err, rows[_i].message);
    ck_assert_int_eq(err.code, rows[_i].code);
    ck_assert_int_eq(strncmp(err.where, "development issuer", 18), 0);
}
END_TEST

START_TEST(needs_the_secret_that_may_ask)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    const struct dev_token ask = {.url = "http://127.0.0.1:1",
                                  .secret_path = "/nonexistent/secret"};
    struct err err = {0};

    mf_ck_refused(mf_token_from_dev_issuer(NULL, &ask, &token, &err), err,
                  "development issuer: /nonexistent/secret: ");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("dev_token");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, takes_the_token_of_an_issuer, 0, MF_LEN(rows));
    tcase_add_test(all, needs_the_secret_that_may_ask);
    suite_add_tcase(suite, all);
    return suite;
}
