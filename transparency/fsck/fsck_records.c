#include "transparency/fsck/fsck_records.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "transparency/fsck/fsck_files.h"
#include "transparency/sct/ct_leaf.h"
#include "transparency/tile/entry_bundle.h"

enum { AHEAD = 2 }; /* bundles for each thread */

struct slot {
    struct record_piece piece;
    bool ready;
};

struct reader {
    struct record_ring *ring;
    struct crypto *crypto;
    struct window window;
    pthread_t id;
    bool runs;
};

struct record_ring {
    const struct fsck *f;
    uint64_t size;  /* of the tree */
    uint64_t count; /* bundles */
    struct reader readers[MF_FSCK_THREADS_MAX];
    size_t reader_count, slot_count;
    struct slot *slots;
    pthread_mutex_t lock; /* guards what follows, and ready of the slots */
    pthread_cond_t changed;
    uint64_t claimed, taken; /* bundles */
    bool holding;            /* the consumer has the one before `taken` */
    bool stopping;
};

static size_t record_max(const struct fsck *f)
{
    return f->dir.type == MF_LOG_CT ? (size_t)MF_CT_RECORD_MAX : 2 + (size_t)MF_ENTRY_MAX;
}

static bool open_bundle(const struct fsck *f, const struct tile_id *tile, struct window *w,
                        bool *front, struct err *err)
{
    uint64_t max = (uint64_t)record_max(f) * tile->width;
    struct tile_id whole = *tile;
    char name[MF_FSCK_NAME_MAX];

    mf_fsck_tile_name(tile, name);
    if (mf_window_open(w, f->dir_fd, name, max, err))
        return true;
    if (!f->params->online || err->code != MF_ERR_NOT_FOUND || tile->width == MF_TILE_WIDTH)
        return false;
    mf_err_clear(err);
    whole.width = MF_TILE_WIDTH;
    mf_fsck_tile_name(&whole, name);
    *front = true;
    return mf_window_open(w, f->dir_fd, name, (uint64_t)record_max(f) * MF_TILE_WIDTH, err);
}

/* Takes one record off the window. */
static bool next_record(const struct fsck *f, struct window *w, struct span *record,
                        struct err *err)
{
    struct span rest;

    if (!mf_window_look(w, record_max(f), &rest, err))
        return false;
    if (rest.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "is cut short");
    record->p = rest.p;
    size_t all = rest.n;
    if (!f->format->skip(&rest, err))
        return false;
    record->n = all - rest.n;
    return true;
}

static bool keep_issuers(struct record_piece *p, struct span issuers, struct err *err)
{
    p->issuers.max = (size_t)MF_TILE_WIDTH * MF_CT_CHAIN_MAX * 32;
    if (p->issuers.n >= issuers.n &&
        mf_span_ends(mf_buf_span(&p->issuers), issuers)) /* as most chains: the one before */
        return true;
    return mf_buf_append(&p->issuers, issuers, err);
}

static bool see_ct(struct record_piece *p, struct span record, unsigned i, struct err *err)
{
    uint64_t own = p->tile.index * MF_TILE_WIDTH + i;
    struct ct_leaf leaf;
    bool found = false;
    uint64_t index = 0;

    if (!mf_ct_leaf_next(&record, &leaf, err) ||
        !mf_sct_leaf_index_find(leaf.extensions, &found, &index, err) ||
        !keep_issuers(p, leaf.issuers, err))
        return false;
    if ((!found || index != own) && p->misplaced == MF_TILE_WIDTH) {
        p->misplaced = i;
        p->misplaced_as = found ? index : UINT64_MAX;
    }
    p->latest_ms = leaf.timestamp_ms > p->latest_ms ? leaf.timestamp_ms : p->latest_ms;
    return true;
}

static bool read_piece(const struct fsck *f, struct crypto *c, struct window *w,
                       struct record_piece *p)
{
    struct span record;
    bool front = false;

    if (!open_bundle(f, &p->tile, w, &front, &p->err))
        return false;
    p->bytes = w->size;
    for (; p->count < p->tile.width; p->count++) {
        unsigned i = p->count;
        if (!next_record(f, w, &record, &p->err) ||
            !f->format->reopen(f->format->state, c, record, p->leaves[i], p->keys[i], &p->err) ||
            (f->dir.type == MF_LOG_CT && !see_ct(p, record, i, &p->err)))
            return mf_err_at(&p->err, "behind entry %u of %u", i, p->tile.width);
        mf_window_skip(w, record.n);
    }
    return front || w->position == w->size ||
           mf_err_set(&p->err, MF_ERR_FORMAT, "goes on behind its %u entries", p->tile.width);
}

