#include "transparency/log/log_service.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "transparency/log/ct_issuers.h"
#include "transparency/log/ct_roots.h"
#include "transparency/log/submission.h"

enum { PREPARE_MAX = 8192, DEADLINE_MS = 20000, IDLE_MS = 60000, CONNECTIONS_MAX = 12000 };
enum { STOP_MS = 5000, FATAL_MS = 1000 };
enum { TROUBLE_MS = 1000, PUBLICATION_TROUBLE_MS = 60 * 1000 }; /* between lines of a kind */

struct worker {
    struct log_service *service;
    struct crypto *crypto;
    pthread_t id;
    bool runs;
};

static const struct log_kind *kind_of(const struct log_service *s)
{
    return s->dir.type == MF_LOG_CT ? &mf_ct_kind : &mf_rekor_kind;
}

static void on_request(struct http_request *request, void *state)
{
    struct log_service *s = state;

    if (!mf_reads_route(s, request) && !kind_of(s)->route(s, request))
        mf_http_reply_status(request, 404, MF_SPAN("Not Found"));
}

static void make_reply(struct log_service *s, struct submission *sub, const struct commit *commit,
                       const struct err *failed, struct http_reply *out)
{
    struct err err = {0};

    if (commit == NULL) {
        mf_submission_refusal(s, failed, out);
    } else if (sub->failure.code != MF_OK) {
        mf_submission_refusal(s, &sub->failure, out);
    } else if (!kind_of(s)->answer(sub, commit, out, &err)) {
        mf_buf_done(&out->body);
        mf_submission_refusal(s, &err, out);
    }
}

/* All replies of a commit wake each I/O thread once. count is at most MF_ANSWER_BATCH. */
static void answer_jobs(struct log_service *s, struct submission **list, size_t count,
                        const struct commit *commit, const struct err *err)
{
    struct http_answer_to answers[MF_ANSWER_BATCH] = {0};
    const struct log_kind *kind = kind_of(s);

    if (commit != NULL && kind->answer_all != NULL)
        kind->answer_all(list, count, commit);
    for (size_t i = 0; i < count; i++) {
        answers[i].ticket = list[i]->ticket;
        make_reply(s, list[i], commit, err, &answers[i].reply);
        mf_submission_free(list[i]);
    }
    mf_http_answer(s->http, answers, count);
}

static void on_answered(void *state, struct append_job **jobs, size_t count,
                        const struct commit *commit, const struct err *err)
{
    struct submission *list[MF_ANSWER_BATCH];

    for (size_t at = 0; at < count;) {
        size_t n = count - at < MF_ANSWER_BATCH ? count - at : MF_ANSWER_BATCH;
        for (size_t i = 0; i < n; i++)
            list[i] = (struct submission *)jobs[at + i];
        answer_jobs(state, list, n, commit, err);
        at += n;
    }
}

/* The log holds it already: no need to wait for a commit. */
static void answer_duplicate(struct worker *w, struct submission *sub)
{
    struct commit commit = {.crypto = w->crypto};
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_ENGINE_NOTE_MAX};

    mf_engine_head(mf_log_opening_engine(w->service->opening), &commit.head, &note);
    commit.note = mf_buf_span(&note);
    answer_jobs(w->service, &sub, 1, &commit, NULL);
}

/* Workers parse and verify: the costly part, and the only one that outside bytes reach. */
static void work(struct worker *w, struct submission *sub)
{
    struct log_service *s = w->service;
    struct engine *engine = mf_log_opening_engine(s->opening); /* whole, or nothing comes here */
    struct err err = {0};
    bool good = kind_of(s)->prepare(sub, w->crypto, &err);

    mf_submission_taken(sub);
    mf_buf_done(&sub->request);
    if (!good || !mf_engine_look_up(engine, w->crypto, &sub->job, &err)) {
        mf_submission_refuse(sub, &err);
    } else if (sub->job.duplicate) {
        answer_duplicate(w, sub);
    } else if (!mf_engine_push(engine, &sub->job)) {
        mf_err_set(&err, MF_ERR_UNAVAILABLE, "too many entries are waiting");
        mf_submission_refuse(sub, &err);
    }
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;
    void *item = NULL;

    while (mf_queue_pop(w->service->prepare, &item, 1) == 1)
        work(w, item);
    return NULL;
}

static void on_fatal(void *state, const struct err *err)
{
    struct log_service *s = state;

    s->fatal(err);
}

static void on_published(void *state, const struct err *err)
{
    struct log_service *s = state;

    if (err != NULL)
        mf_trouble_log(&s->publication, MF_LOG_WARN, "the public tree does not follow",
                       s->dir.origin, err);
    else
        mf_log(MF_LOG_INFO, "the public tree follows again", MF_LOG_TEXT("origin", s->dir.origin));
}

static void on_opened(void *state, const struct engine *engine, const struct err *err)
{
    struct log_service *s = state;

    if (err != NULL)
        mf_trouble_log(&s->opening_waits, MF_LOG_WARN, "the log is read-only", s->dir.origin, err);
    else if (mf_engine_dropped(engine) > 0)
        mf_log(MF_LOG_WARN, "an incomplete last commit was left behind",
               MF_LOG_TEXT("origin", s->dir.origin),
               MF_LOG_NUMBER("bytes", mf_engine_dropped(engine)));
}

/* A log of entries is born with one: without it mayfly-log init was not finished, or this is not
 * what it made. */
