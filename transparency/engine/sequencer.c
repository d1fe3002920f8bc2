/* Sequencer: the one thread that gives out indexes. Commits whatever waits the moment it is free:
 * no timer at low load, large batches at high load. */
#include "transparency/engine/engine_parts.h"

struct batch {
    struct append_job **jobs;
    size_t count;
    size_t fresh;    /* jobs that are no duplicates */
    uint64_t before; /* size before the commit */
    uint64_t time_ms;
};

/* The dedup index was asked before the job came here; what it did not cover then is in the gap,
 * unless it has moved on meanwhile: then it is asked again. */
static bool find_duplicate(struct engine *e, struct append_job *job, struct err *err)
{
    if (job->duplicate)
        return true;
    job->duplicate = mf_gap_index_find(&e->gap, job->key, &job->index);
    return job->duplicate || job->looked_up >= e->gap_floor ||
           mf_dedup_index_get(e->dedup, job->key, &job->index, &job->duplicate, err);
}

/* Gives each new entry its index. */
static bool number_jobs(struct engine *e, struct batch *b, struct err *err)
{
    bool ok = true;

    pthread_mutex_lock(&e->lock);
    for (size_t i = 0; ok && i < b->count; i++) {
        struct append_job *job = b->jobs[i];
        ok = find_duplicate(e, job, err);
        if (!ok || job->duplicate)
            continue;
        job->index = b->before + b->fresh++;
        job->time_ms = b->time_ms;
        ok = mf_gap_index_add(&e->gap, job->key, job->index, err);
    }
    pthread_mutex_unlock(&e->lock);
    return ok;
}

/* Journal payload: u32 length and record of each. */
static bool seal_jobs(struct engine *e, const struct batch *b, struct compact_range *range,
                      struct err *err)
{
    const struct leaf_format *format = &e->params.format;

    mf_buf_reset(&e->payload);
    for (size_t i = 0, n = 0; i < b->count; i++) {
        struct append_job *job = b->jobs[i];
        size_t start = e->payload.n;
        if (job->duplicate)
            continue;
        if (!mf_buf_append_be(&e->payload, 0, 4, err) ||
            !format->seal(format->state, e->crypto, job, job->index, b->time_ms, &e->payload,
                          e->leaves[n], err))
            return false;
        e->lengths[n] = (uint32_t)(e->payload.n - start - 4);
        mf_put_be32(e->payload.p + start, e->lengths[n]);
        mf_compact_range_append(e->crypto, range, e->leaves[n], NULL);
        n++;
    }
    return true;
}

static bool write_journal(struct engine *e, const struct batch *b,
                          const struct compact_range *range, struct merkle_head *head,
                          struct journal_place *place, struct err *err)
{
    struct journal_record record = {
        .first_index = b->before,
        .count = (uint32_t)b->fresh,
        .time_ms = b->time_ms,
        .checkpoint = mf_buf_span(&e->head.note),
        .payload = mf_buf_span(&e->payload),
    };

    head->size = range->size;
    mf_compact_range_root(e->crypto, range, head->root);
    memcpy(record.root, head->root, sizeof record.root);
    return mf_journal_append(e->crypto, e->journal, &record, place, err);
}

/* What is durable becomes part of the tree. */
static bool apply(struct engine *e, const struct batch *b, const struct journal_place *place,
                  struct err *err)
{
    const struct node_sink sink = mf_batch_nodes_sink(&e->batch);
    struct edge_place at = {.at = *place};
    bool ok = true;

    mf_batch_nodes_begin(&e->batch, &e->edge.range);
    pthread_mutex_lock(&e->lock);
    for (size_t i = 0; ok && i < b->fresh; i++) {
        at.n = e->lengths[i];
        at.at.offset += 4;
        ok = mf_tree_edge_append(e->crypto, &e->edge, e->leaves[i], &at, &sink, err);
        at.at.offset += at.n;
    }
    pthread_mutex_unlock(&e->lock);
    return ok && (!e->batch.failed ||
                  mf_err_set(err, MF_ERR_SYSTEM, "no memory for the nodes of a commit"));
}

static bool sign(struct engine *e, const struct merkle_head *head, uint64_t time_ms,
                 struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_ENGINE_NOTE_MAX};

    if (!mf_head_note_sign(e, head, time_ms, &note, err) ||
        !mf_head_file_write(e->head_file, e->crypto, mf_buf_span(&note), err))
        return false;
    pthread_mutex_lock(&e->lock);
    struct buf old = e->head.note;
    e->head = (struct signed_head){.head = *head, .note = note, .time_ms = time_ms};
    e->committed_ns = mf_clock_monotonic_ns(&e->params.clock);
    if (e->behind_since_ns == 0)
        e->behind_since_ns = e->committed_ns;
    pthread_cond_broadcast(&e->advanced);
    pthread_mutex_unlock(&e->lock);
    note = old; /* freed on return */
    return true;
}

