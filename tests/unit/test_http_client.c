/* The client against servers that behave and servers that do not. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/http_client.h"
#include "common/net/retry.h"
#include "tests/support/http_fixture.h"
#include "tests/support/script_server.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

#define OK_ANSWER   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define BUSY(after) "HTTP/1.1 503 Busy\r\n" after "Content-Length: 4\r\n\r\nbusy"

static const char *url_of(uint16_t port, const char *path)
{
    static char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)port, path);
    return url;
}

static struct http_call get(const char *url)
{
    return (struct http_call){
        .method = "GET", .url = url, .answer_max = 4096, .total_ms = 10000, .tries = 1};
}

START_TEST(get_and_post_reach_our_own_server)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    struct err err = {0};

    for (int i = 0; i < 3; i++) {
        MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
        struct http_call call = get(url_of(f->port, i == 0 ? "/now" : "/echo?x=1"));
        if (i > 0) {
            call.method = "POST";
            call.body = MF_SPAN("a\0b");
            call.content_type = "application/octet-stream";
        }
        if (i == 2)
            call.body = (struct span){0};
        mf_ck_ok(mf_http_call(client, &call, &answer, &err), err);
        ck_assert_uint_eq(answer.status, 200);
        ck_assert_str_eq(answer.content_type, "text/plain");
        ck_assert(mf_span_eq(mf_buf_span(&answer.body), i == 0 ? MF_SPAN("now") : call.body));
    }
    ck_assert_uint_eq(atomic_load(&f->calls), 3);
}
END_TEST

START_TEST(requests_say_what_they_should_and_share_a_connection)
{
    static const struct script_step steps[] = {{OK_ANSWER, MF_SCRIPT_KEEP},
                                               {OK_ANSWER, MF_SCRIPT_CLOSE}};
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    struct err err = {0};

    mf_script_start(&s, steps, MF_LEN(steps));
    mf_ck_ok(mf_secret_copy(MF_SPAN("abc.def-_"), &token, &err), err);
    for (size_t i = 0; i < MF_LEN(steps); i++) {
        MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
        struct http_call call = get(url_of(s.port, "/a/../b?q=1"));
        call.method = i == 0 ? "POST" : "GET";
        call.body = MF_SPAN("body");
        call.bearer = i == 0 ? &token : NULL;
        call.accept = "application/json";
        mf_ck_ok(mf_http_call(client, &call, &answer, &err), err);
    }
    mf_script_stop(&s);
    ck_assert_uint_eq(s.played, 2);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "POST /a/../b?q=1 HTTP/1.1\r\nHost: 127.0.0.1:"),
                      1);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "GET /a/../b?q=1 HTTP/1.1\r\nHost: 127.0.0.1:"),
                      1);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "\r\nUser-Agent: mayfly-test/1\r\n"), 2);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "\r\nAccept: application/json\r\n"), 2);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "\r\nAuthorization: Bearer abc.def-_\r\n"), 1);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "Content-Type"), 0);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "Expect"), 0);
    ck_assert_uint_eq(mf_wire_count(&s.requests, "\r\n\r\nbody"), 1);
}
END_TEST

/* Scripts of one call: what comes of it, after how many steps. */
static const struct {
    struct script_step steps[3];
    size_t count;
    unsigned tries;
    unsigned status;  /* 0: no answer */
    const char *says; /* of the body, or of the error */
    size_t played;
} plays[] = {
    {{{OK_ANSWER, MF_SCRIPT_CLOSE}}, 1, 3, 200, "ok", 1},
    {{{"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", MF_SCRIPT_CLOSE}}, 1, 3, 404, "no", 1},
    {{{"HTTP/1.1 501 No\r\nContent-Length: 2\r\n\r\nno", MF_SCRIPT_CLOSE}}, 1, 3, 501, "no", 1},
    {{{"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nno", MF_SCRIPT_CLOSE},
      {OK_ANSWER, MF_SCRIPT_CLOSE}},
     2,
     3,
     302,
     "no",
     1},
    {{{BUSY(""), MF_SCRIPT_CLOSE}, {OK_ANSWER, MF_SCRIPT_CLOSE}}, 2, 3, 200, "ok", 2},
    {{{BUSY(""), MF_SCRIPT_KEEP}, {OK_ANSWER, MF_SCRIPT_CLOSE}}, 2, 3, 200, "ok", 2},
    {{{BUSY("Retry-After: 1\r\n"), MF_SCRIPT_KEEP}, {OK_ANSWER, MF_SCRIPT_CLOSE}},
     2,
     2,
     200,
     "ok",
     2},
    {{{BUSY("Retry-After: 600\r\n"), MF_SCRIPT_CLOSE}, {OK_ANSWER, MF_SCRIPT_CLOSE}},
     2,
     3,
     503,
     "busy",
     1},
    {{{BUSY(""), MF_SCRIPT_CLOSE}, {BUSY(""), MF_SCRIPT_CLOSE}, {OK_ANSWER, MF_SCRIPT_CLOSE}},
     3,
     2,
     503,
     "busy",
     2},
    {{{BUSY(""), MF_SCRIPT_CLOSE}}, 1, 1, 503, "busy", 1},
    {{{"", MF_SCRIPT_RESET}, {OK_ANSWER, MF_SCRIPT_CLOSE}}, 2, 3, 200, "ok", 2},
    {{{"", MF_SCRIPT_CLOSE}, {OK_ANSWER, MF_SCRIPT_CLOSE}}, 2, 3, 200, "ok", 2},
    {{{"", MF_SCRIPT_CLOSE}}, 1, 1, 0, "closed without an answer", 1},
    {{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", MF_SCRIPT_CLOSE},
      {OK_ANSWER, MF_SCRIPT_CLOSE}},
     2,
     2,
     200,
     "ok",
     2},
    {{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", MF_SCRIPT_CLOSE}},
     1,
     1,
     0,
     "in the middle of an answer",
     1},
    {{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", MF_SCRIPT_RESET}},
     1,
     1,
     0,
     "connection was cut",
     1},
    {{{"HTTP/1.1 200 OK\r\n\r\n", MF_SCRIPT_ENDLESS}}, 1, 3, 0, "larger than 4096 bytes", 1},
    {{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", MF_SCRIPT_CLOSE}},
     1,
     1,
     0,
     "connection was cut",
     1},
    {{{"SSH-2.0-OpenSSH_9.2\r\n", MF_SCRIPT_CLOSE}}, 1, 3, 0, "not HTTP", 1},
};

START_TEST(what_servers_do_becomes_an_answer_or_an_error)
{
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    struct err err = {0};
    char place[40];

    mf_script_start(&s, plays[_i].steps, plays[_i].count);
    struct http_call call = get(url_of(s.port, "/"));
    call.tries = plays[_i].tries;
    bool ok = mf_http_call(client, &call, &answer, &err);
    mf_script_stop(&s);
    ck_assert_uint_eq(s.played, plays[_i].played);
    if (plays[_i].status == 0) {
        snprintf(place, sizeof place, "http://127.0.0.1:%u/", (unsigned)s.port);
        mf_ck_refused(ok, err, plays[_i].says);
        ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
        ck_assert_str_eq(err.where, place);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert_uint_eq(answer.status, plays[_i].status);
    ck_assert(mf_span_is(mf_buf_span(&answer.body), plays[_i].says));
}
END_TEST

START_TEST(retry_after_is_told_and_kept)
{
    static const struct script_step steps[] = {{BUSY("Retry-After: 1\r\n"), MF_SCRIPT_KEEP},
                                               {BUSY("Retry-After: 7\r\n"), MF_SCRIPT_CLOSE}};
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    struct err err = {0};
    uint64_t start = mf_wire_now_ms();

    mf_script_start(&s, steps, MF_LEN(steps));
    struct http_call call = get(url_of(s.port, "/"));
    call.tries = 2;
    mf_ck_ok(mf_http_call(client, &call, &answer, &err), err);
    ck_assert_uint_eq(answer.status, 503);
    ck_assert_uint_eq(answer.retry_after_s, 7);
    ck_assert_uint_ge(mf_wire_now_ms() - start, 999);
}
END_TEST

static const struct {
    const char *lines;
    unsigned max_age_s, said;
} lives[] = {
    {"", 0, false},
    {"Cache-Control: public, max-age=300\r\n", 300, true},
    {"cache-control: max-age=300\r\nX: y\r\nCACHE-CONTROL: no-transform\r\n", 300, true},
    {"Cache-Control: max-age=300\r\nCache-Control: no-store\r\n", 0, true},
};

START_TEST(life_of_an_answer_is_told)
{
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    struct err err = {0};
    char reply[256];
    const struct script_step step = {reply, MF_SCRIPT_CLOSE};

    snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\nok",
             lives[_i].lines);
    mf_script_start(&s, &step, 1);
    struct http_call call = get(url_of(s.port, "/"));
    mf_ck_ok(mf_http_call(client, &call, &answer, &err), err);
    mf_script_stop(&s);
    ck_assert(answer.max_age_s == lives[_i].max_age_s && answer.max_age_said == lives[_i].said);
}
END_TEST

START_TEST(silent_server_costs_no_more_than_the_deadline)
{
    static const struct script_step steps[] = {{"", MF_SCRIPT_HANG},
                                               {"HTTP/1.1 2", MF_SCRIPT_HANG}};
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    struct http_answer answer = {0};
    uint64_t start = mf_wire_now_ms();

    mf_script_start(&s, steps, MF_LEN(steps));
    for (size_t i = 0; i < MF_LEN(steps); i++) {
        struct err err = {0};
        struct http_call call = get(url_of(s.port, "/"));
        call.attempt_ms = i == 0 ? 100 : 0;
        call.total_ms = i == 0 ? 10000 : 100;
        call.tries = i == 0 ? 1 : 5;
        mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, "no whole answer in time");
        ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    }
    ck_assert_uint_ge(mf_wire_now_ms() - start, 199);
    ck_assert_uint_lt(mf_wire_now_ms() - start, 5000);
    ck_assert_ptr_null(answer.body.p);
}
END_TEST

START_TEST(refused_connection_is_tried_again_and_then_said)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    struct http_answer answer = {0};
    struct err err = {0};
    uint16_t port = 0;
    int fd = mf_wire_listen(&port);
    uint64_t start = mf_wire_now_ms();

    close(fd);
    struct http_call call = get(url_of(port, "/path?key=value"));
    call.tries = 2;
    mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, "cannot connect");
    ck_assert_ptr_nonnull(strstr(err.where, "/path")); /* and what follows is not shown */
    ck_assert_ptr_null(strstr(err.where, "key"));
    ck_assert_ptr_null(strstr(err.what, "key"));
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_uint_ge(mf_wire_now_ms() - start, MF_RETRY_FLOOR_MS - 1);
}
END_TEST

