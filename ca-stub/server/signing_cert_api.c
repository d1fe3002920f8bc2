#include "ca-stub/server/signing_cert_api.h"

#include <pthread.h>
#include <stdlib.h>

#include "ca-stub/server/signing_cert_work.h"
#include "common/base/queue.h"
#include "common/run/log.h"

struct job {
    enum signing_cert_api api;
    struct http_ticket ticket;
    char remote[64];
    struct buf token; /* of the Authorization header */
    struct buf body;
    uint64_t began_ns;
};

struct worker {
    struct signing_cert_pool *pool;
    struct signing_cert_worker *work;
    pthread_t thread;
    bool has_thread;
};

struct signing_cert_pool {
    struct signing_cert_params params;
    struct http_server *server;
    struct queue *jobs;
    atomic_uint_fast64_t begin_until_ns; /* of the clock's monotonic time */
    struct worker workers[MF_ISSUE_WORKERS_MAX];
};

static void job_free(struct job **job)
{
    if (*job == NULL)
        return;
    mf_buf_done(&(*job)->token);
    mf_buf_done(&(*job)->body);
    free(*job);
    *job = NULL;
}

static void *work_forever(void *arg)
{
    struct worker *worker = arg;
    void *item = NULL;

    while (mf_queue_pop(worker->pool->jobs, &item, 1) == 1) {
        MF_SCOPED(job_free) struct job *job = item;
        const struct signing_cert_input input = {
            .api = job->api,
            .remote = job->remote,
            .header_token = mf_buf_span(&job->token),
            .body = mf_buf_span(&job->body),
            .began_ns = job->began_ns,
            .begin_until_ns = &worker->pool->begin_until_ns,
        };
        struct http_answer_to answer = {.ticket = job->ticket};
        mf_signing_cert_work(worker->work, &input, &answer.reply);
        mf_http_answer(worker->pool->server, &answer, 1);
    }
    return NULL;
}

static bool start_worker(struct signing_cert_pool *pool, struct worker *worker, struct err *err)
{
    worker->pool = pool;
    if (!mf_signing_cert_worker_new(&pool->params, &worker->work, err))
        return false;
    if (pthread_create(&worker->thread, NULL, work_forever, worker) != 0)
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot start a thread");
    worker->has_thread = true;
    return true;
}

bool mf_signing_cert_pool_new(const struct signing_cert_params *params,
                              struct signing_cert_pool **out, struct err *err)
{
    struct signing_cert_pool *pool = mf_array_new(1, sizeof *pool);

    if (pool == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the issuing workers");
    pool->params = *params;
    atomic_init(&pool->begin_until_ns, UINT64_MAX);
    bool ok = mf_queue_new(MF_ISSUE_QUEUE_MAX, &pool->jobs, err);
    for (unsigned i = 0; ok && i < params->workers; i++)
        ok = start_worker(pool, &pool->workers[i], err);
    if (!ok) {
        mf_signing_cert_pool_free(&pool);
        return mf_err_at(err, "issuing workers");
    }
    *out = pool;
    return true;
}

void mf_signing_cert_pool_serve(struct signing_cert_pool *pool, struct http_server *server)
{
    pool->server = server;
}

void mf_signing_cert_pool_end(struct signing_cert_pool *pool, unsigned in_ms)
{
    uint64_t now_ns = mf_clock_monotonic_ns(&pool->params.ca.clock);

    atomic_store(&pool->begin_until_ns, now_ns + in_ms * UINT64_C(1000000));
}

void mf_signing_cert_pool_free(struct signing_cert_pool **ppool)
{
    struct signing_cert_pool *pool = *ppool;

    if (pool == NULL)
        return;
    mf_signing_cert_pool_end(pool, 0);
    if (pool->jobs != NULL)
        mf_queue_close(pool->jobs);
    for (size_t i = 0; i < MF_LEN(pool->workers); i++) {
        if (pool->workers[i].has_thread)
            pthread_join(pool->workers[i].thread, NULL);
        mf_signing_cert_worker_free(&pool->workers[i].work);
    }
    mf_queue_free(&pool->jobs);
    free(pool);
    *ppool = NULL;
}

/* Fulcio drops the first "Bearer " from the header, so a bare token is one too. */
static struct span header_token(struct http_request *request)
{
    struct span value = mf_http_header(request, "Authorization"), bearer = MF_SPAN("Bearer ");

    return mf_span_starts(value, bearer) ? mf_span_from(value, bearer.n) : value;
}

static struct job *make_job(struct signing_cert_pool *pool, enum signing_cert_api api,
                            struct http_request *request)
{
    struct job *job = mf_array_new(1, sizeof *job);
    struct err err = {0};

    if (job == NULL)
        return NULL;
    job->api = api;
    job->began_ns = mf_clock_monotonic_ns(&pool->params.ca.clock);
    job->token.max = job->body.max = MF_SIGNING_CERT_BODY_MAX;
    job->token.secret = job->body.secret = true;
    snprintf(job->remote, sizeof job->remote, "%s", mf_http_peer(request)); /* cut is harmless */
    if (!mf_buf_append(&job->token, header_token(request), &err) ||
        !mf_buf_append(&job->body, mf_http_body(request), &err))
        job_free(&job);
    return job;
}

void mf_signing_cert_pool_handle(struct signing_cert_pool *pool, enum signing_cert_api api,
                                 struct http_request *request)
{
    MF_SCOPED(job_free) struct job *job = make_job(pool, api, request);

    if (job != NULL) {
        job->ticket = mf_http_defer(request);
        struct http_ticket ticket = job->ticket;
        if (mf_queue_push(pool->jobs, job)) {
            job = NULL; /* moved */
            return;
        }
        struct http_answer_to answer = {.ticket = ticket};
        mf_signing_cert_busy(&answer.reply);
        mf_http_answer(pool->server, &answer, 1);
        return;
    }
    struct http_reply reply = {0};
    mf_signing_cert_busy(&reply);
    mf_http_reply(request, &reply);
}
