#include "transparency/witness/cosigning.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/run/log.h"
#include "transparency/note/cosignature.h"
#include "transparency/note/note_write.h"

enum { REFUSED_MS = 1000, FAILED_MS = 1000 }; /* between lines of a kind, for each log */

static bool recall_all(struct crypto *c, const struct witness_config *config, struct witness *w,
                       struct err *err)
{
    w->logs = mf_array_new(config->log_count, sizeof *w->logs);
    if (w->logs == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the logs");
    for (size_t i = 0; i < config->log_count; i++) {
        struct witness_log *log = &w->logs[i];
        struct tree_head head = {0};
        *log = (struct witness_log){.whom = &config->logs[i],
                                    .refusals = {.interval_ms = REFUSED_MS},
                                    .failures = {.interval_ms = FAILED_MS},
                                    .end = &log->first};
        pthread_mutex_init(&log->lock, NULL);
        w->log_count++;
        struct span origin = mf_span_str(log->whom->origin);
        if (!mf_witness_recall(c, &w->dir, origin, &log->memory, err))
            return mf_err_at(err, "%s", log->whom->origin);
        head.size = log->memory.last.size;
        memcpy(head.root, log->memory.last.root, sizeof head.root);
        if (!mf_signer_recall_origin(w->signer, origin, &head, err))
            return mf_err_at(err, "%s", log->whom->origin);
    }
    return true;
}

/* The key file may be another's. */
static bool check_key(const struct witness *w, struct err *err)
{
    if (mf_span_eq(mf_public_key_spki(mf_signer_key(w->signer)),
                   mf_public_key_spki(w->dir.key.key)))
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "key.pem is not the key of identity.json");
    return mf_err_at(err, "%s", w->dir.path);
}

bool mf_witness_open(struct crypto *c, const struct witness_config *config, struct clock clock,
                     struct witness *out, struct err *err)
{
    struct signer_params params = {.use = MF_SIGNER_WITNESS};
    char key[PATH_MAX];

    *out = (struct witness){.dir = {.lock_fd = -1}, .clock = clock};
    if (!mf_witness_dir_open(c, config->directory, config->anchor, &out->dir, err) ||
        !mf_path_join(out->dir.path, "key.pem", key, sizeof key, err))
        return false;
    params.key_path = key;
    return mf_signer_start(&params, &out->signer, err) && check_key(out, err) &&
           recall_all(c, config, out, err);
}

void mf_witness_close(struct witness *w)
{
    for (size_t i = 0; i < w->log_count; i++) {
        mf_witness_memory_done(&w->logs[i].memory);
        pthread_mutex_destroy(&w->logs[i].lock);
    }
    free(w->logs);
    w->logs = NULL;
    w->log_count = 0;
    mf_signer_free(&w->signer);
    mf_witness_dir_done(&w->dir);
}

static struct witness_log *find_log(struct witness *w, struct span origin)
{
    for (size_t i = 0; i < w->log_count; i++)
        if (mf_span_is(origin, w->logs[i].whom->origin))
            return &w->logs[i];
    return NULL;
}

bool mf_witness_receive(struct witness *w, struct crypto *c, struct witness_task *task,
                        struct witness_log **out, struct err *err)
{
    if (!mf_add_checkpoint_parse(mf_buf_span(&task->body), &task->request, err))
        return false;
    struct witness_log *log = find_log(w, task->request.origin);
    if (log == NULL)
        return mf_err_set(err, MF_ERR_NOT_FOUND, "this witness does not know the log %.*s",
                          MF_SPAN_ARG(task->request.origin));
    if (!mf_add_checkpoint_authenticate(c, log->whom, &task->request, &task->checkpoint, err))
        return false;
    *out = log;
    return true;
}

static bool same_root(const struct merkle_head *last, const struct checkpoint *checkpoint)
{
    return memcmp(last->root, checkpoint->root, sizeof last->root) == 0;
}

static bool halted(const struct witness_log *log, struct err *err)
{
    mf_err_set(err, MF_ERR_UNAVAILABLE,
               "this witness cosigns %s no more: it once cosigned what it does not remember",
               log->whom->origin);
    return mf_err_hint(err,
                       "its directory was put back to an older state, or its key is used twice");
}

/* A cosignature of ours on a checkpoint that comes after all we remember: what we remember is not
 * all we promised, so nothing can be promised any more. Kept on the disk, so that who shows the
 * same checkpoint again without that line gets no other answer. */
static bool check_memory(struct witness *w, struct crypto *c, struct witness_log *log,
                         const struct witness_task *task, struct err *err)
{
    const struct merkle_head *last = &log->memory.last;
    struct err ignored = {0};
    bool is_ours = false;

    if (!mf_cosignature_verify(c, &w->dir.key, &task->request.note, &is_ours, &ignored) ||
        !is_ours || task->checkpoint.size < last->size ||
        (task->checkpoint.size == last->size && same_root(last, &task->checkpoint)))
        return true;
    const struct witness_record record = {
        .origin = task->checkpoint.origin, .halted = true, .note = mf_buf_span(&log->memory.note)};
    pthread_mutex_lock(&log->lock);
    log->memory.halted = true;
    pthread_mutex_unlock(&log->lock);
    mf_log(MF_LOG_ERROR, "cosigned what is not remembered",
           MF_LOG_TEXT("origin", log->whom->origin), MF_LOG_NUMBER("remembered", last->size),
           MF_LOG_NUMBER("cosigned", task->checkpoint.size));
    struct err failed = {0};
    if (!mf_witness_remember(&w->dir, log->memory.hex, &record, &failed))
        mf_log_err(MF_LOG_ERROR, "cannot remember that", &failed);
    return halted(log, err);
}