static uint64_t next_time(struct engine *e)
{
    uint64_t now = mf_instant_ms(mf_clock_now(&e->params.clock));

    e->last_ms = now > e->last_ms ? now : e->last_ms; /* also when the clock went back */
    return e->last_ms;
}

static void refuse(struct engine *e, const struct batch *b, const struct err *err)
{
    e->params.answered(e->params.state, b->jobs, b->count, NULL, err);
}

/* The engine ends, and with it the process: whoever asks the next one is answered. */
static void refuse_at_end(struct engine *e, const struct batch *b, const struct err *err)
{
    struct err said = *err;

    mf_err_as(&said, MF_ERR_UNAVAILABLE);
    refuse(e, b, &said);
}

/* Before the journal: nothing has happened, and everything is undone. */
static void undo(struct engine *e, const struct batch *b, const struct err *err)
{
    struct err unable = {0};

    pthread_mutex_lock(&e->lock);
    bool ok = b->fresh == 0 || mf_gap_index_keep_below(&e->gap, b->before, &unable);
    pthread_mutex_unlock(&e->lock);
    refuse(e, b, err);
    if (!ok) /* the gap names entries that are not there */
        mf_engine_fail(e, &unable);
}

static void answer(struct engine *e, const struct batch *b)
{
    const struct node_source nodes = mf_batch_nodes_source(&e->batch);
    const struct commit commit = {
        .crypto = e->crypto,
        .head = e->head.head,
        .note = mf_buf_span(&e->head.note),
        .nodes = &nodes,
    };

    e->params.answered(e->params.state, b->jobs, b->count, &commit, NULL);
}

static void commit_batch(struct engine *e, struct batch *b)
{
    struct compact_range range = e->edge.range;
    struct merkle_head head = e->head.head;
    struct journal_place place = {0};
    struct err err = {0};

    b->before = range.size;
    b->time_ms = next_time(e);
    if (!number_jobs(e, b, &err) || !seal_jobs(e, b, &range, &err)) {
        undo(e, b, &err);
        return;
    }
    if (b->fresh == 0) {
        answer(e, b);
        return;
    }
    if (!write_journal(e, b, &range, &head, &place, &err)) {
        struct err said = err;
        mf_err_as(&said, MF_ERR_UNAVAILABLE);
        undo(e, b, &said);
        if (err.code != MF_ERR_UNAVAILABLE)
            mf_engine_fail(e, &err);
        return;
    }
    if (!apply(e, b, &place, &err) || !sign(e, &head, b->time_ms, &err)) {
        refuse_at_end(e, b, &err);
        mf_engine_fail(e, &err);
        return;
    }
    answer(e, b);
}

/* As many of the jobs as surely fit into one record of the journal: one at least. */
static size_t fitting(struct append_job *const *jobs, size_t count)
{
    size_t bytes = 0;
    size_t n = 0;

    for (; n < count; n++) {
        bytes += 4 + jobs[n]->record_max;
        if (n > 0 && bytes > MF_JOURNAL_PAYLOAD_MAX)
            break;
    }
    return n;
}

/* Segments go when no reader is in one: if not now, then after a later commit. */
static void release_segments(struct engine *e)
{
    if (pthread_rwlock_trywrlock(&e->segments) != 0)
        return;
    mf_journal_release(e->journal, atomic_load(&e->release_size));
    pthread_rwlock_unlock(&e->segments);
}

void *mf_sequencer_run(void *engine)
{
    struct engine *e = engine;
    void *items[MF_BATCH_MAX];
    struct append_job *jobs[MF_BATCH_MAX];
    size_t count = 0;

    while ((count = mf_queue_pop(e->queue, items, MF_BATCH_MAX)) > 0) {
        for (size_t i = 0; i < count; i++)
            jobs[i] = items[i];
        for (size_t at = 0; at < count;) {
            struct batch b = {.jobs = jobs + at, .count = fitting(jobs + at, count - at)};
            at += b.count;
            atomic_store(&e->busy_since_ns, mf_clock_monotonic_ns(&e->params.clock));
            if (atomic_load(&e->failed))
                refuse_at_end(e, &b, &e->failure);
            else
                commit_batch(e, &b);
            atomic_store(&e->busy_since_ns, 0);
        }
        release_segments(e);
    }
    return NULL;
}
