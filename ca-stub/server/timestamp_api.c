#include "ca-stub/server/timestamp_api.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/queue.h"
#include "common/codec/json.h"
#include "common/run/log.h"

struct job {
    struct ts_request request;
    struct http_ticket ticket;
};

struct worker {
    struct timestamp_pool *pool;
    struct crypto *crypto;
    pthread_t thread;
    bool has_thread;
};

struct timestamp_pool {
    struct timestamp_params params;
    struct http_server *server;
    struct queue *jobs;
    struct worker workers[MF_TIMESTAMP_WORKERS_MAX];
};

/* What Sigstore's authority says for each refusal. */
static const char *const texts[] = {
    [MF_TS_MALFORMED] = "Error generating timestamp response",
    [MF_TS_TOO_LARGE] = "timestamp request is too large",
    [MF_TS_WEAK_HASH] = "Weak hash algorithm in timestamp request",
    [MF_TS_UNKNOWN_HASH] = "Error generating timestamp response",
    [MF_TS_DIGEST_LENGTH] = "Message digest has incorrect length for specified algorithm",
    [MF_TS_POLICY] = "unaccepted policy: requested TSA policy is not supported by the TSA",
    [MF_TS_EXTENSION] = "unaccepted extension: requested extensions are not supported by the TSA",
};
_Static_assert(MF_LEN(texts) == MF_TS_REFUSAL_COUNT_, "a text per refusal");

/* {"code":400,"message":".."}: this API's code is the HTTP status, not gRPC's. */
static void refusal_reply(unsigned status, const char *message, const struct err *cause,
                          struct http_reply *out)
{
    struct err err = {0};
    struct buf body = {.max = 4096};
    struct json_writer w = mf_json_writer(&body, &err);
    char detail[600];

    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "code", status);
    mf_json_member_put_cstr(&w, "message", message);
    if (cause != NULL && mf_err_render(cause, detail, sizeof detail) > 0)
        mf_json_member_put_cstr(&w, "detail", detail);
    mf_json_end_object(&w);
    if (!mf_json_written(&w))
        mf_buf_done(&body);
    *out = (struct http_reply){.status = status, .content_type = "application/json", .body = body};
    if (status == 503)
        snprintf(out->retry_after, sizeof out->retry_after, "2");
}

static void token_reply(struct ts_job *job, struct http_reply *out)
{
    *out = (struct http_reply){
        .status = 200, .content_type = "application/timestamp-reply", .body = job->response};
    out->headers[0] = (struct http_header){"Cache-Control", "no-store"};
    job->response = (struct buf){0}; /* moved */
}

struct round { /* what one batch needs */
    void *items[MF_TS_BATCH_MAX];
    struct ts_job jobs[MF_TS_BATCH_MAX];
    struct http_answer_to answers[MF_TS_BATCH_MAX];
};

static void serve(struct worker *worker, struct round *round, size_t count)
{
    const struct timestamp_params *params = &worker->pool->params;
    struct err err = {0};
    int64_t now_s = 0;

    for (size_t i = 0; i < count; i++) {
        struct job *job = round->items[i];
        round->jobs[i] = (struct ts_job){.request = job->request};
        round->answers[i].ticket = job->ticket;
        free(job);
    }
    bool ok = mf_ts_clock_now(params->clock, &now_s, &err) &&
              mf_ts_issue(params->issuer, worker->crypto, now_s, round->jobs, count, &err);
    if (!ok)
        mf_log_err(MF_LOG_WARN, "timestamps refused", &err);
    for (size_t i = 0; i < count; i++) {
        if (ok)
            token_reply(&round->jobs[i], &round->answers[i].reply);
        else
            refusal_reply(err.code == MF_ERR_UNAVAILABLE ? 503 : 500, texts[MF_TS_MALFORMED], &err,
                          &round->answers[i].reply);
    }
    mf_http_answer(worker->pool->server, round->answers, count);
}

