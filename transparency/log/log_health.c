#include "transparency/log/log_health.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/codec/json.h"
#include "common/run/log.h"

enum { LOOK_MS = 500 };
enum { BUSY_MS = 10 * 1000, BEHIND_MS = 10 * 1000 }; /* longer is no longer well */
enum { MIB = 1024 * 1024, REASON_MAX = 512, REASONS_MAX = 8 };

static const char about_to_end[] = "the log cannot go on and is about to end";

struct log_health {
    struct log_health_params params;
    int stop_fd; /* readable once the thread must end */
    pthread_t thread;
    bool runs;
    _Atomic uint64_t free_bytes; /* UINT64_MAX: the disk does not say */
};

static uint64_t reserve_of(const struct log_health *h)
{
    return h->params.reserve_mb * MIB;
}

static void look(struct log_health *h)
{
    struct statvfs disk;
    uint64_t now = statvfs(h->params.dir->path, &disk) == 0
                       ? (uint64_t)disk.f_bavail * disk.f_frsize
                       : UINT64_MAX;
    uint64_t before = atomic_exchange(&h->free_bytes, now);

    if ((before < reserve_of(h)) == (now < reserve_of(h)))
        return;
    mf_log(now < reserve_of(h) ? MF_LOG_WARN : MF_LOG_INFO,
           now < reserve_of(h) ? "the disk is below its reserve: no entries are taken"
                               : "the disk has its reserve: entries are taken",
           MF_LOG_TEXT("origin", h->params.dir->origin), MF_LOG_NUMBER("free_bytes", now),
           MF_LOG_NUMBER("reserve_bytes", reserve_of(h)));
}

static void *run(void *state)
{
    struct log_health *h = state;
    struct pollfd stop = {.fd = h->stop_fd, .events = POLLIN};

    while (poll(&stop, 1, LOOK_MS) <= 0)
        look(h);
    return NULL;
}

bool mf_log_health_start(const struct log_health_params *params, struct log_health **out,
                         struct err *err)
{
    MF_SCOPED(mf_log_health_free) struct log_health *h = mf_array_new(1, sizeof *h);

    if (h == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a log's health");
    h->params = *params;
    atomic_store(&h->free_bytes, UINT64_MAX);
    h->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (h->stop_fd < 0)
        return mf_err_sys(err, "cannot make an event descriptor");
    look(h);
    errno = pthread_create(&h->thread, NULL, run, h);
    h->runs = errno == 0;
    if (!h->runs)
        return mf_err_sys(err, "cannot start a thread");
    *out = MF_MOVE(h);
    return true;
}

void mf_log_health_free(struct log_health **health)
{
    const uint64_t one = 1;
    struct log_health *h = *health;

    if (h == NULL)
        return;
    if (h->runs) {
        while (write(h->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
            continue;
        pthread_join(h->thread, NULL);
    }
    mf_fd_done(&h->stop_fd);
    free(h);
    *health = NULL;
}

static bool has_reserve(const struct log_health *h, struct err *err)
{
    uint64_t now = atomic_load(&h->free_bytes);

    if (now >= reserve_of(h))
        return true;
    mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk is below its reserve");
    mf_err_hint(err, "free some space; writing goes on by itself");
    return mf_err_at(err, "%s: %" PRIu64 " of %" PRIu64 " MiB", h->params.dir->path, now / MIB,
                     h->params.reserve_mb);
}

bool mf_log_health_may_write(struct log_health *h, struct err *err)
{
    return mf_log_opening_is_done(h->params.opening, err) && has_reserve(h, err);
}

struct reasons {
    char text[REASONS_MAX][REASON_MAX];
    size_t count;
};

static void give(struct reasons *r, const char *text)
{
    if (r->count < REASONS_MAX && snprintf(r->text[r->count], REASON_MAX, "%s", text) >= 0)
        r->count++;
}

/* Anybody may ask. Where on our disk it is, the log's own log says. */
static void give_error(struct reasons *r, const struct err *err)
{
    struct err said = *err;
    char text[REASON_MAX];

    said.where[0] = '\0';
    mf_err_render(&said, text, sizeof text);
    give(r, text);
}

static uint64_t age_ms(uint64_t now, uint64_t then)
{
    return now > then ? (now - then) / 1000000 : 0;
}

static void find_reasons(struct log_health *h, const struct engine_status *s, uint64_t now,
                         struct reasons *out)
{
    struct pollfd signer = {.fd = mf_signer_pidfd(h->params.signer), .events = POLLIN};
    struct err opening = {0};
    struct err disk = {0};

    if (!mf_log_opening_is_done(h->params.opening, &opening))
        give_error(out, &opening);
    if (!has_reserve(h, &disk))
        give_error(out, &disk);
    if (poll(&signer, 1, 0) != 0)
        give(out, "the signer process has ended");
    if (s->failed)
        give(out, about_to_end);
    if (s->busy_since_ns != 0 && age_ms(now, s->busy_since_ns) > BUSY_MS)
        give(out, "a commit waits for its disk or its signer");
    if (s->behind_since_ns != 0 &&
        age_ms(now, s->behind_since_ns) > BEHIND_MS + 2 * h->params.public_cadence_ms)
        give(out, "the public tree does not follow");
}

static void put_verdict(struct json_writer *w, const struct reasons *reasons, const char *well,
                        const char *unwell)
{
    mf_json_member_put_cstr(w, "status", reasons->count == 0 ? well : unwell);
    mf_json_key(w, "reasons");
    mf_json_begin_array(w);
    for (size_t i = 0; i < reasons->count; i++)
        mf_json_put_cstr(w, reasons->text[i]);
    mf_json_end_array(w);
}

bool mf_log_health_ready(struct log_health *h, struct buf *out, bool *ready, struct err *err)
{
    struct reasons reasons = {.count = 0};
    struct engine_status s;
    struct err why = {0};

    mf_engine_status(mf_log_opening_engine(h->params.opening), &s);
    if (!mf_log_health_may_write(h, &why))
        give_error(&reasons, &why);
    if (s.failed)
        give(&reasons, about_to_end);
    struct json_writer w = mf_json_writer(out, err);
    mf_json_begin_object(&w);
    put_verdict(&w, &reasons, "READY", "NOT_READY");
    mf_json_end_object(&w);
    *ready = reasons.count == 0;
    return mf_json_written(&w);
}

bool mf_log_health_report(struct log_health *h, struct buf *out, bool *well, struct err *err)
{
    struct reasons reasons = {.count = 0};
    struct clock clock = mf_clock_system();
    uint64_t now = mf_clock_monotonic_ns(&clock);
    struct engine_status s;

    mf_engine_status(mf_log_opening_engine(h->params.opening), &s);
    find_reasons(h, &s, now, &reasons);
    struct json_writer w = mf_json_writer(out, err);
    mf_json_begin_object(&w);
    put_verdict(&w, &reasons, "SERVING", "NOT_SERVING");
    mf_json_member_put_int(&w, "size", (int64_t)s.size);
    mf_json_member_put_int(&w, "publicSize", (int64_t)s.public_size);
    mf_json_member_put_int(&w, "lastCommitAgeMs", (int64_t)age_ms(now, s.committed_ns));
    mf_json_member_put_int(&w, "lastPublicationAgeMs", (int64_t)age_ms(now, s.published_ns));
    mf_json_end_object(&w);
    *well = reasons.count == 0;
    return mf_json_written(&w);
}