static bool check_birth(const struct log_service *s, struct err *err)
{
    struct merkle_head head;

    mf_engine_head(mf_log_opening_engine(s->opening), &head, NULL);
    if (s->dir.type == MF_LOG_CT || head.size > 0)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "the log has no first entry: its init was not finished");
    mf_err_at(err, "%s", s->dir.path);
    return mf_err_hint(err, "nothing was ever logged there: remove it and begin again with "
                            "mayfly-log init");
}

/* Configured for the other kind of log: it would be served, and refuse all that comes. */
static bool check_roots(const struct log_service *s, struct err *err)
{
    if (s->dir.type == MF_LOG_CT || s->settings.roots[0] == '\0')
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "is a log of entries, but roots are named for it");
    mf_err_at(err, "%s", s->dir.path);
    return mf_err_hint(err,
                       "name the directory of a log of certificates (init --type ct), or no roots");
}

static bool start_engine(struct log_service *s, struct err *err)
{
    char key[PATH_MAX];

    if (!mf_log_dir_open(s->settings.directory, &s->dir, err) || !check_roots(s, err) ||
        !mf_log_dir_path(&s->dir, "key.pem", key, sizeof key, err))
        return false;
    const struct signer_params signer = {
        .key_path = key,
        .use = s->dir.type == MF_LOG_CT ? MF_SIGNER_CT : MF_SIGNER_LOG,
        .origin = mf_span_str(s->dir.origin),
    };
    struct engine_params params = {
        .dir = &s->dir,
        .format = kind_of(s)->format,
        .clock = mf_clock_system(),
        .public_cadence_ms = (unsigned)s->settings.public_cadence_ms,
        .answered = on_answered,
        .fatal = on_fatal,
        .published = on_published,
        .state = s,
    };
    params.format.state = s;
    if (!mf_signer_start(&signer, &s->signer, err))
        return false;
    params.signer = s->signer;
    if ((s->dir.type == MF_LOG_CT && (!mf_ct_roots_load(s->settings.roots, &s->roots, err) ||
                                      !mf_ct_issuers_new(&s->issuers, err))) ||
        !mf_log_opening_start(&params, on_opened, &s->opening, err))
        return false;
    return check_birth(s, err);
}

static bool start_health(struct log_service *s, struct err *err)
{
    const struct log_health_params params = {
        .dir = &s->dir,
        .signer = s->signer,
        .opening = s->opening,
        .reserve_mb = s->settings.disk_reserve_mb,
        .public_cadence_ms = s->settings.public_cadence_ms,
    };

    return mf_log_health_start(&params, &s->health, err);
}

static bool start_workers(struct log_service *s, struct err *err)
{
    size_t count = (size_t)s->settings.workers;

    s->workers = mf_array_new(count, sizeof *s->workers);
    if (s->workers == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for workers");
    for (size_t i = 0; i < count; i++) {
        struct worker *w = &s->workers[s->worker_count++];
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

static bool start_http(struct log_service *s, struct err *err)
{
    const struct http_server_params params = {
        .address = s->settings.listen.host,
        .port = s->settings.listen.port,
        .listen_fd = -1,
        .threads = (unsigned)s->settings.threads,
        .body_max = kind_of(s)->body_max,
        .head_max = MF_LOG_HEAD_MAX,
        .request_deadline_ms = DEADLINE_MS,
        .idle_ms = IDLE_MS,
        .connections_max = CONNECTIONS_MAX,
        .servers = s->settings.logs,
        .handler = {.on_request = on_request, .state = s},
    };

    return mf_http_server_start(&params, &s->http, err);
}

bool mf_log_service_start(const struct log_settings *settings, void (*fatal)(const struct err *),
                          struct log_service *out, struct err *err)
{
    *out = (struct log_service){.settings = *settings,
                                .fatal = fatal,
                                .dir = {.lock_fd = -1},
                                .opening_waits = {.interval_ms = PUBLICATION_TROUBLE_MS},
                                .publication = {.interval_ms = PUBLICATION_TROUBLE_MS},
                                .refusals = {.interval_ms = TROUBLE_MS},
                                .failures = {.interval_ms = TROUBLE_MS}};
    /* The server first: workers answer through it, and what comes before them waits in the queue.
     */
    if (start_engine(out, err) && start_health(out, err) &&
        mf_queue_new(PREPARE_MAX, &out->prepare, err) && start_http(out, err) &&
        start_workers(out, err))
        return true;
    struct err kept = *err;
    mf_log_service_stop(out);
    *err = kept;
    return false;
}

void mf_log_service_abandon(struct log_service *s)
{
    if (s->http != NULL)
        mf_http_server_stop(s->http, FATAL_MS);
}

void mf_log_service_stop(struct log_service *s)
{
    /* Requests reach the engine until the server has ended, and until then it answers them. */
    if (s->http != NULL)
        mf_http_server_stop(s->http, STOP_MS);
    if (s->prepare != NULL)
        mf_queue_close(s->prepare);
    for (size_t i = 0; i < s->worker_count; i++) {
        if (s->workers[i].runs)
            pthread_join(s->workers[i].id, NULL);
        mf_crypto_free(&s->workers[i].crypto);
    }
    mf_log_health_free(&s->health);
    mf_log_opening_free(&s->opening); /* commits and publishes what is left */
    mf_http_server_free(&s->http);
    mf_queue_free(&s->prepare);
    free(s->workers);
    s->workers = NULL;
    s->worker_count = 0;
    mf_ct_issuers_free(&s->issuers);
    mf_ct_roots_free(&s->roots);
    mf_signer_free(&s->signer);
    mf_log_dir_done(&s->dir);
}