static void *work_forever(void *arg)
{
    struct worker *worker = arg;
    MF_SCOPED(mf_free_done) struct round *round = mf_array_new(1, sizeof *round);

    if (round == NULL)
        abort(); /* at start, before a request was taken */
    for (;;) {
        size_t count = mf_queue_pop(worker->pool->jobs, round->items, MF_TS_BATCH_MAX);
        if (count == 0)
            return NULL;
        serve(worker, round, count);
    }
}

bool mf_timestamp_pool_new(const struct timestamp_params *params, struct timestamp_pool **out,
                           struct err *err)
{
    struct timestamp_pool *pool = mf_array_new(1, sizeof *pool);

    if (pool == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the timestamp workers");
    pool->params = *params;
    bool ok = mf_queue_new(MF_TIMESTAMP_QUEUE_MAX, &pool->jobs, err);
    for (unsigned i = 0; ok && i < params->workers; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        ok = mf_crypto_new(MF_CRYPTO_DEFAULT, &worker->crypto, err);
        if (ok && pthread_create(&worker->thread, NULL, work_forever, worker) != 0)
            ok = mf_err_set(err, MF_ERR_SYSTEM, "cannot start a thread");
        worker->has_thread = ok;
    }
    if (!ok) {
        mf_timestamp_pool_free(&pool);
        return mf_err_at(err, "timestamp workers");
    }
    *out = pool;
    return true;
}

void mf_timestamp_pool_serve(struct timestamp_pool *pool, struct http_server *server)
{
    pool->server = server;
}

void mf_timestamp_pool_free(struct timestamp_pool **ppool)
{
    struct timestamp_pool *pool = *ppool;

    if (pool == NULL)
        return;
    if (pool->jobs != NULL)
        mf_queue_close(pool->jobs);
    for (size_t i = 0; i < MF_LEN(pool->workers); i++) {
        if (pool->workers[i].has_thread)
            pthread_join(pool->workers[i].thread, NULL);
        mf_crypto_free(&pool->workers[i].crypto);
    }
    mf_queue_free(&pool->jobs);
    free(pool);
    *ppool = NULL;
}

/* The media type before parameters: "application/json; charset=utf-8". */
static bool is_type(struct span header, const char *type)
{
    struct span media = mf_span_first(header, mf_span_find(header, ';'));

    while (media.n > 0 && media.p[media.n - 1] == ' ')
        media.n--;
    return media.n == strlen(type) && strncasecmp((const char *)media.p, type, media.n) == 0;
}

static void refuse(struct http_request *request, unsigned status, const char *message,
                   const struct err *cause)
{
    struct http_reply reply = {0};

    refusal_reply(status, message, cause, &reply);
    mf_http_reply(request, &reply);
}

void mf_timestamp_pool_handle(struct timestamp_pool *pool, struct http_request *request)
{
    struct span type = mf_http_header(request, "Content-Type"), body = mf_http_body(request);
    struct ts_request parsed = {0};
    enum ts_refusal why = MF_TS_MALFORMED;
    struct err err = {0};
    bool ok;

    if (is_type(type, "application/timestamp-query"))
        ok = mf_ts_request_parse(body, &parsed, &why, &err);
    else if (is_type(type, "application/json"))
        ok = mf_ts_request_parse_json(body, &parsed, &why, &err);
    else {
        refuse(request, 415,
               "unsupported media type, only application/timestamp-query and application/json "
               "are allowed",
               NULL);
        return;
    }
    if (!ok) {
        refuse(request, 400, texts[why], &err);
        return;
    }
    struct job *job = mf_array_new(1, sizeof *job);
    if (job == NULL) {
        refuse(request, 503, texts[MF_TS_MALFORMED], NULL);
        return;
    }
    job->request = parsed;
    job->ticket = mf_http_defer(request);
    struct http_answer_to answer = {.ticket = job->ticket};
    if (mf_queue_push(pool->jobs, job))
        return;
    free(job);
    refusal_reply(503, texts[MF_TS_MALFORMED], NULL, &answer.reply);
    mf_http_answer(pool->server, &answer, 1);
}
