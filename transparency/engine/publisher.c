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
    uint64_t from; /* the public size so far */
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
    *p = (struct piece){.tile = *tile, .bytes = {.max = MF_TILE_BYTES}};
    if (!mf_tree_edge_tile(&e->edge, tile, &p->bytes, &found, err))
        return false;
    return found || mf_err_set(err, MF_ERR_INTERNAL, "an unpublished tile is not in memory");
}

/* Width of the tile that the next public head needs; 0 when it has it already or there is none. */
static unsigned needed_width(uint64_t from, uint64_t to, uint64_t index)
{
    if (index < to / MF_TILE_WIDTH)
        return MF_TILE_WIDTH;
    return from == to && from != 0 ? 0 : (unsigned)(to % MF_TILE_WIDTH);
}

/* Full tiles that were completed since, and the partial one that this size ends in. */
static bool add_level(struct engine *e, struct snapshot *s, unsigned level, struct err *err)
{
    uint64_t from = s->from >> (8 * level);
    uint64_t to = s->head.size >> (8 * level);
    struct tile_id tile = {.kind = MF_TILE_HASHES, .level = level};

    for (tile.index = from / MF_TILE_WIDTH; tile.index <= to / MF_TILE_WIDTH; tile.index++) {
        tile.width = needed_width(from, to, tile.index);
        if (tile.width > 0 && !add_piece(e, s, &tile, err))
            return false;
    }
    return true;
}

/* The edge may be ahead of the signed head by the commit that is being signed: stop at the head. */
static bool take_snapshot(struct engine *e, struct snapshot *s, struct err *err)
{
    s->from = e->public_size;
    s->head = e->head.head;
    s->note.max = MF_ENGINE_NOTE_MAX;
    if (!mf_buf_append(&s->note, mf_buf_span(&e->head.note), err))
        return false;
    for (unsigned level = 0; level < MF_EDGE_LEVELS; level++)
        if (!add_level(e, s, level, err))
            return false;
    return true;
}

/* Bundles come out of the journal one by one: they are the bulk of it. */
static bool put_bundles(struct engine *e, const struct snapshot *s, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf bundle = {0};
    struct tile_id tile = {.kind = e->params.format.records};
    uint64_t last = s->head.size / MF_TILE_WIDTH;

    for (tile.index = s->from / MF_TILE_WIDTH; tile.index <= last; tile.index++) {
        tile.width = needed_width(s->from, s->head.size, tile.index);
        mf_buf_reset(&bundle);
        if (tile.width > 0 && (!mf_engine_tile(e, &tile, &bundle, err) ||
                               !mf_public_tree_put(e->tree, &tile, mf_buf_span(&bundle), err)))
            return false;
    }
    return true;
}

/* Clients that hold an older checkpoint fall back to the full tile (C2SP tlog-tiles). */
static void drop_partials(struct engine *e, const struct snapshot *s)
{
    struct tile_id tile = {.kind = MF_TILE_HASHES};

    for (tile.level = 0; tile.level < MF_EDGE_LEVELS; tile.level++) {
        uint64_t from = s->from >> (8 * tile.level);
        tile.index = from / MF_TILE_WIDTH;
        if (from % MF_TILE_WIDTH != 0 &&
            tile.index < (s->head.size >> (8 * tile.level)) / MF_TILE_WIDTH)
            mf_public_tree_drop_partials(e->tree, &tile);
    }
    tile = (struct tile_id){.kind = e->params.format.records, .index = s->from / MF_TILE_WIDTH};
    if (s->from % MF_TILE_WIDTH != 0 && tile.index < s->head.size / MF_TILE_WIDTH)
        mf_public_tree_drop_partials(e->tree, &tile);
}

static bool write_tree(struct engine *e, const struct snapshot *s, struct err *err)
{
    mf_public_tree_begin(e->tree);
    for (size_t i = 0; i < s->count; i++)
        if (!mf_public_tree_put(e->tree, &s->pieces[i].tile, mf_buf_span(&s->pieces[i].bytes), err))
            return false;
    return put_bundles(e, s, err) && mf_public_tree_commit(e->tree, mf_buf_span(&s->note), err);
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
static void let_go(struct engine *e, uint64_t size)
{
    pthread_mutex_lock(&e->lock);
    e->public_size = size;
    e->published_ns = mf_clock_monotonic_ns(&e->params.clock);
    /* What is still behind came while this was written. */
    e->behind_since_ns = e->head.head.size == size ? 0 : e->published_ns;
    mf_tree_edge_trim(&e->edge, size);
    pthread_mutex_unlock(&e->lock);
    /* The unfinished bundle will be needed whole. */
    atomic_store(&e->release_size, size / MF_TILE_WIDTH * MF_TILE_WIDTH);
}

static bool trim_gap(struct engine *e, uint64_t size, struct err *err)
{
    pthread_mutex_lock(&e->lock);
    bool ok = mf_gap_index_keep_from(&e->gap, size, err);
    if (ok)
        e->gap_floor = size;
    pthread_mutex_unlock(&e->lock);
    return ok;
}

bool mf_publish(struct engine *e, struct err *err)
{
    MF_SCOPED(snapshot_done) struct snapshot s = {.count = 0};

    pthread_mutex_lock(&e->lock);
    bool ok = take_snapshot(e, &s, err);
    pthread_mutex_unlock(&e->lock);
    if (!ok || !write_tree(e, &s, err))
        return false;
    let_go(e, s.head.size);
    drop_partials(e, &s);
    return write_dedup(e, s.head.size, err) && trim_gap(e, s.head.size, err);
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

/* True unless the attempt waits for space on the disk. An I/O error on the tree is as bad as one on
 * the journal. */
static bool attempt(struct engine *e, bool was_delayed)
{
    struct err err = {0};
    bool ok = mf_publish(e, &err);
    bool again = !ok && err.code == MF_ERR_UNAVAILABLE;

    if (e->params.published != NULL && (again || (ok && was_delayed)))
        e->params.published(e->params.state, ok ? NULL : &err);
    if (!ok && !again)
        mf_engine_fail(e, &err);
    return !again;
}

void *mf_publisher_run(void *engine)
{
    struct engine *e = engine;
    bool again = false; /* the last attempt waits for space on the disk */

    pthread_mutex_lock(&e->lock);
    while (!atomic_load(&e->failed)) {
        while (!e->stopping && !again && e->head.head.size == e->public_size)
            pthread_cond_wait(&e->advanced, &e->lock);
        if (e->stopping)
            break;
        pthread_mutex_unlock(&e->lock);
        again = !attempt(e, again);
        pthread_mutex_lock(&e->lock);
        if (!atomic_load(&e->failed))
            pace(e, again ? RETRY_MS : e->params.public_cadence_ms);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}
