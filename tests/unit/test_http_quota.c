/* How many bytes of requests a server holds over all its connections, and that it lets go of them
 * whatever becomes of a request. */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/net/body_quota.h"
#include "tests/support/http_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

#define HOST    "Host: a\r\n"
#define REFUSED "HTTP/1.1 503 Service Unavailable\r\n"

enum { ANSWER_MAX = 1 << 20, BODY = 60 * 1024, FIT = 2 }; /* so many such bodies fit */

START_TEST(gives_what_it_has_and_no_more)
{
    struct body_quota quota = {.max = 100};

    ck_assert(mf_body_quota_take(&quota, 60));
    ck_assert(!mf_body_quota_take(&quota, 41));
    ck_assert(!mf_body_quota_take(&quota, SIZE_MAX));
    ck_assert(mf_body_quota_fits(&quota, 40));
    ck_assert(!mf_body_quota_fits(&quota, 41));
    ck_assert(!mf_body_quota_fits(&quota, UINT64_MAX));
    ck_assert(mf_body_quota_take(&quota, 40));
    ck_assert(!mf_body_quota_give(&quota, 100));
    ck_assert_uint_eq(atomic_load(&quota.held), 0);
}
END_TEST

START_TEST(gives_memory_back_once_nothing_is_held_and_much_was)
{
    enum { MUCH = 8 * 1024 * 1024 };
    struct body_quota quota = {.max = 2 * MUCH};

    ck_assert(mf_body_quota_take(&quota, 1000));
    ck_assert(!mf_body_quota_give(&quota, 1000)); /* not worth it */
    ck_assert(!mf_body_quota_trim(&quota));
    ck_assert(mf_body_quota_take(&quota, MUCH));
    ck_assert(mf_body_quota_take(&quota, 1000));
    ck_assert(!mf_body_quota_give(&quota, MUCH)); /* something is held */
    ck_assert(!mf_body_quota_trim(&quota));
    ck_assert(mf_body_quota_give(&quota, 1000));
    ck_assert(mf_body_quota_trim(&quota));
    ck_assert(!mf_body_quota_trim(&quota)); /* once */
}
END_TEST

static struct http_fixture *start(void)
{
    struct http_server_params params = mf_fixture_params;

    params.threads = 1;
    params.body_max = 64 * 1024;
    params.body_total_max = FIT * params.body_max;
    return mf_fixture_start(&params);
}

static int begin(struct http_fixture *f, const char *target, const char *framing, size_t bytes)
{
    static char zeros[BODY];
    char head[256];
    int fd = mf_wire_connect(f->port);

    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\n" HOST "%s\r\n", target, framing);
    mf_wire_send(fd, mf_span_str(head));
    (void)mf_wire_try_send(fd, (struct span){(const uint8_t *)zeros, bytes});
    return fd;
}

#define LENGTH  "Content-Length: 61440\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define CHUNK   CHUNKED "\r\nf000" /* 60 KiB; the head's own line end follows */

/* True once the request is deferred, false once it is answered instead. */
static bool is_let_in(struct http_fixture *f, int fd, size_t count)
{
    for (uint64_t until = mf_wire_now_ms() + 5000; mf_wire_now_ms() < until;) {
        struct pollfd answered = {.fd = fd, .events = POLLIN};
        pthread_mutex_lock(&f->lock);
        bool is_in = f->count >= count;
        pthread_mutex_unlock(&f->lock);
        if (is_in)
            return true;
        if (poll(&answered, 1, 1) > 0)
            return false;
    }
    ck_abort_msg("neither deferred nor answered");
}

/* Opens deferred requests until no more would fit; what is given back may take a moment to be. */
static void fill(struct http_fixture *f, int fds[static FIT])
{
    uint64_t until = mf_wire_now_ms() + 5000;

    for (size_t i = 0, had = f->count; i < FIT;) {
        fds[i] = begin(f, "/later?x", LENGTH, BODY);
        if (is_let_in(f, fds[i], had + i + 1))
            i++;
        else
            close(fds[i]);
        ck_assert_uint_lt(mf_wire_now_ms(), until);
    }
}

