/* What the server does against time, numbers and clients that go away. */
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/http_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

#define HOST    "Host: a\r\n"
#define GET_NOW "GET /now HTTP/1.1\r\n" HOST "\r\n"

enum { ANSWER_MAX = 4 * 1024 * 1024 };

START_TEST(request_that_comes_byte_by_byte_is_served)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    static const char text[] = "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                               "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" GET_NOW;
    int fd = mf_wire_connect(f->port);

    for (size_t i = 0; i < sizeof text - 1; i++)
        mf_wire_send(fd, (struct span){(const uint8_t *)text + i, 1});
    ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nabc", 1));
    ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nnow", 1));
    close(fd);
}
END_TEST

/* Bytes trickle in, each well within any pause allowed, until the total is over. */
START_TEST(request_slower_than_its_deadline_is_cut)
{
    static const char *const begins[] = {"GET /now HTTP/1.1\r\n" HOST "X: ",
                                         "POST /echo HTTP/1.1\r\n" HOST
                                         "Content-Length: 4000\r\n\r\n",
                                         GET_NOW "GET /now HTTP/1.1\r\n" HOST "X: "};
    struct http_server_params params = mf_fixture_params;
    params.request_deadline_ms = 200;
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);
    uint64_t start = mf_wire_now_ms();
    struct timeval pause = {.tv_usec = 10000};
    uint8_t byte;
    ssize_t n = -1;

    mf_wire_send(fd, mf_span_str(begins[_i]));
    if (_i == 2)
        ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nnow", 1));
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause), 0);
    while (n < 0 && mf_wire_now_ms() - start < 5000 && mf_wire_try_send(fd, MF_SPAN("a")))
        n = recv(fd, &byte, 1, 0);
    ck_assert_int_le(n, 0);
    ck_assert_uint_ge(mf_wire_now_ms() - start, 190);
    ck_assert_uint_lt(mf_wire_now_ms() - start, 4000);
    ck_assert_uint_eq(atomic_load(&f->calls), _i == 2 ? 1 : 0);
    close(fd);
}
END_TEST

START_TEST(idle_connection_is_closed)
{
    struct http_server_params params = mf_fixture_params;
    params.idle_ms = 100;
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);

    for (int i = 0; i < 2; i++) { /* before and after a request */
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        int fd = mf_wire_connect(f->port);
        if (i == 1)
            mf_wire_send(fd, MF_SPAN(GET_NOW));
        ck_assert(mf_wire_read_all(fd, &answer));
        ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 200 OK"), i == 1);
        close(fd);
    }
}
END_TEST

START_TEST(deferred_request_outlives_the_idle_time_and_the_deadline)
{
    struct http_server_params params = mf_fixture_params;
    params.idle_ms = 50;
    params.request_deadline_ms = 50;
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int waiting = mf_wire_connect(f->port);
    int idle = mf_wire_connect(f->port);

    /* With the beginning of a next request behind it, whose time must not run yet either. */
    mf_wire_send(waiting, MF_SPAN("GET /later?x HTTP/1.1\r\n" HOST "\r\nGET /n"));
    mf_fixture_wait(f, 1);
    for (int i = 0; i < 4; i++) { /* as long as it takes four idle connections to be closed */
        ck_assert(mf_wire_read_all(idle, &answer));
        close(idle);
        idle = mf_wire_connect(f->port);
    }
    mf_fixture_answer(f, 0, 1);
    ck_assert(mf_wire_read_until(waiting, &answer, "\r\n\r\nx", 1));
    mf_wire_send(waiting, MF_SPAN("ow HTTP/1.1\r\n" HOST "\r\n"));
    ck_assert(mf_wire_read_until(waiting, &answer, "\r\n\r\nnow", 1));
    close(waiting);
    close(idle);
}
END_TEST

START_TEST(client_that_does_not_read_is_cut)
{
    struct http_server_params params = mf_fixture_params;
    params.request_deadline_ms = 200;
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = 64 * ANSWER_MAX};
    int fd = mf_wire_connect(f->port);

    /* 60 MiB of answers do not fit into any socket buffer. */
    for (int i = 0; i < 60; i++)
        mf_wire_send(fd, MF_SPAN("GET /big HTTP/1.1\r\n" HOST "\r\n"));
    while (mf_wire_try_send(fd, MF_SPAN("GET /big HTTP/1.1\r\n" HOST "\r\n")))
        ;
    mf_wire_read_all(fd, &answer);
    ck_assert_uint_lt(answer.n, (size_t)60 * FIXTURE_BIG);
    ck_assert_uint_lt(atomic_load(&f->calls), 60);
    close(fd);
}
END_TEST