/* Two checkpoints of one size that the log signed, with different roots, prove what it did. The
 * first two of each log are kept. */
static void keep_fork(struct witness *w, struct witness_log *log, const struct witness_task *task)
{
    MF_SCOPED(mf_buf_done) struct buf other = {.max = MF_NOTE_MAX};
    const struct merkle_head *last = &log->memory.last;
    struct err err = {0};

    if (log->has_fork || log->memory.note.n == 0 || task->checkpoint.size != last->size ||
        same_root(last, &task->checkpoint))
        return;
    log->has_fork = true;
    if (mf_add_checkpoint_signed(log->whom, &task->request, &other, &err) &&
        mf_witness_keep_fork(&w->dir, log->memory.hex, mf_buf_span(&log->memory.note),
                             mf_buf_span(&other), &err))
        mf_log(MF_LOG_ERROR, "a log has signed two trees of one size",
               MF_LOG_TEXT("origin", log->whom->origin), MF_LOG_NUMBER("size", last->size),
               MF_LOG_TEXT("state", log->memory.hex));
    else if (err.code != MF_ERR_EXISTS)
        mf_log_err(MF_LOG_ERROR, "cannot keep the proof of a fork", &err);
}

/* The signature as it stands in notes: time, then the signer's 64 bytes. */
static bool sign(struct witness *w, const struct witness_task *task, struct buf *out,
                 struct err *err)
{
    const struct checkpoint *checkpoint = &task->checkpoint;
    struct witnessed_head head = {.origin = checkpoint->origin,
                                  .head.size = checkpoint->size,
                                  .extensions = checkpoint->extensions};
    int64_t now = mf_clock_now(&w->clock).s;

    if (now <= 0)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the witness's clock is not set");
    memcpy(head.head.root, checkpoint->root, sizeof head.head.root);
    return mf_buf_append_be(out, (uint64_t)now, 8, err) &&
           mf_signer_cosign(w->signer, &head, (uint64_t)now, out, err);
}

/* A signature that does not verify would be remembered, and believed at the next start. */
static bool check_note(struct witness *w, struct crypto *c, struct span text, struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    bool is_ours = false;

    if (!mf_note_parse(text, &note, err) ||
        !mf_cosignature_verify(c, &w->dir.key, &note, &is_ours, err)) {
        mf_err_as(err, MF_ERR_INTERNAL);
        return mf_err_at(err, "own cosignature");
    }
    return is_ours || mf_err_set(err, MF_ERR_INTERNAL, "own cosignature is missing");
}

static void replace_memory(struct witness_log *log, const struct checkpoint *checkpoint,
                           struct buf *note)
{
    pthread_mutex_lock(&log->lock);
    struct buf old = log->memory.note;
    log->memory.note = *note;
    log->memory.last.size = checkpoint->size;
    memcpy(log->memory.last.root, checkpoint->root, sizeof log->memory.last.root);
    pthread_mutex_unlock(&log->lock);
    mf_buf_done(&old);
    *note = (struct buf){0}; /* moved */
}

/* What the signer refuses after our own judgement, or cannot do, is no fault of the request. */
static bool own_fault(struct err *err)
{
    if (err->code != MF_ERR_UNAVAILABLE)
        mf_err_as(err, MF_ERR_INTERNAL);
    return mf_err_at(err, "cosigning");
}

static bool issue(struct witness *w, struct crypto *c, struct witness_log *log,
                  const struct witness_task *task, struct buf *line, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_COSIGNATURE_LEN};
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_NOTE_MAX};
    const struct note_key *key = &w->dir.key;

    if (!sign(w, task, &signature, err) ||
        !mf_note_write_line(line, mf_note_key_name(key), key->id, mf_buf_span(&signature), err) ||
        !mf_add_checkpoint_signed(log->whom, &task->request, &note, err) ||
        !mf_buf_append(&note, mf_buf_span(line), err) || !check_note(w, c, mf_buf_span(&note), err))
        return own_fault(err);
    const struct witness_record record = {.origin = task->checkpoint.origin,
                                          .note = mf_buf_span(&note)};
    if (!mf_witness_remember(&w->dir, log->memory.hex, &record, err)) {
        mf_err_as(err, MF_ERR_UNAVAILABLE); /* a full disk passes */
        return own_fault(err);
    }
    replace_memory(log, &task->checkpoint, &note);
    return true;
}

bool mf_witness_cosign(struct witness *w, struct crypto *c, struct witness_log *log,
                       const struct witness_task *task, struct buf *line, struct err *err)
{
    if (log->memory.halted)
        return halted(log, err);
    if (!check_memory(w, c, log, task, err))
        return false;
    if (!mf_add_checkpoint_judge(c, &log->memory.last, &task->request, &task->checkpoint, err)) {
        keep_fork(w, log, task);
        return false;
    }
    return issue(w, c, log, task, line, err);
}

bool mf_witness_last(struct witness *w, struct span hex, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < w->log_count; i++) {
        struct witness_log *log = &w->logs[i];
        if (!mf_span_is(hex, log->memory.hex)) /* set once, at the start */
            continue;
        pthread_mutex_lock(&log->lock);
        bool any = log->memory.note.n > 0;
        bool ok = any && mf_buf_append(out, mf_buf_span(&log->memory.note), err);
        pthread_mutex_unlock(&log->lock);
        return any ? ok
                   : mf_err_set(err, MF_ERR_NOT_FOUND, "nothing of the log %s was cosigned yet",
                                log->whom->origin);
    }
    return mf_err_set(err, MF_ERR_NOT_FOUND, "no log has this hash of its origin");
}
