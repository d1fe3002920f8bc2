#include "transparency/engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "transparency/engine/engine_parts.h"

static bool init_key(struct engine *e, struct err *err)
{
    const struct log_dir *dir = e->params.dir;
    const struct public_key *key = mf_signer_key(e->params.signer);
    enum note_key_type type = dir->type == MF_LOG_CT ? MF_NOTE_KEY_RFC6962
                                                     : mf_note_key_type_of(mf_public_key_kind(key));

    if (!mf_span_eq(mf_public_key_spki(key), mf_buf_span(&dir->spki))) {
        mf_err_set(err, MF_ERR_FORMAT, "the key is not the one that this log began with");
        return mf_err_hint(err, "put the log's own key.pem back; a log never changes its key");
    }
    if (!mf_note_key_init(e->crypto, type, mf_span_str(dir->origin), mf_buf_span(&dir->spki),
                          &e->key, err))
        return false;
    if (memcmp(e->key.log_id, dir->log_id, sizeof dir->log_id) == 0)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "logId is not that of this origin and publicKey");
    mf_err_at(err, "identity.json");
    return mf_err_hint(err, "put the log's own identity.json back; a log never changes its name");
}

static bool open_tree(struct engine *e, struct err *err)
{
    char path[PATH_MAX];
    char staging[PATH_MAX];

    return mf_crypto_new(MF_CRYPTO_DEFAULT, &e->crypto, err) && init_key(e, err) &&
           mf_log_dir_path(e->params.dir, "public", path, sizeof path, err) &&
           mf_log_dir_path(e->params.dir, "state/staging", staging, sizeof staging, err) &&
           mf_public_tree_open(path, staging, &e->tree, err);
}

static bool open_state(struct engine *e, struct err *err)
{
    char path[PATH_MAX];
    size_t queue = e->params.queue_max > 0 ? e->params.queue_max : 4 * MF_BATCH_MAX;

    e->payload.max = (size_t)MF_JOURNAL_PAYLOAD_MAX;
    return mf_crypto_new(MF_CRYPTO_DEFAULT, &e->publish_crypto, err) &&
           mf_log_dir_path(e->params.dir, "state/head", path, sizeof path, err) &&
           mf_head_file_open(path, &e->head_file, err) &&
           mf_log_dir_path(e->params.dir, "state/dedup", path, sizeof path, err) &&
           mf_dedup_index_open(path, &e->dedup, err) && mf_queue_new(queue, &e->queue, err) &&
           mf_engine_recover(e, err);
}

static bool start_threads(struct engine *e, struct err *err)
{
    errno = pthread_create(&e->sequencer, NULL, mf_sequencer_run, e);
    e->sequencer_runs = errno == 0;
    if (e->sequencer_runs) {
        errno = pthread_create(&e->publisher, NULL, mf_publisher_run, e);
        e->publisher_runs = errno == 0;
    }
    return e->publisher_runs || mf_err_sys(err, "cannot start the engine's threads");
}

bool mf_engine_open(const struct engine_params *params, struct engine **out, struct err *err)
{
    MF_SCOPED(mf_engine_close) struct engine *e = mf_array_new(1, sizeof *e);
    pthread_condattr_t monotonic;

    if (e == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a log engine");
    e->params = *params;
    pthread_mutex_init(&e->lock, NULL);
    pthread_rwlock_init(&e->segments, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&e->advanced, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!open_tree(e, err) ||
        !(params->read_only ? mf_engine_recover_public(e, err) : open_state(e, err)))
        return mf_err_at(err, "%s", params->dir->path);
    e->committed_ns = e->published_ns = mf_clock_monotonic_ns(&e->params.clock);
    if (e->head.head.size != e->public_size)
        e->behind_since_ns = e->committed_ns;
    if (params->read_only) {
        *out = MF_MOVE(e);
        return true;
    }
    /* A fresh log's empty head is published as well: readers find a checkpoint from the start. */
    if (params->create && !mf_publish(e, err))
        return false;
    if (!start_threads(e, err))
        return false;
    *out = MF_MOVE(e);
    return true;
}

static void stop_threads(struct engine *e)
{
    struct err err = {0};

    if (e->queue != NULL)
        mf_queue_close(e->queue);
    if (e->sequencer_runs)
        pthread_join(e->sequencer, NULL);
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    pthread_cond_broadcast(&e->advanced);
    pthread_mutex_unlock(&e->lock);
    if (!e->publisher_runs)
        return;
    pthread_join(e->publisher, NULL);
    /* What is signed becomes public before a clean end; a failure costs nothing but that. */
    if (e->head.head.size != e->public_size && !atomic_load(&e->failed) && !mf_publish(e, &err) &&
        e->params.published != NULL)
        e->params.published(e->params.state, &err);
}

void mf_engine_close(struct engine **engine)
{
    struct engine *e = *engine;

    if (e == NULL)
        return;
    stop_threads(e);
    mf_queue_free(&e->queue);
    mf_journal_free(&e->journal);
    mf_head_file_free(&e->head_file);
    mf_dedup_index_free(&e->dedup);
    mf_public_tree_free(&e->tree);
    mf_tree_edge_done(&e->edge);
    mf_gap_index_done(&e->gap);
    mf_batch_nodes_done(&e->batch);
    mf_buf_done(&e->head.note);
    mf_buf_done(&e->payload);
    mf_note_key_done(&e->key);
    mf_crypto_free(&e->crypto);
    mf_crypto_free(&e->publish_crypto);
    pthread_cond_destroy(&e->advanced);
    pthread_rwlock_destroy(&e->segments);
    pthread_mutex_destroy(&e->lock);
    free(e);
    *engine = NULL;
}

bool mf_engine_push(struct engine *engine, struct append_job *job)
{
    return mf_queue_push(engine->queue, job);
}

uint64_t mf_engine_dropped(const struct engine *engine)
{
    return engine->dropped;
}

void mf_engine_head(struct engine *e, struct merkle_head *head, struct buf *note)
{
    struct err ignored = {0};

    pthread_mutex_lock(&e->lock);
    *head = e->head.head;
    if (note != NULL) {
        mf_buf_reset(note);
        (void)!mf_buf_append(note, mf_buf_span(&e->head.note), &ignored);
    }
    pthread_mutex_unlock(&e->lock);
}

void mf_engine_status(struct engine *e, struct engine_status *out)
{
    pthread_mutex_lock(&e->lock);
    *out = (struct engine_status){
        .size = e->head.head.size,
        .public_size = e->public_size,
        .committed_ns = e->committed_ns,
        .published_ns = e->published_ns,
        .busy_since_ns = atomic_load(&e->busy_since_ns),
        .behind_since_ns = e->behind_since_ns,
        .failed = atomic_load(&e->failed),
    };
    pthread_mutex_unlock(&e->lock);
}

bool mf_engine_add_file(struct engine *e, const char *path, struct span bytes, struct err *err)
{
    if (atomic_load(&e->failed))
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the log is about to end");
    if (mf_public_tree_add_file(e->tree, path, bytes, err))
        return true;
    if (err->code != MF_ERR_UNAVAILABLE)
        mf_engine_fail(e, err);
    return false;
}

const struct public_tree *mf_engine_public_tree(const struct engine *engine)
{
    return engine->tree;
}

void mf_engine_fail(struct engine *e, const struct err *err)
{
    pthread_mutex_lock(&e->lock);
    bool first = !atomic_load(&e->failed);
    if (first) {
        e->failure = *err;
        atomic_store(&e->failed, true);
    }
    pthread_mutex_unlock(&e->lock);
    if (first)
        e->params.fatal(e->params.state, err);
}
