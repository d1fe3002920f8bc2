#include "ca-stub/audit/audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "ca-stub/audit/audit_scan.h"
#include "common/base/file.h"
#include "common/codec/hex.h"

enum { BATCH_MAX = 4 * 1024 * 1024 }; /* bytes of lines in one write */

struct waiter { /* on the stack of the thread that waits */
    const struct audit_record *record;
    struct waiter *next;
    bool ok;
    struct err err;
    sem_t done;
};

struct audit_log {
    int fd;
    struct clock clock;
    struct crypto *crypto;    /* the writing thread's, once it runs */
    struct audit_chain chain; /* likewise */
    uint64_t bytes;           /* durable length of the file; likewise */
    struct buf lines;         /* likewise */
    atomic_bool failed;       /* for good */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct waiter *first, **last; /* under lock */
    bool closing;                 /* under lock */
    bool has_lock, has_thread;
    pthread_t thread;
};

/* Takes back what a failed write left behind, or gives up for good. */
static bool take_back(struct audit_log *log, bool disk_full, struct err *err)
{
    if (ftruncate(log->fd, (off_t)log->bytes) != 0 || !disk_full)
        atomic_store(&log->failed, true);
    mf_err_as(err, MF_ERR_UNAVAILABLE);
    return mf_err_at(err, "audit log");
}

/* Writes what is in log->lines and makes it durable. */
static bool commit(struct audit_log *log, struct err *err)
{
    if (!mf_pwrite_all(log->fd, mf_buf_span(&log->lines), log->bytes, err)) {
        int cause = errno;
        return take_back(log, cause == ENOSPC || cause == EDQUOT || cause == EFBIG, err);
    }
    if (fdatasync(log->fd) != 0) {
        atomic_store(&log->failed, true);
        mf_err_sys(err, "cannot make records durable");
        mf_err_as(err, MF_ERR_UNAVAILABLE);
        return mf_err_at(err, "audit log");
    }
    log->bytes += log->lines.n;
    return true;
}

/* Writes the lines of a chain of waiters as far as they fit; returns the first that did not. */
static struct waiter *write_lines(struct audit_log *log, struct waiter *first, struct instant now)
{
    struct waiter *w = first;

    mf_buf_reset(&log->lines);
    for (; w != NULL && (w == first || log->lines.n + MF_AUDIT_LINE_MAX <= BATCH_MAX);
         w = w->next) {
        struct audit_chain before = log->chain;
        size_t n = log->lines.n;
        w->ok = mf_audit_chain_write(&log->chain, log->crypto, now, w->record, &log->lines,
                                     &w->err);
        if (w->ok && log->lines.n - n > MF_AUDIT_LINE_MAX)
            w->ok = mf_err_set(&w->err, MF_ERR_LIMIT, "audit record is larger than %d bytes",
                               MF_AUDIT_LINE_MAX);
        if (w->ok)
            continue;
        log->chain = before;
        log->lines.n = n;
    }
    return w;
}

/* One batch: returns the waiters that did not fit. Those that did are told and must not be touched
 * again: their memory ends with their wait. */
static struct waiter *serve(struct audit_log *log, struct waiter *first)
{
    struct audit_chain before = log->chain;
    struct err err = {0};
    bool ok;
    struct waiter *end = write_lines(log, first, mf_clock_now(&log->clock));

    if (atomic_load(&log->failed))
        ok = mf_err_set(&err, MF_ERR_UNAVAILABLE, "audit log failed before and is closed");
    else
        ok = log->lines.n == 0 || commit(log, &err);
    if (!ok)
        log->chain = before;
    for (struct waiter *w = first, *next; w != end; w = next) {
        next = w->next;
        if (!ok && w->ok) {
            w->ok = false;
            w->err = err;
        }
        sem_post(&w->done);
    }
    return end;
}

static void *write_forever(void *arg)
{
    struct audit_log *log = arg;

    for (;;) {
        pthread_mutex_lock(&log->lock);
        while (log->first == NULL && !log->closing)
            pthread_cond_wait(&log->wake, &log->lock);
        struct waiter *batch = log->first;
        log->first = NULL;
        log->last = &log->first;
        pthread_mutex_unlock(&log->lock);
        if (batch == NULL)
            return NULL;
        while (batch != NULL)
            batch = serve(log, batch);
    }
}

/* Before the thread runs: adds one line to the batch that open_log commits. */
static bool add_line(struct audit_log *log, const char *event, const char *decision_id,
                     const char *members, struct err *err)
{
    struct audit_record record = {
        .event = event, .decision_id = mf_span_str(decision_id), .members = mf_span_str(members)};

    return mf_audit_chain_write(&log->chain, log->crypto, mf_clock_now(&log->clock), &record,
                                &log->lines, err);
}