static void *run_reader(void *arg)
{
    struct reader *r = arg;
    struct record_ring *ring = r->ring;

    pthread_mutex_lock(&ring->lock);
    while (!ring->stopping && ring->claimed < ring->count) {
        if (ring->claimed >= ring->taken + ring->slot_count) {
            pthread_cond_wait(&ring->changed, &ring->lock);
            continue;
        }
        uint64_t index = ring->claimed++;
        struct slot *slot = &ring->slots[index % ring->slot_count];
        pthread_mutex_unlock(&ring->lock);
        struct buf kept = slot->piece.issuers;
        mf_buf_reset(&kept);
        slot->piece.tile = (struct tile_id){.kind = ring->f->format->records,
                                            .index = index,
                                            .width = mf_tile_path_width(ring->size, 0, index)};
        slot->piece.count = 0;
        slot->piece.err = (struct err){0};
        slot->piece.bytes = slot->piece.latest_ms = slot->piece.misplaced_as = 0;
        slot->piece.misplaced = MF_TILE_WIDTH;
        slot->piece.issuers = kept;
        (void)read_piece(ring->f, r->crypto, &r->window, &slot->piece);
        pthread_mutex_lock(&ring->lock);
        slot->ready = true;
        pthread_cond_broadcast(&ring->changed);
    }
    pthread_mutex_unlock(&ring->lock);
    return NULL;
}

static bool start_readers(struct record_ring *ring, unsigned threads, struct err *err)
{
    for (unsigned i = 0; i < threads; i++) {
        struct reader *r = &ring->readers[ring->reader_count++];
        *r = (struct reader){.ring = ring, .window = {.fd = -1}};
        if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &r->crypto, err))
            return false;
        errno = pthread_create(&r->id, NULL, run_reader, r);
        r->runs = errno == 0;
        if (!r->runs)
            return mf_err_sys(err, "cannot start a thread");
    }
    return true;
}

bool mf_record_ring_new(const struct fsck *f, uint64_t size, struct record_ring **out,
                        struct err *err)
{
    MF_SCOPED(mf_record_ring_free) struct record_ring *ring = mf_array_new(1, sizeof *ring);
    unsigned threads = f->params->threads;

    if (ring == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for entries");
    ring->f = f;
    ring->size = size;
    ring->count = size / MF_TILE_WIDTH + (size % MF_TILE_WIDTH != 0);
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    ring->slots = mf_array_new((size_t)threads * AHEAD, sizeof *ring->slots);
    if (ring->slots == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for entries");
    ring->slot_count = (size_t)threads * AHEAD;
    if (!start_readers(ring, threads, err))
        return false;
    *out = MF_MOVE(ring);
    return true;
}

void mf_record_ring_free(struct record_ring **ring)
{
    struct record_ring *r = *ring;

    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->reader_count; i++) {
        if (r->readers[i].runs)
            pthread_join(r->readers[i].id, NULL);
        mf_crypto_free(&r->readers[i].crypto);
        mf_window_done(&r->readers[i].window);
    }
    for (size_t i = 0; i < r->slot_count; i++)
        mf_buf_done(&r->slots[i].piece.issuers);
    free(r->slots);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
    *ring = NULL;
}

const struct record_piece *mf_record_ring_next(struct record_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->holding) {
        ring->slots[ring->taken % ring->slot_count].ready = false;
        ring->taken++;
        pthread_cond_broadcast(&ring->changed);
    }
    struct slot *slot = &ring->slots[ring->taken % ring->slot_count];
    while (!slot->ready)
        pthread_cond_wait(&ring->changed, &ring->lock);
    ring->holding = true;
    pthread_mutex_unlock(&ring->lock);
    return &slot->piece;
}

bool mf_record_key(struct fsck *f, uint64_t index, uint8_t key[static 32], struct err *err)
{
    MF_SCOPED(mf_window_done) struct window w = {.fd = -1};
    uint64_t bundle = index / MF_TILE_WIDTH;
    const struct tile_id tile = {.kind = f->format->records,
                                 .index = bundle,
                                 .width = mf_tile_path_width(f->public.size, 0, bundle)};
    struct span record = {NULL, 0};
    uint8_t leaf[32];
    bool front = false;

    if (tile.width <= index % MF_TILE_WIDTH)
        return mf_err_set(err, MF_ERR_NOT_FOUND, "is missing");
    if (!open_bundle(f, &tile, &w, &front, err))
        return false;
    for (uint64_t i = 0; i <= index % MF_TILE_WIDTH; i++) {
        mf_window_skip(&w, record.n);
        if (!next_record(f, &w, &record, err))
            return false;
    }
    return f->format->reopen(f->format->state, f->crypto, record, leaf, key, err);
}