static const struct {
    const char *method, *url, *content_type, *token, *message;
} misuse[] = {
    {"GET", "http://example.com/", NULL, NULL, "plain http is for loopback hosts only"},
    {"GET", "http://127.0.0.1.example.com/", NULL, NULL, "plain http is for loopback hosts only"},
    {"GET", "ftp://127.0.0.1/", NULL, NULL, "does not begin with"},
    {"GET", "file:///etc/passwd", NULL, NULL, "does not begin with"},
    {"GET", "http://user@127.0.0.1/", NULL, NULL, "user information"},
    {"GET", "http://127.0.0.1/a b", NULL, NULL, "character"},
    {"PUT", "http://127.0.0.1/", NULL, NULL, "neither GET nor POST"},
    {"POST", "http://127.0.0.1/", "a\r\nX: b", NULL, "Content-Type is not fit"},
    {"POST", "http://127.0.0.1/", NULL, "a\r\nX: b", "token has characters"},
    {"POST", "http://127.0.0.1/", NULL, "a b", "token has characters"},
    {"POST", "http://127.0.0.1/", NULL, "", "token has characters"},
};

START_TEST(misuse_is_refused_before_anything_is_sent)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    struct http_answer answer = {0};
    struct err err = {0};
    struct http_call call = get(misuse[_i].url);

    call.method = misuse[_i].method;
    call.content_type = misuse[_i].content_type;
    if (misuse[_i].token != NULL) {
        mf_ck_ok(mf_secret_copy(mf_span_str(misuse[_i].token), &token, &err), err);
        call.bearer = &token;
    }
    mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, misuse[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
}
END_TEST