static void empty(struct http_fixture *f, const int fds[static FIT])
{
    mf_fixture_answer(f, f->count - FIT, FIT);
    for (size_t i = 0; i < FIT; i++) {
        MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
        ck_assert(mf_wire_read_until(fds[i], &answer, "\r\n\r\nx", 1));
        close(fds[i]);
    }
}

static void is_refused(int fd)
{
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};

    mf_wire_read_all(fd, &answer);
    ck_assert_msg(strncmp((const char *)answer.p, REFUSED, sizeof REFUSED - 1) == 0, "%s",
                  answer.p != NULL ? (const char *)answer.p : "nothing");
    ck_assert_uint_eq(mf_wire_count(&answer, "\r\nRetry-After: 1\r\n"), 1);
    ck_assert_uint_eq(mf_wire_count(&answer, "too many bytes of requests are waiting"), 1);
    close(fd);
}

static struct http_fixture *start_quick(void)
{
    struct http_server_params params = mf_fixture_params;

    params.threads = 1;
    params.body_max = 64 * 1024;
    params.body_total_max = FIT * params.body_max;
    params.request_deadline_ms = 4000;
    return mf_fixture_start(&params);
}

/* The others need not wait for its deadline. */
START_TEST(who_stops_in_a_large_body_is_refused_before_the_deadline)
{
    static const char *const framings[] = {LENGTH, CHUNK};
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = start_quick();
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = begin(f, "/echo", framings[_i], 50 * 1024);

    mf_wire_read_all(fd, &answer);
    ck_assert_msg(answer.n > 0 && strncmp((const char *)answer.p, "HTTP/1.1 408 ", 13) == 0, "%s",
                  answer.n > 0 ? (const char *)answer.p : "nothing");
    ck_assert_uint_eq(mf_wire_count(&answer, "the body of the request has stopped coming"), 1);
    close(fd);
}
END_TEST

START_TEST(a_body_that_comes_slowly_and_evenly_is_taken)
{
    static const uint8_t zeros[BODY / 12];
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = start_quick();
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = begin(f, "/echo", LENGTH, 0);

    for (int i = 0; i < 12; i++) {
        struct pollfd answered = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&answered, 1, 200), 0); /* 2.4 s of the 4 */
        mf_wire_send(fd, MF_SPAN_OF(zeros));
    }
    ck_assert(mf_wire_read_until(fd, &answer, "HTTP/1.1 200 ", 1));
    close(fd);
}
END_TEST

/* At once: of the body that is announced nothing was sent. */
START_TEST(refuses_what_would_be_too_much_and_serves_what_is_small)
{
    static const char *const framings[] = {LENGTH, CHUNK};
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = start();
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fds[FIT];

    fill(f, fds);
    is_refused(begin(f, "/echo", framings[_i], 0));
    int small = begin(f, "/echo", "Content-Length: 7000\r\n", 7000);
    ck_assert(mf_wire_read_until(small, &answer, "HTTP/1.1 200 OK", 1));
    close(small);
    empty(f, fds);
    fill(f, fds);
    empty(f, fds);
}
END_TEST

START_TEST(many_chunks_are_counted_together)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = start();
    static char chunks[16 * 1030 + 1];
    int fds[FIT];

    for (size_t i = 0; i < 16; i++)
        snprintf(chunks + i * 1030, sizeof chunks - i * 1030, "3ff\r\n%01023d\r\n", 0);
    fill(f, fds);
    int fd = begin(f, "/echo", CHUNKED, 0);
    for (int i = 0; i < 4; i++)
        (void)mf_wire_try_send(fd, mf_span_str(chunks));
    is_refused(fd);
    empty(f, fds);
    fill(f, fds);
    empty(f, fds);
}
END_TEST

START_TEST(what_is_only_announced_takes_nothing_from_others)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = start();
    int idle[50], fds[FIT];

    for (size_t i = 0; i < MF_LEN(idle); i++)
        idle[i] = begin(f, "/echo", LENGTH, 0);
    fill(f, fds);
    empty(f, fds);
    for (size_t i = 0; i < MF_LEN(idle); i++)
        close(idle[i]);
}
END_TEST

