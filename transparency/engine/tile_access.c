/* Reading: tiles and records up to the signed head, from memory, the journal or the public tree. */
#include "transparency/engine/engine_parts.h"
#include "transparency/tile/entry_bundle.h"

static size_t max_of(const struct tile_id *tile)
{
    return tile->kind == MF_TILE_HASHES ? (size_t)MF_TILE_BYTES : (size_t)MF_ENTRY_BUNDLE_MAX * 4;
}

bool mf_engine_next_record(const struct leaf_format *format, struct span *bundle,
                           struct span *record, struct err *err)
{
    const uint8_t *start = bundle->p;

    if (!format->skip(bundle, err))
        return false;
    *record = (struct span){start, (size_t)(bundle->p - start)};
    return true;
}

/* Cuts a bundle to its first records. */
static bool cut_bundle(struct engine *e, struct buf *bundle, size_t from, unsigned width,
                       struct err *err)
{
    struct span rest = mf_span_from(mf_buf_span(bundle), from);

    for (unsigned i = 0; i < width; i++)
        if (!e->params.format.skip(&rest, err))
            return false;
    bundle->n -= rest.n;
    return true;
}

/* A partial tile that was never published, or is gone now that it is full, is the front of what is
 * there. */
static bool read_public(struct engine *e, const struct tile_id *tile, struct buf *out,
                        struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf bytes = {0};
    struct tile_id whole = *tile;
    size_t from = out->n;

    if (mf_public_tree_get(e->tree, tile, max_of(tile), &bytes, err))
        return mf_buf_append(out, mf_buf_span(&bytes), err);
    if (err->code != MF_ERR_NOT_FOUND || tile->width == MF_TILE_WIDTH)
        return false;
    mf_err_clear(err);
    whole.width = MF_TILE_WIDTH;
    if (!mf_public_tree_get(e->tree, &whole, max_of(tile), &bytes, err))
        return false;
    if (tile->kind != MF_TILE_HASHES)
        return mf_buf_append(out, mf_buf_span(&bytes), err) &&
               cut_bundle(e, out, from, tile->width, err);
    size_t n = (size_t)tile->width * 32;
    if (bytes.n < n)
        return mf_err_set(err, MF_ERR_FORMAT, "tile is cut short");
    return mf_buf_append(out, mf_span_first(mf_buf_span(&bytes), n), err);
}

/* How many places follow each other in one record of the journal; *bytes with the length in front
 * of each but the first. */
static unsigned run_of(const struct edge_place *places, unsigned count, size_t *bytes)
{
    unsigned n = 1;

    *bytes = places[0].n;
    for (; n < count && places[n].at.generation == places[0].at.generation &&
           places[n].at.offset == places[0].at.offset + *bytes + 4;
         n++)
        *bytes += 4 + (size_t)places[n].n;
    return n;
}

static bool read_places(struct engine *e, const struct edge_place *places, unsigned count,
                        struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done)
    struct buf run = {.max = max_of(&(struct tile_id){.kind = MF_TILE_DATA})};

    for (unsigned at = 0; at < count;) {
        size_t bytes = 0;
        size_t skip = 0;
        unsigned n = run_of(places + at, count - at, &bytes);
        mf_buf_reset(&run);
        if (!mf_journal_read(e->journal, &places[at].at, bytes, &run, err))
            return false;
        for (unsigned i = at; i < at + n; i++) {
            if (!mf_buf_append(out, (struct span){run.p + skip, places[i].n}, err))
                return false;
            skip += (size_t)places[i].n + 4;
        }
        at += n;
    }
    return true;
}