START_TEST(calls_run_at_once)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    enum { COUNT = 40 };
    struct http_call calls[COUNT];
    struct http_result results[COUNT];

    for (int round = 0; round < 2; round++) { /* the second on connections of the first */
        for (size_t i = 0; i < COUNT; i++) {
            calls[i] = get(i == 7 ? "http://example.com/" : url_of(f->port, "/echo"));
            calls[i].method = "POST";
            calls[i].body =
                (struct span){(const uint8_t *)"0123456789012345678901234567890123456789", i};
        }
        mf_http_call_all(client, calls, COUNT, results);
        for (size_t i = 0; i < COUNT; i++) {
            ck_assert(results[i].ok == (i != 7));
            if (i != 7)
                ck_assert(mf_span_eq(mf_buf_span(&results[i].answer.body), calls[i].body));
            else
                ck_assert_int_eq(results[i].err.code, MF_ERR_USAGE);
            mf_http_answer_done(&results[i].answer);
        }
    }
    mf_http_call_all(client, calls, 0, results);
}
END_TEST

START_TEST(unreadable_certificates_are_a_fault_of_trust)
{
    const struct http_client_params params = {.ca_file = "/nonexistent/ca.pem"};
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    static const struct script_step steps[] = {{"", MF_SCRIPT_CLOSE}};
    MF_SCOPED(mf_script_done) struct script_server s;
    struct http_answer answer = {0};
    struct err err = {0};
    char url[64];

    mf_script_start(&s, steps, MF_LEN(steps));
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", (unsigned)s.port);
    mf_ck_ok(mf_http_client_new(&params, &client, &err), err);
    struct http_call call = get(url);
    mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, "/nonexistent/ca.pem");
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_client");
    TCase *all = tcase_create("client");
    tcase_set_timeout(all, 30);
    tcase_add_test(all, get_and_post_reach_our_own_server);
    tcase_add_test(all, requests_say_what_they_should_and_share_a_connection);
    tcase_add_loop_test(all, what_servers_do_becomes_an_answer_or_an_error, 0, MF_LEN(plays));
    tcase_add_test(all, retry_after_is_told_and_kept);
    tcase_add_loop_test(all, life_of_an_answer_is_told, 0, MF_LEN(lives));
    tcase_add_test(all, silent_server_costs_no_more_than_the_deadline);
    tcase_add_test(all, refused_connection_is_tried_again_and_then_said);
    tcase_add_loop_test(all, misuse_is_refused_before_anything_is_sent, 0, MF_LEN(misuse));
    tcase_add_test(all, calls_run_at_once);
    tcase_add_test(all, unreadable_certificates_are_a_fault_of_trust);
    suite_add_tcase(suite, all);
    return suite;
}
