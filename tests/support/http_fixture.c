#include "tests/support/http_fixture.h"

#include <stdlib.h>

#include <check.h>

#include "tests/support/suite.h"

const struct http_server_params mf_fixture_params = {
    .address = "127.0.0.1",
    .listen_fd = -1,
    .threads = 2,
    .body_max = 4096,
    .head_max = 2048,
    .request_deadline_ms = 10000,
    .idle_ms = 10000,
    .connections_max = 5000,
};

static void reply(struct http_request *r, struct span body)
{
    struct http_reply reply = {.status = 200, .content_type = "text/plain"};
    struct err err = {0};

    reply.body.max = FIXTURE_BIG;
    mf_ck_ok(mf_buf_append(&reply.body, body, &err), err);
    reply.headers[0] = (struct http_header){"X-Test", "yes"};
    mf_http_reply(r, &reply);
}

static void reply_big(struct http_request *r)
{
    struct http_reply reply = {.status = 200, .content_type = "text/plain"};
    struct err err = {0};

    reply.body.max = FIXTURE_BIG;
    mf_ck_ok(mf_buf_reserve(&reply.body, FIXTURE_BIG, &err), err);
    memset(reply.body.p, 'x', FIXTURE_BIG);
    reply.body.n = FIXTURE_BIG;
    mf_http_reply(r, &reply);
}

static void defer(struct http_fixture *f, struct http_request *r)
{
    struct span query = mf_http_query(r);

    pthread_mutex_lock(&f->lock);
    ck_assert_uint_lt(f->count, FIXTURE_TICKETS_MAX);
    ck_assert_uint_lt(query.n, sizeof f->queries[0]);
    memcpy(f->queries[f->count], query.p, query.n);
    f->tickets[f->count++] = mf_http_defer(r);
    pthread_cond_broadcast(&f->more);
    pthread_mutex_unlock(&f->lock);
}

static void on_request(struct http_request *r, void *state)
{
    struct http_fixture *f = state;
    struct span path = mf_http_path(r);

    atomic_fetch_add(&f->calls, 1);
    if (mf_span_is(path, "/now"))
        reply(r, MF_SPAN("now"));
    else if (mf_span_is(path, "/echo"))
        reply(r, mf_http_body(r));
    else if (mf_span_is(path, "/query"))
        reply(r, mf_http_query(r));
    else if (mf_span_is(path, "/peer"))
        reply(r, mf_span_str(mf_http_peer(r)));
    else if (mf_span_is(path, "/method"))
        reply(r, mf_span_str(mf_http_method(r)));
    else if (mf_span_is(path, "/header"))
        reply(r, mf_http_header(r, "x-GIVEN"));
    else if (mf_span_is(path, "/big"))
        reply_big(r);
    else if (mf_span_is(path, "/later"))
        defer(f, r);
    else if (!mf_span_is(path, "/silent"))
        mf_http_reply_status(r, 404, MF_SPAN("Not \"Found\""));
}

struct http_fixture *mf_fixture_start(const struct http_server_params *params)
{
    struct http_fixture *f = mf_array_new(1, sizeof *f);
    struct http_server_params p = *params;
    struct err err = {0};

    ck_assert_ptr_nonnull(f);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->more, NULL);
    p.handler = (struct http_handler){on_request, f};
    mf_ck_ok(mf_http_server_start(&p, &f->server, &err), err);
    f->port = mf_http_server_port(f->server);
    ck_assert_uint_ne(f->port, 0);
    return f;
}

void mf_fixture_free(struct http_fixture **fixture)
{
    struct http_fixture *f = *fixture;

    *fixture = NULL;
    if (f == NULL)
        return;
    mf_http_server_free(&f->server);
    pthread_cond_destroy(&f->more);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void mf_fixture_wait(struct http_fixture *f, size_t count)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&f->lock);
    while (f->count < count)
        ck_assert_int_eq(pthread_cond_timedwait(&f->more, &f->lock, &until), 0);
    pthread_mutex_unlock(&f->lock);
}

void mf_fixture_answer(struct http_fixture *f, size_t from, size_t count)
{
    struct http_answer_to *answers = mf_array_new(count, sizeof *answers);
    struct err err = {0};

    ck_assert_ptr_nonnull(answers);
    for (size_t i = 0; i < count; i++) {
        answers[i].ticket = f->tickets[from + i];
        answers[i].reply = (struct http_reply){.status = 201, .body = {.max = 64}};
        answers[i].reply.headers[0] = (struct http_header){"X-Extra", f->queries[from + i]};
        mf_ck_ok(mf_buf_append_str(&answers[i].reply.body, f->queries[from + i], &err), err);
    }
    mf_http_answer(f->server, answers, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_null(answers[i].reply.body.p);
    free(answers);
}

struct http_client *mf_fixture_client(void)
{
    static const struct http_client_params params = {.user_agent = "mayfly-test/1"};
    struct http_client *client = NULL;
    struct err err = {0};

    mf_ck_ok(mf_http_client_new(&params, &client, &err), err);
    return client;
}