static bool read_edge_bundle(struct engine *e, const struct tile_id *tile, struct buf *out,
                             bool *found, struct err *err)
{
    struct edge_bundle bundle;
    size_t from = out->n;

    pthread_rwlock_rdlock(&e->segments); /* places stay good as long as no segment is released */
    pthread_mutex_lock(&e->lock);
    bool ok = mf_tree_edge_bundle(&e->edge, tile, &bundle, out, found, err);
    pthread_mutex_unlock(&e->lock);
    ok = ok && read_places(e, bundle.places, bundle.place_count, out, err);
    pthread_rwlock_unlock(&e->segments);
    return ok && (!*found || bundle.base_count <= tile->width ||
                  cut_bundle(e, out, from, tile->width, err));
}

bool mf_engine_tile(struct engine *e, const struct tile_id *tile, struct buf *out, struct err *err)
{
    bool found = false;
    bool ok = false;

    if (out->max == 0)
        out->max = max_of(tile);
    if (tile->kind == MF_TILE_HASHES) {
        pthread_mutex_lock(&e->lock);
        ok = mf_tree_edge_tile(&e->edge, tile, out, &found, err);
        pthread_mutex_unlock(&e->lock);
    } else {
        ok = read_edge_bundle(e, tile, out, &found, err);
    }
    return ok && (found || read_public(e, tile, out, err));
}

static bool read_tile(void *state, const struct tile_id *tile, struct buf *out, struct err *err)
{
    return mf_engine_tile(state, tile, out, err);
}

struct tile_source mf_engine_tile_source(struct engine *e)
{
    return (struct tile_source){.read = read_tile, .state = e};
}

bool mf_engine_prove(struct engine *e, struct crypto *c, uint64_t index, uint64_t size,
                     struct merkle_proof *out, uint8_t leaf[static 32], struct err *err)
{
    MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;
    const struct tile_source tiles = mf_engine_tile_source(e);

    if (!mf_tile_reader_new(c, &tiles, size, &reader, err) ||
        !mf_tile_reader_node(reader, 0, index, leaf, err))
        return false;
    const struct node_source nodes = mf_tile_reader_nodes(reader);
    return mf_proof_build_inclusion(c, &nodes, index, size, out, err);
}

bool mf_engine_record(struct engine *e, uint64_t index, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf bundle = {.max = (size_t)MF_ENTRY_BUNDLE_MAX * 4};
    const struct leaf_format *format = &e->params.format;
    struct merkle_head head;
    struct span record = {0};

    pthread_mutex_lock(&e->lock);
    head = e->head.head;
    pthread_mutex_unlock(&e->lock);
    if (index >= head.size)
        return mf_err_set(err, MF_ERR_NOT_FOUND, "no entry %llu yet", (unsigned long long)index);
    struct tile_id tile = {.kind = format->records, .index = index / MF_TILE_WIDTH};
    tile.width = mf_tile_path_width(head.size, 0, tile.index);
    if (!mf_engine_tile(e, &tile, &bundle, err))
        return false;
    struct span rest = mf_buf_span(&bundle);
    for (uint64_t i = tile.index * MF_TILE_WIDTH; i <= index; i++)
        if (!mf_engine_next_record(format, &rest, &record, err))
            return false;
    return mf_buf_append(out, record, err);
}

/* What the index says is a hint; the record decides. */
static bool holds(struct engine *e, struct crypto *c, struct append_job *job, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf record = {.max = MF_ENGINE_RECORD_MAX};
    const struct leaf_format *format = &e->params.format;
    uint8_t leaf[32];
    uint8_t key[32];

    if (!mf_engine_record(e, job->index, &record, err) ||
        !format->reopen(format->state, c, mf_buf_span(&record), leaf, key, err))
        return false;
    job->duplicate = memcmp(key, job->key, sizeof key) == 0;
    return true;
}

bool mf_engine_look_up(struct engine *e, struct crypto *c, struct append_job *job, struct err *err)
{
    bool found = false;

    job->duplicate = false;
    job->looked_up = mf_dedup_index_size(e->dedup); /* before it is asked: it may only grow */
    if (!mf_dedup_index_get(e->dedup, job->key, &job->index, &found, err))
        return false;
    return !found || holds(e, c, job, err);
}