START_TEST(answers_to_clients_that_have_gone_do_nothing)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fds[100];

    for (size_t i = 0; i < MF_LEN(fds); i++) {
        fds[i] = mf_wire_connect(f->port);
        mf_wire_send(fds[i],
                     MF_SPAN("POST /later?x HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"));
    }
    mf_fixture_wait(f, MF_LEN(fds));
    for (size_t i = 0; i < MF_LEN(fds); i++)
        mf_wire_reset(fds[i]);
    int other = mf_wire_connect(f->port);
    mf_wire_send(other, MF_SPAN(GET_NOW));
    ck_assert(mf_wire_read_until(other, &answer, "\r\n\r\nnow", 1));
    mf_fixture_answer(f, 0, MF_LEN(fds));
    mf_fixture_answer(f, 0, MF_LEN(fds));
    mf_wire_send(other, MF_SPAN(GET_NOW));
    ck_assert(mf_wire_read_until(other, &answer, "\r\n\r\nnow", 2));
    close(other);
}
END_TEST

START_TEST(ticket_of_another_request_or_thread_answers_nothing)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);

    mf_wire_send(fd, MF_SPAN("GET /later?a HTTP/1.1\r\n" HOST "\r\n"));
    mf_fixture_wait(f, 1);
    mf_fixture_answer(f, 0, 1);
    ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\na", 1));
    mf_wire_send(fd, MF_SPAN("GET /later?b HTTP/1.1\r\n" HOST "\r\n"));
    mf_fixture_wait(f, 2);
    mf_fixture_answer(f, 0, 1); /* an old ticket of the same connection */
    f->tickets[2] = (struct http_ticket){.thread = 7, .id = f->tickets[1].id};
    f->tickets[3] = (struct http_ticket){.thread = f->tickets[1].thread, .id = UINT64_MAX};
    mf_fixture_answer(f, 2, 2);
    mf_fixture_answer(f, 1, 1);
    ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nb", 1));
    ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 201"), 2);
    close(fd);
}
END_TEST

START_TEST(accepting_pauses_at_the_cap_and_resumes_below_it)
{
    struct http_server_params params = mf_fixture_params;
    params.connections_max = 8;
    params.threads = 2;
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);
    int fds[40];

    for (size_t i = 0; i < MF_LEN(fds); i++) { /* the kernel's backlog holds those not accepted */
        fds[i] = mf_wire_connect(f->port);
        mf_wire_send(fds[i], MF_SPAN("GET /later?x HTTP/1.1\r\n" HOST "\r\n"));
    }
    mf_fixture_wait(f, params.connections_max);
    for (size_t done = 0; done < MF_LEN(fds);) {
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        mf_fixture_wait(f, done + 1);
        mf_fixture_answer(f, done, 1);
        ck_assert_uint_le(atomic_load(&f->calls),
                          done + params.connections_max + params.threads - 1);
        /* Which of them it was is the kernel's choice: whoever is answered goes. */
        fd_set ready;
        FD_ZERO(&ready);
        for (size_t i = 0; i < MF_LEN(fds); i++)
            if (fds[i] >= 0)
                FD_SET(fds[i], &ready);
        ck_assert_int_gt(select(FD_SETSIZE, &ready, NULL, NULL, &(struct timeval){.tv_sec = 10}),
                         0);
        for (size_t i = 0; i < MF_LEN(fds); i++) {
            if (fds[i] < 0 || !FD_ISSET(fds[i], &ready))
                continue;
            ck_assert(mf_wire_read_until(fds[i], &answer, "\r\n\r\nx", 1));
            close(fds[i]);
            fds[i] = -1;
            done++;
            break;
        }
    }
    ck_assert_uint_eq(atomic_load(&f->calls), MF_LEN(fds));
}
END_TEST

