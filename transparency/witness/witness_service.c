#include "transparency/witness/witness_service.h"

#include <errno.h>
#include <stdlib.h>

#include "transparency/witness/witness_api.h"

enum { QUEUE_MAX = 256, TURN_MAX = 64 }; /* requests: for all workers, for one log */
enum { HEAD_MAX = 16 * 1024, STOP_MS = 5000 };
enum { DEADLINE_MS = 20000, IDLE_MS = 60000, CONNECTIONS_MAX = 1000 };
enum { LINE_MAX_BYTES = 1024 };

struct witness_worker {
    struct witness_service *service;
    struct crypto *crypto;
    pthread_t id;
    bool runs;
};

static void free_task(struct witness_task *task)
{
    mf_add_checkpoint_done(&task->request);
    mf_buf_done(&task->body);
    free(task);
}

static struct witness_task *new_task(struct span body)
{
    struct witness_task *task = mf_array_new(1, sizeof *task);
    struct err ignored = {0};

    if (task == NULL)
        return NULL;
    task->body.max = MF_ADD_CHECKPOINT_MAX;
    if (mf_buf_append(&task->body, body, &ignored))
        return task;
    free(task);
    return NULL;
}

static void answer(struct witness_service *s, struct witness_task *task, struct http_reply *reply)
{
    struct http_answer_to to = {.ticket = task->ticket, .reply = *reply};

    mf_http_answer(s->http, &to, 1);
    free_task(task);
}

static void refuse(struct witness_service *s, struct witness_log *log, struct witness_task *task,
                   const struct err *err)
{
    struct http_reply reply;

    mf_witness_api_refusal(log, err, &reply);
    answer(s, task, &reply);
}

void mf_witness_service_take(struct witness_service *s, struct http_request *request)
{
    struct witness_task *task = new_task(mf_http_body(request));
    struct err err = {0};

    if (task == NULL) {
        struct http_reply reply;
        mf_err_set(&err, MF_ERR_UNAVAILABLE, "no memory for this request");
        mf_witness_api_refusal(NULL, &err, &reply);
        mf_http_reply(request, &reply);
        return;
    }
    task->ticket = mf_http_defer(request);
    if (mf_queue_push(s->queue, task))
        return;
    mf_err_set(&err, MF_ERR_UNAVAILABLE, "too many requests are waiting");
    refuse(s, NULL, task, &err);
}

/* 409 is how a log asks for the size, so it is no event. */
static void log_refusal(struct witness_log *log, const struct err *err)
{
    if (err->code == MF_ERR_REJECTED)
        mf_trouble_log(&log->refusals, MF_LOG_WARN, "not cosigned", log->whom->origin, err);
    else if (err->code != MF_ERR_EXISTS && err->code != MF_ERR_FORMAT)
        mf_trouble_log(&log->failures, MF_LOG_ERROR, "cannot cosign", log->whom->origin, err);
}

static void serve(struct witness_worker *w, struct witness_log *log, struct witness_task *task)
{
    MF_SCOPED(mf_buf_done) struct buf line = {.max = LINE_MAX_BYTES};
    struct http_reply reply;
    struct err err = {0};

    if (mf_witness_cosign(&w->service->witness, w->crypto, log, task, &line, &err)) {
        mf_witness_api_line(&line, &reply);
        answer(w->service, task, &reply);
        return;
    }
    log_refusal(log, &err);
    refuse(w->service, log, task, &err);
}

enum turn { HAS_TURN, IN_LINE, TOO_MANY };

static enum turn take_turn(struct witness_log *log, struct witness_task *task)
{
    enum turn turn = HAS_TURN;

    pthread_mutex_lock(&log->lock);
    if (log->in_turn && log->waiting == TURN_MAX) {
        turn = TOO_MANY;
    } else if (log->in_turn) {
        *log->end = task;
        log->end = &task->next;
        log->waiting++;
        turn = IN_LINE;
    }
    log->in_turn = true;
    pthread_mutex_unlock(&log->lock);
    return turn;
}