static bool add_repair(struct audit_log *log, const struct audit_scan *scan, struct err *err)
{
    char hash[2 * MF_SHA256_LEN + 1], members[256];

    if (scan->tail_bytes == 0)
        return true;
    mf_hex_encode(MF_SPAN_OF(scan->tail_hash), hash);
    snprintf(members, sizeof members, "\"cut_bytes\":%" PRIu64 ",\"cut_sha256\":\"%s\"",
             scan->tail_bytes, hash); /* always fits */
    return add_line(log, "repair", "", members, err);
}

/* First line of a new file, or what a restart has to say; made durable before anything else. */
static bool write_start(struct audit_log *log, const struct audit_scan *scan, struct err *err)
{
    log->chain = scan->chain;
    log->bytes = scan->good_bytes;
    if (ftruncate(log->fd, (off_t)log->bytes) != 0)
        return mf_err_sys(err, "cannot cut the incomplete last line");
    if (scan->chain.next_seq == 0 && !add_line(log, "create", "", "\"format\":1", err))
        return false;
    if (!add_repair(log, scan, err) || !add_line(log, "start", "", "", err))
        return false;
    for (size_t i = 0; i < scan->open_count; i++)
        if (!add_line(log, MF_AUDIT_OUTCOME, scan->open[i].decision_id,
                      "\"outcome\":\"unknown\",\"reason\":\"PROCESS_ENDED\"", err))
            return false;
    return commit(log, err);
}

static bool open_file(const char *path, int *fd, bool *created, struct err *err)
{
    char dir[PATH_MAX];

    *created = false;
    *fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    if (*fd < 0 && errno == ENOENT) {
        *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        *created = *fd >= 0;
    }
    if (*fd < 0)
        return mf_err_sys(err, "cannot open");
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? mf_err_set(err, MF_ERR_EXISTS, "is in use by another process")
                                    : mf_err_sys(err, "cannot lock");
    if (!*created)
        return true;
    if (snprintf(dir, sizeof dir, "%s", path) >= (int)sizeof dir)
        return mf_err_set(err, MF_ERR_LIMIT, "path is too long");
    return mf_dir_sync(dirname(dir), err);
}

static bool start_thread(struct audit_log *log, struct err *err)
{
    if (pthread_mutex_init(&log->lock, NULL) != 0 || pthread_cond_init(&log->wake, NULL) != 0)
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot make a lock");
    log->has_lock = true;
    if (pthread_create(&log->thread, NULL, write_forever, log) != 0)
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot start the writing thread");
    log->has_thread = true;
    return true;
}

static bool open_log(struct audit_log *log, const char *path, struct audit_start *start,
                     struct err *err)
{
    MF_SCOPED(mf_audit_scan_done) struct audit_scan scan = {0};

    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &log->crypto, err) ||
        !open_file(path, &log->fd, &start->created, err) ||
        !mf_audit_scan(log->fd, log->crypto, &scan, err) || !write_start(log, &scan, err) ||
        !start_thread(log, err))
        return false;
    start->records = log->chain.next_seq;
    start->cut_bytes = scan.tail_bytes;
    start->closed_intents = scan.open_count;
    return true;
}

bool mf_audit_log_open(const char *path, struct clock clock, struct audit_log **out,
                       struct audit_start *start, struct err *err)
{
    struct audit_start found = {0};
    struct audit_log *log = mf_array_new(1, sizeof *log);

    if (log == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the audit log");
    log->fd = -1;
    log->clock = clock;
    log->last = &log->first;
    log->lines.max = BATCH_MAX + MF_AUDIT_LINE_MAX;
    if (!open_log(log, path, &found, err)) {
        mf_audit_log_free(&log);
        return mf_err_at(err, "audit log %s", path);
    }
    *out = log;
    *start = found;
    return true;
}

void mf_audit_log_free(struct audit_log **plog)
{
    struct audit_log *log = *plog;

    if (log == NULL)
        return;
    if (log->has_thread) {
        pthread_mutex_lock(&log->lock);
        log->closing = true;
        pthread_cond_signal(&log->wake);
        pthread_mutex_unlock(&log->lock);
        pthread_join(log->thread, NULL);
    }
    if (log->has_lock) {
        pthread_cond_destroy(&log->wake);
        pthread_mutex_destroy(&log->lock);
    }
    mf_crypto_free(&log->crypto);
    mf_buf_done(&log->lines);
    mf_fd_done(&log->fd);
    free(log);
    *plog = NULL;
}

bool mf_audit_log_append(struct audit_log *log, const struct audit_record *record, struct err *err)
{
    struct waiter w = {.record = record};

    if (atomic_load(&log->failed))
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "audit log failed before and is closed");
    if (sem_init(&w.done, 0, 0) != 0)
        return mf_err_sys(err, "audit log: cannot wait");
    pthread_mutex_lock(&log->lock);
    *log->last = &w;
    log->last = &w.next;
    pthread_cond_signal(&log->wake);
    pthread_mutex_unlock(&log->lock);
    while (sem_wait(&w.done) != 0)
        ;
    sem_destroy(&w.done);
    if (!w.ok)
        *err = w.err;
    return w.ok;
}

bool mf_audit_log_is_healthy(struct audit_log *log)
{
    return !atomic_load(&log->failed);
}