/* The connection stays. */
static void answered_at_once(struct http_fixture *f)
{
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = begin(f, "/echo", LENGTH, BODY);

    ck_assert(mf_wire_read_until(fd, &answer, "HTTP/1.1 200 OK", 1));
}

static void not_found(struct http_fixture *f)
{
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = begin(f, "/nowhere", LENGTH, BODY);

    ck_assert(mf_wire_read_until(fd, &answer, "HTTP/1.1 404", 1));
    close(fd);
}

static void reset_in_the_middle(struct http_fixture *f)
{
    mf_wire_reset(begin(f, "/echo", LENGTH, BODY / 2));
}

static void reset_in_a_chunk(struct http_fixture *f)
{
    mf_wire_reset(begin(f, "/echo", CHUNK, BODY / 2));
}

static void refused_after_chunks(struct http_fixture *f)
{
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    int fd = begin(f, "/echo", CHUNK, BODY);

    mf_wire_send(fd, MF_SPAN("no\r\n"));
    mf_wire_read_all(fd, &answer);
    ck_assert_uint_eq(mf_wire_count(&answer, "HTTP/1.1 400"), 1);
    close(fd);
}

/* The client goes; the handler has the body until it answers. */
static void deferred_and_gone(struct http_fixture *f)
{
    int fds[FIT];

    fill(f, fds);
    for (size_t i = 0; i < FIT; i++)
        mf_wire_reset(fds[i]);
    is_refused(begin(f, "/echo", LENGTH, 0));
    mf_fixture_answer(f, f->count - FIT, FIT);
    mf_fixture_answer(f, f->count - FIT, FIT); /* again: gives nothing back twice */
}

/* What was read of the next requests stays counted after the one before them. */
static void pipelined(struct http_fixture *f)
{
    enum { BEHIND = 200 };
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = ANSWER_MAX};
    size_t had = f->count;
    int fd = begin(f, "/later?x", LENGTH, BODY);

    ck_assert(is_let_in(f, fd, had + 1));
    for (int i = 0; i < BEHIND; i++)
        mf_wire_send(fd, MF_SPAN("GET /now HTTP/1.1\r\n" HOST "\r\n"));
    mf_fixture_answer(f, had, 1);
    ck_assert(mf_wire_read_until(fd, &answer, "\r\n\r\nnow", BEHIND));
    close(fd);
}

static void (*const fates[])(struct http_fixture *f) = {
    answered_at_once,     not_found,         reset_in_the_middle, reset_in_a_chunk,
    refused_after_chunks, deferred_and_gone, pipelined,
};

/* More often than would fit if any of it stayed. */
START_TEST(lets_go_of_every_byte_whatever_becomes_of_a_request)
{
    MF_SCOPED(mf_fixture_free) struct http_fixture *f = start();
    int fds[FIT];

    for (int i = 0; i < 8; i++)
        fates[_i](f);
    fill(f, fds);
    is_refused(begin(f, "/echo", LENGTH, 0)); /* and of no more than there was */
    empty(f, fds);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_quota");
    TCase *all = tcase_create("quota");

    tcase_set_timeout(all, 30);
    tcase_add_test(all, gives_what_it_has_and_no_more);
    tcase_add_test(all, gives_memory_back_once_nothing_is_held_and_much_was);
    tcase_add_loop_test(all, who_stops_in_a_large_body_is_refused_before_the_deadline, 0, 2);
    tcase_add_test(all, a_body_that_comes_slowly_and_evenly_is_taken);
    tcase_add_loop_test(all, refuses_what_would_be_too_much_and_serves_what_is_small, 0, 2);
    tcase_add_test(all, many_chunks_are_counted_together);
    tcase_add_test(all, what_is_only_announced_takes_nothing_from_others);
    tcase_add_loop_test(all, lets_go_of_every_byte_whatever_becomes_of_a_request, 0, MF_LEN(fates));
    suite_add_tcase(suite, all);
    return suite;
}
