/* Publisher: lets the public tree and the dedup index follow the signed head at their own pace. */
#include <errno.h>
#include <stdlib.h>

#include "transparency/engine/engine_parts.h"

enum { RETRY_MS = 1000 };

struct piece {
    struct tile_id tile;
    struct buf bytes;
};

struct snapshot { /* what must become public, copied under the lock */
    struct merkle_head head;
    struct buf note;
    struct piece *pieces;
    size_t count, cap;
};

static void snapshot_done(struct snapshot *s)
{
    for (size_t i = 0; i < s->count; i++)
        mf_buf_done(&s->pieces[i].bytes);
    free(s->pieces);
    mf_buf_done(&s->note);
}

static bool add_piece(struct engine *e, struct snapshot *s, const struct tile_id *tile,
                      struct err *err)
{
    bool found = false;

    if (s->count == s->cap) {
        size_t cap = s->cap == 0 ? 64 : s->cap * 2;
        struct piece *grown = realloc(s->pieces, cap * sizeof *grown);
        if (grown == NULL)
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for publication");
        s->pieces = grown;
        s->cap = cap;
    }
    struct piece *p = &s->pieces[s->count++];
    *p = (struct piece){.tile = *tile, .bytes = {.max = SIZE_MAX / 2}};
    if (!mf_tree_edge_tile(&e->edge, tile, &p->bytes, &found, err))
        return false;
    return found || mf_err_set(err, MF_ERR_INTERNAL, "an unpublished tile is not in memory");
}

/* Full tiles that were completed since, and the partial one that this size ends in. */
static bool add_range(struct engine *e, struct snapshot *s, enum tile_kind kind, unsigned level,
                      uint64_t from, uint64_t to, struct err *err)
{
    struct tile_id tile = {.kind = kind, .level = level, .width = MF_TILE_WIDTH};

    for (tile.index = from / MF_TILE_WIDTH; tile.index < to / MF_TILE_WIDTH; tile.index++)
        if (!add_piece(e, s, &tile, err))
            return false;
    tile.width = (unsigned)(to % MF_TILE_WIDTH);
    return tile.width == 0 || (from == to && from != 0) || add_piece(e, s, &tile, err);
}

static bool take_snapshot(struct engine *e, struct snapshot *s, struct err *err)
{
    uint64_t from = e->public_size;

    s->head = e->head.head;
    s->note.max = MF_ENGINE_NOTE_MAX;
    if (!mf_buf_append(&s->note, mf_buf_span(&e->head.note), err))
        return false;
    /* The edge may be ahead of the signed head by the commit that is being signed: stop at the
     * head. */
    for (unsigned level = 0; level < MF_EDGE_LEVELS; level++)
        if (!add_range(e, s, MF_TILE_HASHES, level, from >> (8 * level),
                       s->head.size >> (8 * level), err))
            return false;
    return add_range(e, s, e->params.format.records, 0, from, s->head.size, err);
}

static bool write_dedup(struct engine *e, uint64_t size, struct err *err)
{
    struct dedup_entry *entries = NULL;
    size_t count = 0;

    pthread_mutex_lock(&e->lock);
    bool ok = mf_gap_index_copy_below(&e->gap, size, &entries, &count, err);
    pthread_mutex_unlock(&e->lock);
    ok = ok && mf_dedup_index_add(e->dedup, entries, count, size, err);
    free(entries);
    return ok;
}

/* Now nothing but the public tree is needed to serve what is below. */
static bool let_go(struct engine *e, uint64_t size, struct err *err)
{
    pthread_mutex_lock(&e->lock);
    e->public_size = size;
    mf_tree_edge_trim(&e->edge, size);
    bool ok = mf_gap_index_keep_from(&e->gap, size, err);
    pthread_mutex_unlock(&e->lock);
    atomic_store(&e->release_size, size);
    return ok;
}

bool mf_publish(struct engine *e, struct err *err)
{
    MF_SCOPED(snapshot_done) struct snapshot s = {.count = 0};

    pthread_mutex_lock(&e->commit_lock);
    pthread_mutex_lock(&e->lock);
    bool ok = take_snapshot(e, &s, err);
    pthread_mutex_unlock(&e->lock);
    pthread_mutex_unlock(&e->commit_lock);
    pthread_mutex_lock(&e->tree_lock);
    for (size_t i = 0; ok && i < s.count; i++)
        ok = mf_public_tree_put(e->tree, &s.pieces[i].tile, mf_buf_span(&s.pieces[i].bytes), err);
    ok = ok && mf_public_tree_commit(e->tree, mf_buf_span(&s.note), err);
    pthread_mutex_unlock(&e->tree_lock);
    return ok && write_dedup(e, s.head.size, err) && let_go(e, s.head.size, err);
}

static struct timespec in_ms(uint64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* A pause that ends early when the engine stops. */
static void pace(struct engine *e, uint64_t ms)
{
    const struct timespec until = in_ms(ms);

    while (!e->stopping && pthread_cond_timedwait(&e->advanced, &e->lock, &until) != ETIMEDOUT)
        continue;
}

void *mf_publisher_run(void *engine)
{
    struct engine *e = engine;

    pthread_mutex_lock(&e->lock);
    for (;;) {
        struct err err = {0};
        while (!e->stopping && e->head.head.size == e->public_size)
            pthread_cond_wait(&e->advanced, &e->lock);
        if (e->stopping)
            break;
        pthread_mutex_unlock(&e->lock);
        bool ok = mf_publish(e, &err);
        /* A full disk is waited out; an I/O error on the tree is as bad as one on the journal. */
        if (!ok && err.code != MF_ERR_UNAVAILABLE)
            e->params.fatal(e->params.state, &err);
        pthread_mutex_lock(&e->lock);
        pace(e, ok ? e->params.public_cadence_ms : RETRY_MS);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}
