/* What the server answers, over real sockets with raw bytes. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/http_status.h"
#include "tests/support/http_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

#define HOST  "Host: a\r\n"
#define CLOSE HOST "Connection: close\r\n\r\n"

enum { ANSWER_MAX = 4 * 1024 * 1024 };

/* Sends bytes on a new connection, reads to the end. */
static void exchange(struct http_fixture *f, struct span bytes, struct buf *answer)
{
    int fd = mf_wire_connect(f->port);

    mf_wire_send(fd, bytes);
    ck_assert_msg(mf_wire_read_all(fd, answer), "reset after '%s'", (const char *)answer->p);
    close(fd);
}

static const struct {
    struct span request;
    const char *begins;
    const char *has;
    const char *ends;
} served[] = {
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200 OK\r\n", "\r\nX-Test: yes\r\n",
     "\r\n\r\nnow"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200 OK\r\n",
     "\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n", "\r\n\r\nnow"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200 OK\r\n",
     "\r\nConnection: close\r\n", "now"},
    {MF_SPAN_INIT("GET /now HTTP/1.0\r\n\r\n"), "HTTP/1.0 200 OK\r\n", "\r\nContent-Length: 3\r\n",
     "\r\n\r\nnow"},
    {MF_SPAN_INIT("HEAD /now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200 OK\r\n",
     "\r\nContent-Length: 3\r\n", "\r\n\r\n"},
    {MF_SPAN_INIT("GET /query?a=1&b=%2f HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "",
     "\n\r\na=1&b=%2f"},
    {MF_SPAN_INIT("GET /query HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "Content-Length: 0",
     "\r\n\r\n"},
    {MF_SPAN_INIT("GET /peer HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "", "\r\n\r\n127.0.0.1"},
    {MF_SPAN_INIT("GET /header HTTP/1.1\r\nX-Given:  b c\r\n" CLOSE), "HTTP/1.1 200", "",
     "\r\n\r\nb c"},
    {MF_SPAN_INIT("GET /header HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "", "\r\n\r\n"},
    {MF_SPAN_INIT("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n" CLOSE "ab\0\r\n"), "HTTP/1.1 200",
     "", "\r\n\r\nab"},
    {MF_SPAN_INIT("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" CLOSE
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
     "HTTP/1.1 200", "Content-Length: 5", "\r\n\r\nabcde"},
    {MF_SPAN_INIT("GET /echo HTTP/1.1\r\nContent-Length: 2\r\n" CLOSE "hi"), "HTTP/1.1 200", "",
     "\r\n\r\nhi"},
    {MF_SPAN_INIT("PUT /method HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "", "PUT"},
    {MF_SPAN_INIT("DELETE /method HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "", "DELETE"},
    {MF_SPAN_INIT("PATCH /method HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "", "PATCH"},
    {MF_SPAN_INIT("OPTIONS /method HTTP/1.1\r\n" CLOSE), "HTTP/1.1 200", "", "OPTIONS"},
    {MF_SPAN_INIT("GET /absent HTTP/1.1\r\n" CLOSE), "HTTP/1.1 404 Not Found\r\n",
     "application/json", "\r\n\r\n{\"code\":5,\"message\":\"Not \\\"Found\\\"\",\"details\":[]}"},
    {MF_SPAN_INIT("GET /silent HTTP/1.1\r\n" CLOSE), "HTTP/1.1 500 ", "application/json",
     "{\"code\":13,\"message\":\"request was not answered\",\"details\":[]}"},
};

START_TEST(serves_what_is_well_formed)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};

    exchange(f, served[_i].request, &answer);
    struct span said = mf_buf_span(&answer);
    const char *text = (const char *)answer.p;
    ck_assert_msg(mf_span_starts(said, mf_span_str(served[_i].begins)), "'%s'", text);
    ck_assert_msg(strstr(text, served[_i].has) != NULL, "'%s'", text);
    if (strlen(text) == answer.n)
        ck_assert_msg(mf_span_ends(said, mf_span_str(served[_i].ends)), "'%s'", text);
    ck_assert_uint_eq(mf_wire_count(&answer, "\r\nDate: "), 1);
    ck_assert_uint_eq(mf_wire_count(&answer, " GMT\r\n"), 1);
    ck_assert_uint_eq(atomic_load(&f->calls), 1);
}
END_TEST

#define POST "POST /echo HTTP/1.1\r\n" HOST

static const struct {
    struct span request;
    const char *begins;
    const char *message;
} hostile[] = {
    {MF_SPAN_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
     "HTTP/1.1 400 ", "Content-Length and Transfer-Encoding"},
    {MF_SPAN_INIT(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), "HTTP/1.1 400 ",
     "Content-Length is there twice"},
    {MF_SPAN_INIT(POST "Content-Length: +3\r\n\r\nabc"), "HTTP/1.1 400 ", "plain decimal"},
    {MF_SPAN_INIT(POST "Content-Length : 3\r\n\r\nabc"), "HTTP/1.1 400 ", "field name"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\nHost: a\n\n"), "HTTP/1.1 400 ", "request line"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\nHost: a\n\n"), "HTTP/1.1 400 ", "bare LF"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), "HTTP/1.1 400 ", "control"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), "HTTP/1.1 400 ", "folded"},
    {MF_SPAN_INIT("GET /now%00x HTTP/1.1\r\n" CLOSE), "HTTP/1.1 400 ", "path has a character"},
    {MF_SPAN_INIT("GET //now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 400 ", "path has \\\"//\\\" or"},
    {MF_SPAN_INIT("GET /x/../now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 400 ", "path has"},
    {MF_SPAN_INIT("GET http://a/now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 400 ", "target"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 ", "Host is missing"},
    {MF_SPAN_INIT("GET /now HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 400 ", "Host is there twice"},
    {MF_SPAN_INIT("BREW /now HTTP/1.1\r\n" CLOSE), "HTTP/1.1 501 ", "Method Not Allowed"},
    {MF_SPAN_INIT("GET /now HTTP/2.0\r\n" CLOSE), "HTTP/1.1 505 ", "version"},
    {MF_SPAN_INIT("\x16\x03\x01\x02\x01\x01\xfc\x03\x03"), "HTTP/1.1 400 ", "method"},
    {MF_SPAN_INIT(POST "Content-Length: 4097\r\n\r\n"), "HTTP/1.1 413 ", "too large"},
    {MF_SPAN_INIT(POST "Expect: 100-continue\r\nContent-Length: 4097\r\n\r\n"), "HTTP/1.1 413 ",
     "too large"},
    {MF_SPAN_INIT(POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1000\r\n"), "HTTP/1.1 413 ",
     "too large"},
    {MF_SPAN_INIT(POST "Transfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n"), "HTTP/1.1 400 ",
     "plain hexadecimal"},
    {MF_SPAN_INIT(POST "Transfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n"), "HTTP/1.1 400 ",
     "trailer"},
    {MF_SPAN_INIT(POST "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"), "HTTP/1.1 400 ", "tab"},
    {MF_SPAN_INIT("HEAD /now HTTP/1.1\r\n" HOST "Content-Length: 30\r\n\r\n"
                  "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"),
     "HTTP/1.1 400 ", "HEAD has a body"},
};

START_TEST(refuses_hostile_bytes_before_the_handler)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);

    for (int then = 0; then < 2; then++) { /* first on a new connection, then after a request */
        if (then == 1) {
            fd = mf_wire_connect(f->port);
            mf_wire_send(fd, MF_SPAN("GET /now HTTP/1.1\r\n" HOST "\r\n"));
            mf_buf_reset(&answer);
            ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nnow", 1));
            ck_assert_uint_eq(atomic_load(&f->calls), 1);
        }
        mf_buf_reset(&answer);
        mf_wire_send(fd, hostile[_i].request);
        ck_assert(mf_wire_read_all(fd, &answer));
        const char *text = (const char *)answer.p;
        ck_assert_msg(mf_span_starts(mf_buf_span(&answer), mf_span_str(hostile[_i].begins)), "'%s'",
                      text);
        ck_assert_msg(strstr(text, hostile[_i].message) != NULL, "'%s'", text);
        ck_assert_ptr_nonnull(strstr(text, "\r\nConnection: close\r\n"));
        ck_assert_ptr_nonnull(strstr(text, "\"details\":[]}"));
        ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 "), 1);
        close(fd);
    }
    ck_assert_uint_eq(atomic_load(&f->calls), 1);
}
END_TEST

START_TEST(refuses_a_head_that_is_too_large)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    uint8_t filler[3000];
    int fd = mf_wire_connect(f->port);

    memset(filler, 'a', sizeof filler);
    mf_wire_send(fd, MF_SPAN("GET /now HTTP/1.1\r\n" HOST "X: "));
    mf_wire_send(fd, MF_SPAN_OF(filler));
    ck_assert(mf_wire_read_all(fd, &answer));
    ck_assert_ptr_nonnull(strstr((const char *)answer.p, "HTTP/1.1 431 "));
    ck_assert_uint_eq(atomic_load(&f->calls), 0);
    close(fd);
}
END_TEST

/* The refusal must reach a client that is still sending: a close would reset it away. */
START_TEST(refused_client_still_sending_reads_why)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    uint8_t filler[100000];
    int fd = mf_wire_connect(f->port);

    memset(filler, 'a', sizeof filler);
    mf_wire_send(fd, MF_SPAN(POST "Content-Length: 100000\r\n\r\n"));
    mf_wire_send(fd, MF_SPAN_OF(filler));
    ck_assert(mf_wire_read_all(fd, &answer));
    ck_assert_ptr_nonnull(strstr((const char *)answer.p, "HTTP/1.1 413 "));
    ck_assert_uint_eq(atomic_load(&f->calls), 0);
    close(fd);
}
END_TEST

START_TEST(refused_client_that_never_stops_sending_is_cut)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    static const uint8_t filler[65536];
    int fd = mf_wire_connect(f->port);
    size_t sent = 0;

    mf_wire_send(fd, MF_SPAN("GET /now HTTP/1.1\r\n\r\n"));
    while (sent < (size_t)256 * 1024 * 1024 && mf_wire_try_send(fd, MF_SPAN_OF(filler)))
        sent += sizeof filler;
    ck_assert_uint_lt(sent, (size_t)256 * 1024 * 1024);
    ck_assert_uint_eq(atomic_load(&f->calls), 0);
    close(fd);
}
END_TEST

START_TEST(bytes_refused_behind_a_request_in_one_piece_cut_the_connection)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);

    mf_wire_send(fd, MF_SPAN("GET /now HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST
                             "X: a\nY: b\r\n\r\n"));
    mf_wire_read_all(fd, &answer);
    ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 400"), 0);
    ck_assert_uint_le(atomic_load(&f->calls), 1);
    close(fd);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);

    mf_wire_send(fd, MF_SPAN("GET /later?one HTTP/1.1\r\n" HOST "\r\n"
                             "POST /later?two HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                             "GET /query?three HTTP/1.1\r\n" CLOSE));
    mf_fixture_wait(f, 1);
    mf_fixture_answer(f, 0, 1);
    mf_fixture_wait(f, 2);
    mf_fixture_answer(f, 1, 1);
    ck_assert(mf_wire_read_all(fd, &answer));
    const char *one = strstr((const char *)answer.p, "\r\n\r\none");
    const char *two = strstr((const char *)answer.p, "\r\n\r\ntwo");
    const char *three = strstr((const char *)answer.p, "\r\n\r\nthree");
    ck_assert_msg(one != NULL && two != NULL && three != NULL, "%s", (const char *)answer.p);
    ck_assert(one < two && two < three);
    ck_assert_ptr_nonnull(strstr((const char *)answer.p, "\r\nX-Extra: two\r\n"));
    close(fd);
}
END_TEST

START_TEST(deferred_requests_are_answered_in_any_order)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    int fds[3];

    for (int i = 0; i < 3; i++) {
        char text[80];
        int n = snprintf(text, sizeof text, "GET /later?n%d HTTP/1.1\r\n" CLOSE, i);
        fds[i] = mf_wire_connect(f->port);
        mf_wire_send(fds[i], (struct span){(const uint8_t *)text, (size_t)n});
        mf_fixture_wait(f, (size_t)i + 1);
    }
    for (int i = 2; i >= 0; i--) {
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        mf_fixture_answer(f, (size_t)i, 1);
        mf_fixture_answer(f, (size_t)i, 1); /* twice does nothing */
        ck_assert(mf_wire_read_all(fds[i], &answer));
        ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 201 Created"), 1);
        ck_assert(mf_span_ends(mf_buf_span(&answer), mf_span_str(f->queries[i])));
        close(fds[i]);
    }
}
END_TEST

START_TEST(half_closed_client_gets_all_that_it_pipelined)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);

    for (int i = 0; i < 20; i++) {
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        int fd = mf_wire_connect(f->port);
        mf_wire_send(fd, MF_SPAN("GET /now HTTP/1.1\r\n" HOST "\r\nGET /big HTTP/1.1\r\n" HOST
                                 "\r\nGET /now HTTP/1.1\r\n" HOST "\r\nGET /n"));
        shutdown(fd, SHUT_WR);
        ck_assert(mf_wire_read_all(fd, &answer));
        ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 200 OK"), 3);
        ck_assert(mf_span_ends(mf_buf_span(&answer), MF_SPAN("\r\n\r\nnow")));
        close(fd);
    }
}
END_TEST

START_TEST(half_closed_client_gets_all_of_its_answer)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);

    for (int i = 0; i < 2; i++) {
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        int fd = mf_wire_connect(f->port);
        mf_wire_send(fd, i == 0 ? MF_SPAN("GET /big HTTP/1.1\r\n" HOST "\r\n")
                                : MF_SPAN("GET /later?x HTTP/1.1\r\n" HOST "\r\n"));
        shutdown(fd, SHUT_WR);
        if (i == 1) {
            mf_fixture_wait(f, 1);
            mf_fixture_answer(f, 0, 1);
        }
        ck_assert(mf_wire_read_all(fd, &answer));
        ck_assert_uint_gt(answer.n, i == 0 ? FIXTURE_BIG : 20);
        close(fd);
    }
}
END_TEST

START_TEST(client_that_expects_continue_gets_it)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);

    mf_wire_send(fd, MF_SPAN(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    ck_assert(mf_wire_read_until(fd, &answer, "HTTP/1.1 100 Continue\r\n\r\n", 1));
    ck_assert_uint_eq(atomic_load(&f->calls), 0);
    mf_wire_send(fd, MF_SPAN("ok"));
    ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nok", 1));
    close(fd);
}
END_TEST

START_TEST(messages_that_json_cannot_carry_leave_the_reason)
{
    struct http_reply reply;

    mf_http_status_reply(&reply, 503, MF_SPAN("\xff"));
    ck_assert(mf_span_is(mf_buf_span(&reply.body),
                         "{\"code\":14,\"message\":\"Service Unavailable\",\"details\":[]}"));
    mf_buf_done(&reply.body);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_server");
    TCase *all = tcase_create("server");

    tcase_set_timeout(all, 30);
    tcase_add_loop_test(all, serves_what_is_well_formed, 0, MF_LEN(served));
    tcase_add_loop_test(all, refuses_hostile_bytes_before_the_handler, 0, MF_LEN(hostile));
    tcase_add_test(all, refuses_a_head_that_is_too_large);
    tcase_add_test(all, refused_client_still_sending_reads_why);
    tcase_add_test(all, refused_client_that_never_stops_sending_is_cut);
    tcase_add_test(all, bytes_refused_behind_a_request_in_one_piece_cut_the_connection);
    tcase_add_test(all, pipelined_requests_are_answered_in_order);
    tcase_add_test(all, deferred_requests_are_answered_in_any_order);
    tcase_add_test(all, half_closed_client_gets_all_of_its_answer);
    tcase_add_test(all, half_closed_client_gets_all_that_it_pipelined);
    tcase_add_test(all, client_that_expects_continue_gets_it);
    tcase_add_test(all, messages_that_json_cannot_carry_leave_the_reason);
    suite_add_tcase(suite, all);
    return suite;
}
