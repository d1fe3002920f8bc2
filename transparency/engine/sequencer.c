/* Sequencer: the one thread that gives out indexes. Commits whatever waits the moment it is free:
 * no timer at low load, large batches at high load. */
#include "transparency/engine/engine_parts.h"

enum { PAYLOAD_LIMIT = 24 * 1024 * 1024 }; /* bytes of one commit */

struct batch {
    struct append_job *jobs[MF_BATCH_MAX];
    size_t count;
    size_t fresh;    /* jobs that are no duplicates */
    uint64_t before; /* size before the commit */
    uint64_t time_ms;
};

/* The live part of the pipeline may not say that an entry is new while it is in the log. */
static bool find_duplicate(struct engine *e, struct append_job *job, struct err *err)
{
    uint64_t index = 0;
    bool found = false;

    pthread_mutex_lock(&e->lock);
    found = mf_gap_index_find(&e->gap, job->key, &index);
    pthread_mutex_unlock(&e->lock);
    if (!found && !mf_dedup_index_get(e->dedup, job->key, &index, &found, err))
        return false;
    job->duplicate = found;
    job->index = index;
    return true;
}

/* Journal payload: u32 length and record. */
static bool seal_job(struct engine *e, struct batch *b, struct append_job *job,
                     struct compact_range *range, struct err *err)
{
    uint8_t leaf[32];

    job->index = b->before + b->fresh;
    job->time_ms = b->time_ms;
    mf_buf_reset(&e->record);
    if (!e->params.format.seal(e->params.format.state, e->crypto, job, job->index, b->time_ms,
                               &e->record, leaf, err) ||
        !mf_buf_append_be(&e->payload, e->record.n, 4, err) ||
        !mf_buf_append(&e->payload, mf_buf_span(&e->record), err))
        return false;
    mf_compact_range_append(e->crypto, range, leaf, NULL);
    pthread_mutex_lock(&e->lock);
    bool ok = mf_gap_index_add(&e->gap, job->key, job->index, err);
    pthread_mutex_unlock(&e->lock);
    b->fresh++;
    return ok;
}

static bool prepare_batch(struct engine *e, struct batch *b, struct compact_range *range,
                          struct err *err)
{
    mf_buf_reset(&e->payload);
    for (size_t i = 0; i < b->count; i++) {
        if (!find_duplicate(e, b->jobs[i], err))
            return false;
        if (!b->jobs[i]->duplicate && !seal_job(e, b, b->jobs[i], range, err))
            return false;
    }
    return true;
}

static bool write_journal(struct engine *e, const struct batch *b,
                          const struct compact_range *range, struct merkle_head *head,
                          struct err *err)
{
    struct journal_record record = {
        .first_index = b->before,
        .count = (uint32_t)b->fresh,
        .checkpoint = mf_buf_span(&e->head.note),
        .payload = mf_buf_span(&e->payload),
    };

    head->size = range->size;
    mf_compact_range_root(e->crypto, range, head->root);
    memcpy(record.root, head->root, sizeof record.root);
    return mf_journal_append(e->crypto, e->journal, &record, err);
}

/* What is durable becomes part of the tree. */
static bool apply(struct engine *e, struct err *err)
{
    struct span payload = mf_buf_span(&e->payload);
    const struct leaf_format *format = &e->params.format;
    const struct node_sink sink = mf_batch_nodes_sink(&e->batch);
    bool ok = true;

    mf_batch_nodes_begin(&e->batch, &e->edge.range);
    pthread_mutex_lock(&e->lock);
    while (ok && payload.n > 0) {
        struct span record;
        uint8_t leaf[32];
        uint8_t key[32];
        ok = mf_journal_entry(&payload, &record, err) &&
             format->reopen(format->state, e->crypto, record, leaf, key, err) &&
             mf_tree_edge_append(e->crypto, &e->edge, leaf, record, &sink, err);
    }
    pthread_mutex_unlock(&e->lock);
    return ok && (!e->batch.failed ||
                  mf_err_set(err, MF_ERR_SYSTEM, "no memory for the nodes of a commit"));
}

static bool sign(struct engine *e, const struct merkle_head *head, uint64_t time_ms,
                 struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_ENGINE_NOTE_MAX};

    if (!mf_head_note_sign(e, head, time_ms, &note, err))
        return false;
    pthread_mutex_lock(&e->lock);
    struct buf old = e->head.note;
    e->head = (struct signed_head){.head = *head, .note = note, .time_ms = time_ms};
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

/* Before the journal: nothing has happened, and everything is undone. */
static void refuse(struct engine *e, struct batch *b, const struct err *err)
{
    struct err ignored = {0};

    pthread_mutex_lock(&e->lock);
    (void)!mf_gap_index_keep_below(&e->gap, b->before, &ignored);
    pthread_mutex_unlock(&e->lock);
    e->params.answered(e->params.state, b->jobs, b->count, NULL, err);
}

/* True while the engine may go on. */
static bool commit_batch(struct engine *e, struct batch *b)
{
    struct compact_range range = e->edge.range;
    struct merkle_head head = e->head.head;
    struct err err = {0};

    b->before = range.size;
    b->time_ms = next_time(e);
    if (!prepare_batch(e, b, &range, &err)) {
        refuse(e, b, &err);
        return true;
    }
    if (b->fresh > 0 && !write_journal(e, b, &range, &head, &err)) {
        refuse(e, b, &err);
        if (err.code == MF_ERR_UNAVAILABLE || err.code == MF_ERR_LIMIT)
            return true;
        e->params.fatal(e->params.state, &err);
        return false;
    }
    pthread_mutex_lock(&e->commit_lock);
    bool ok = b->fresh == 0 || (apply(e, &err) && sign(e, &head, b->time_ms, &err));
    pthread_mutex_unlock(&e->commit_lock);
    if (!ok) {
        e->params.answered(e->params.state, b->jobs, b->count, NULL, &err);
        e->params.fatal(e->params.state, &err);
        return false;
    }
    const struct node_source nodes = mf_batch_nodes_source(&e->batch);
    const struct commit commit = {
        .crypto = e->crypto,
        .head = e->head.head,
        .note = mf_buf_span(&e->head.note),
        .nodes = &nodes,
    };
    e->params.answered(e->params.state, b->jobs, b->count, &commit, NULL);
    return true;
}

void *mf_sequencer_run(void *engine)
{
    struct engine *e = engine;
    struct batch b;
    void *items[MF_BATCH_MAX];
    bool going = true;

    while (going) {
        b = (struct batch){.count = mf_queue_pop(e->queue, items, MF_BATCH_MAX)};
        if (b.count == 0)
            break; /* closed, and all done */
        for (size_t i = 0; i < b.count; i++)
            b.jobs[i] = items[i];
        going = commit_batch(e, &b);
        mf_journal_release(e->journal, atomic_load(&e->release_size));
    }
    return NULL;
}