/* The next in line, with the turn; null ends it. */
static struct witness_task *pass_turn(struct witness_log *log)
{
    pthread_mutex_lock(&log->lock);
    struct witness_task *next = log->first;
    if (next == NULL) {
        log->in_turn = false;
    } else {
        log->first = next->next;
        if (log->first == NULL)
            log->end = &log->first;
        log->waiting--;
    }
    pthread_mutex_unlock(&log->lock);
    return next;
}

static void work(struct witness_worker *w, struct witness_task *task)
{
    struct witness_log *log = NULL;
    struct err err = {0};

    if (!mf_witness_receive(&w->service->witness, w->crypto, task, &log, &err)) {
        refuse(w->service, NULL, task, &err);
        return;
    }
    switch (take_turn(log, task)) {
    case HAS_TURN:
        for (; task != NULL; task = pass_turn(log))
            serve(w, log, task);
        return;
    case IN_LINE:
        return;
    case TOO_MANY:
        mf_err_set(&err, MF_ERR_UNAVAILABLE, "too many requests for this log are waiting");
        refuse(w->service, NULL, task, &err);
        return;
    }
}

static void *run_worker(void *arg)
{
    struct witness_worker *w = arg;
    void *item = NULL;

    while (mf_queue_pop(w->service->queue, &item, 1) == 1)
        work(w, item);
    return NULL;
}

static bool start_workers(struct witness_service *s, struct err *err)
{
    size_t count = (size_t)s->config->workers;

    s->workers = mf_array_new(count, sizeof *s->workers);
    if (s->workers == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for workers");
    for (size_t i = 0; i < count; i++) {
        struct witness_worker *w = &s->workers[s->worker_count++];
        w->service = s;
        if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &w->crypto, err))
            return false;
        errno = pthread_create(&w->id, NULL, run_worker, w);
        w->runs = errno == 0;
        if (!w->runs)
            return mf_err_sys(err, "cannot start a worker");
    }
    return true;
}

static bool start_http(struct witness_service *s, struct err *err)
{
    const struct http_server_params params = {
        .address = s->config->listen.host,
        .port = s->config->listen.port,
        .listen_fd = -1,
        .threads = (unsigned)s->config->threads,
        .body_max = MF_ADD_CHECKPOINT_MAX,
        .head_max = HEAD_MAX,
        .request_deadline_ms = DEADLINE_MS,
        .idle_ms = IDLE_MS,
        .connections_max = CONNECTIONS_MAX,
        .handler = {.on_request = mf_witness_api_request, .state = s},
    };

    return mf_http_server_start(&params, &s->http, err);
}

bool mf_witness_service_start(const struct witness_config *config, struct clock clock,
                              struct witness_service *out, struct err *err)
{
    *out = (struct witness_service){.config = config, .witness.dir.lock_fd = -1};
    if (mf_crypto_new(MF_CRYPTO_DEFAULT, &out->crypto, err) &&
        mf_witness_open(out->crypto, config, clock, &out->witness, err) &&
        mf_queue_new(QUEUE_MAX, &out->queue, err) && start_http(out, err) &&
        start_workers(out, err))
        return true;
    struct err kept = *err;
    mf_witness_service_stop(out);
    *err = kept;
    return false;
}

void mf_witness_service_stop(struct witness_service *s)
{
    /* Until the server has ended it takes answers, so the workers go after it. */
    if (s->http != NULL)
        mf_http_server_stop(s->http, STOP_MS);
    if (s->queue != NULL)
        mf_queue_close(s->queue);
    for (size_t i = 0; i < s->worker_count; i++) {
        if (s->workers[i].runs)
            pthread_join(s->workers[i].id, NULL);
        mf_crypto_free(&s->workers[i].crypto);
    }
    mf_http_server_free(&s->http);
    mf_queue_free(&s->queue);
    free(s->workers);
    s->workers = NULL;
    s->worker_count = 0;
    mf_witness_close(&s->witness);
    mf_crypto_free(&s->crypto);
}