START_TEST(servers_share_half_of_the_descriptors)
{
    struct rlimit limit;
    struct rlimit low;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = 80;
    struct http_server_params params = mf_fixture_params;
    params.servers = (unsigned)_i;
    size_t share = 40 / (_i > 0 ? (size_t)_i : 1);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int fds[60];
    for (size_t i = 0; i < MF_LEN(fds); i++) {
        fds[i] = mf_wire_connect(f->port);
        mf_wire_send(fds[i], MF_SPAN("GET /later?x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    }
    mf_fixture_wait(f, share);
    ck_assert_uint_le(atomic_load(&f->calls), share + 1);
    for (size_t i = 0; i < MF_LEN(fds); i++) {
        mf_fixture_wait(f, i + 1);
        mf_fixture_answer(f, i, 1);
        ck_assert_uint_le(atomic_load(&f->calls), i + share + 2);
    }
    for (size_t i = 0; i < MF_LEN(fds); i++)
        close(fds[i]);
}
END_TEST

START_TEST(a_thousand_connections_are_served)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max; /* both ends of each are ours, and the server takes half */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    enum { COUNT = 1000 };
    static int fds[COUNT];

    for (size_t i = 0; i < COUNT; i++)
        fds[i] = mf_wire_connect(f->port);
    for (size_t i = 0; i < COUNT; i++)
        mf_wire_send(fds[i], MF_SPAN("GET /later?y HTTP/1.1\r\n" HOST "\r\n"));
    mf_fixture_wait(f, COUNT);
    mf_fixture_answer(f, 0, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        ck_assert(mf_wire_read_until(fds[i], &answer, "\r\n\r\ny", 1));
        close(fds[i]);
    }
}
END_TEST

struct stopper {
    struct http_fixture *fixture;
    unsigned grace_ms;
};

static void *run_stop(void *arg)
{
    struct stopper *s = arg;

    mf_http_server_stop(s->fixture->server, s->grace_ms);
    return NULL;
}

START_TEST(stop_waits_for_deferred_answers)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    MF_SCOPED(mf_buf_done) struct buf nothing = {.max = ANSWER_MAX};
    struct stopper stopper = {f, 10000};
    pthread_t thread;
    int waiting = mf_wire_connect(f->port);
    int idle = mf_wire_connect(f->port);

    mf_wire_send(waiting, MF_SPAN("GET /later?z HTTP/1.1\r\n" HOST "\r\n"));
    mf_wire_send(idle, MF_SPAN(GET_NOW));
    ck_assert(mf_wire_read_until(idle, &nothing, "\r\n\r\nnow", 1));
    mf_fixture_wait(f, 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_stop, &stopper), 0);
    ck_assert(mf_wire_read_all(idle, &nothing)); /* closed at once: it had nothing to wait for */
    mf_fixture_answer(f, 0, 1);
    ck_assert(mf_wire_read_all(waiting, &answer));
    ck_assert_uint_eq(mf_wire_count(&answer, "\r\nConnection: close\r\n"), 1);
    ck_assert_uint_eq(mf_wire_count(&answer, "\r\n\r\nz"), 1);
    pthread_join(thread, NULL);
    close(waiting);
    close(idle);
}
END_TEST

START_TEST(stop_ends_when_nobody_answers)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = mf_wire_connect(f->port);
    uint64_t start = mf_wire_now_ms();

    mf_wire_send(fd, MF_SPAN("POST /later?z HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na"));
    mf_fixture_wait(f, 1);
    mf_http_server_stop(f->server, 100);
    ck_assert_uint_ge(mf_wire_now_ms() - start, 90);
    mf_wire_read_all(fd, &answer);
    ck_assert_uint_eq(answer.n, 0);
    mf_fixture_answer(f, 0, 1);
    close(fd);
}
END_TEST

START_TEST(second_server_on_a_port_is_refused)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&mf_fixture_params);
    struct http_server_params params = mf_fixture_params;
    struct http_server *server = NULL;
    struct err err = {0};

    params.port = f->port;
    mf_ck_refused(mf_http_server_start(&params, &server, &err), err, "cannot listen on 127.0.0.1");
    ck_assert_int_eq(err.code, MF_ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.what, "already in use"));
    err = (struct err){0};
    params.address = "localhost";
    mf_ck_refused(mf_http_server_start(&params, &server, &err), err, "is not an IP address");
    ck_assert_ptr_null(server);
}
END_TEST

START_TEST(inherited_socket_is_served_and_left_open)
{
    struct http_server_params params = mf_fixture_params;
    MF_SCOPED(mf_fd_done) int inherited = mf_wire_listen(&params.port);
    int listening = 0;
    socklen_t n = sizeof listening;

    params.listen_fd = inherited;
    for (int i = 0; i < 2; i++) {
        MF_SCOPED(mf_fixture_free) struct http_fixture *f = mf_fixture_start(&params);
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        ck_assert_uint_eq(f->port, params.port);
        int fd = mf_wire_connect(params.port);
        mf_wire_send(fd, MF_SPAN(GET_NOW));
        ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nnow", 1));
        close(fd);
    }
    ck_assert_int_eq(getsockopt(inherited, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n), 0);
    ck_assert_int_eq(listening, 1);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_limits");
    TCase *all = tcase_create("limits");

    tcase_set_timeout(all, 30);
    tcase_add_test(all, request_that_comes_byte_by_byte_is_served);
    tcase_add_loop_test(all, request_slower_than_its_deadline_is_cut, 0, 3);
    tcase_add_test(all, idle_connection_is_closed);
    tcase_add_test(all, deferred_request_outlives_the_idle_time_and_the_deadline);
    tcase_add_test(all, client_that_does_not_read_is_cut);
    tcase_add_test(all, answers_to_clients_that_have_gone_do_nothing);
    tcase_add_test(all, ticket_of_another_request_or_thread_answers_nothing);
    tcase_add_test(all, accepting_pauses_at_the_cap_and_resumes_below_it);
    tcase_add_loop_test(all, servers_share_half_of_the_descriptors, 0, 3);
    tcase_add_test(all, a_thousand_connections_are_served);
    tcase_add_test(all, stop_waits_for_deferred_answers);
    tcase_add_test(all, stop_ends_when_nobody_answers);
    tcase_add_test(all, second_server_on_a_port_is_refused);
    tcase_add_test(all, inherited_socket_is_served_and_left_open);
    suite_add_tcase(suite, all);
    return suite;
}
