#include "transparency/engine/tree_edge.h"

#include <stdlib.h>

#include "transparency/tile/entry_bundle.h"

enum {
    LEVEL_MAX = 1 << 30,  /* bytes of hashes kept for one level */
    BUNDLE_MAX = 1 << 26, /* bytes of one bundle's records */
    BUNDLES_MAX = 1 << 20
};

static bool load_level(const struct tile_source *source, uint64_t size, unsigned level,
                       struct edge_level *out, struct err *err)
{
    uint64_t hashes = level * 8 < 64 ? size >> (level * 8) : 0;
    struct tile_id tile = {.kind = MF_TILE_HASHES,
                           .level = level,
                           .index = hashes / MF_TILE_WIDTH,
                           .width = (unsigned)(hashes % MF_TILE_WIDTH)};

    out->first_tile = tile.index;
    out->hashes.max = LEVEL_MAX;
    if (tile.width == 0)
        return true;
    if (!source->read(source->state, &tile, &out->hashes, err))
        return false;
    if (out->hashes.n < (size_t)tile.width * 32)
        return mf_err_set(err, MF_ERR_FORMAT, "tile is cut short");
    out->hashes.n = (size_t)tile.width * 32;
    return true;
}

static struct edge_bundle *new_bundle(struct tree_edge *e, struct err *err)
{
    if (e->bundle_count == e->bundle_cap) {
        size_t cap = e->bundle_cap == 0 ? 64 : e->bundle_cap * 2;
        struct edge_bundle *grown = cap > BUNDLES_MAX ? NULL
                                                      : realloc(e->bundles, cap * sizeof *grown);
        if (grown == NULL) {
            mf_err_set(err, MF_ERR_SYSTEM, "no memory for unpublished entries");
            return NULL;
        }
        e->bundles = grown;
        e->bundle_cap = cap;
    }
    struct edge_bundle *b = &e->bundles[e->bundle_count++];
    *b = (struct edge_bundle){.bytes = {.max = BUNDLE_MAX}};
    return b;
}

static bool load_bundle(const struct tile_source *source, enum tile_kind kind, uint64_t size,
                        struct tree_edge *e, struct err *err)
{
    struct tile_id tile = {
        .kind = kind, .index = size / MF_TILE_WIDTH, .width = (unsigned)(size % MF_TILE_WIDTH)};

    e->first_bundle = tile.index;
    if (tile.width == 0)
        return true;
    struct edge_bundle *b = new_bundle(e, err);
    if (b == NULL)
        return false;
    b->count = tile.width;
    return source->read(source->state, &tile, &b->bytes, err);
}

bool mf_tree_edge_load(struct crypto *c, const struct tile_source *source, enum tile_kind records,
                       uint64_t size, struct tree_edge *out, struct err *err)
{
    MF_SCOPED(mf_tree_edge_done) struct tree_edge e = {.failed = false};
    MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;

    for (unsigned level = 0; level < MF_EDGE_LEVELS; level++)
        if (!load_level(source, size, level, &e.levels[level], err))
            return false;
    if (!load_bundle(source, records, size, &e, err))
        return false;
    if (size > 0) {
        if (!mf_tile_reader_new(c, source, size, &reader, err))
            return false;
        const struct node_source nodes = mf_tile_reader_nodes(reader);
        if (!mf_compact_range_load(&nodes, size, &e.range, err))
            return false;
    }
    *out = e;
    e = (struct tree_edge){.failed = false};
    return true;
}

void mf_tree_edge_done(struct tree_edge *edge)
{
    for (unsigned i = 0; i < MF_EDGE_LEVELS; i++)
        mf_buf_done(&edge->levels[i].hashes);
    for (size_t i = 0; i < edge->bundle_count; i++)
        mf_buf_done(&edge->bundles[i].bytes);
    free(edge->bundles);
    *edge = (struct tree_edge){.failed = false};
}

struct sinks {
    struct tree_edge *edge;
    const struct node_sink *also;
};

/* Tiles hold the hashes of every eighth level. */
static void keep_node(void *state, unsigned level, uint64_t index, const uint8_t hash[static 32])
{
    struct sinks *s = state;
    struct err err = {0};

    (void)index;
    if (s->also != NULL)
        s->also->node(s->also->state, level, index, hash);
    if (level % 8 == 0 && level / 8 < MF_EDGE_LEVELS &&
        !mf_buf_append(&s->edge->levels[level / 8].hashes, (struct span){hash, 32}, &err))
        s->edge->failed = true;
}

static bool keep_record(struct tree_edge *e, struct span record, struct err *err)
{
    struct edge_bundle *b = e->bundle_count > 0 ? &e->bundles[e->bundle_count - 1] : NULL;

    if (b == NULL || b->count == MF_TILE_WIDTH)
        b = new_bundle(e, err);
    if (b == NULL || !mf_buf_append(&b->bytes, record, err))
        return false;
    b->count++;
    return true;
}

bool mf_tree_edge_append(struct crypto *c, struct tree_edge *edge,
                         const uint8_t leaf_hash[static 32], struct span record,
                         const struct node_sink *also, struct err *err)
{
    struct sinks both = {.edge = edge, .also = also};
    const struct node_sink sink = {.node = keep_node, .state = &both};

    if (!keep_record(edge, record, err))
        return false;
    mf_compact_range_append(c, &edge->range, leaf_hash, &sink);
    return !edge->failed || mf_err_set(err, MF_ERR_SYSTEM, "no memory for unpublished tiles");
}

static bool bundle_bytes(const struct tree_edge *e, const struct tile_id *tile, struct buf *out,
                         bool *found, struct err *err)
{
    struct span bytes;

    *found = tile->index >= e->first_bundle && tile->index - e->first_bundle < e->bundle_count;
    if (!*found)
        return true;
    const struct edge_bundle *b = &e->bundles[tile->index - e->first_bundle];
    if (b->count < tile->width) {
        *found = false;
        return true;
    }
    bytes = mf_buf_span(&b->bytes);
    if (b->count == tile->width)
        return mf_buf_append(out, bytes, err);
    if (tile->kind != MF_TILE_ENTRIES) { /* the public tree has each published width */
        *found = false;
        return true;
    }
    return mf_entry_bundle_first(bytes, tile->width, &bytes, err) && mf_buf_append(out, bytes, err);
}

bool mf_tree_edge_tile(const struct tree_edge *e, const struct tile_id *tile, struct buf *out,
                       bool *found, struct err *err)
{
    if (tile->kind != MF_TILE_HASHES)
        return bundle_bytes(e, tile, out, found, err);
    *found = false;
    if (tile->level >= MF_EDGE_LEVELS || tile->index < e->levels[tile->level].first_tile)
        return true;
    const struct edge_level *level = &e->levels[tile->level];
    size_t start = (size_t)(tile->index - level->first_tile) * MF_TILE_BYTES;
    size_t n = (size_t)tile->width * 32;
    if (start + n > level->hashes.n)
        return true;
    *found = true;
    return mf_buf_append(out, (struct span){level->hashes.p + start, n}, err);
}

static void trim_level(struct edge_level *level, uint64_t hashes)
{
    uint64_t tiles = hashes / MF_TILE_WIDTH;

    if (tiles <= level->first_tile)
        return;
    size_t drop = (size_t)(tiles - level->first_tile) * MF_TILE_BYTES;
    level->first_tile = tiles;
    level->hashes.n -= drop;
    if (level->hashes.n > 0)
        memmove(level->hashes.p, level->hashes.p + drop, level->hashes.n);
}

void mf_tree_edge_trim(struct tree_edge *e, uint64_t size)
{
    uint64_t bundles = size / MF_TILE_WIDTH;
    size_t drop = bundles > e->first_bundle ? (size_t)(bundles - e->first_bundle) : 0;

    for (unsigned i = 0; i < MF_EDGE_LEVELS; i++)
        trim_level(&e->levels[i], size >> (8 * i));
    if (drop == 0)
        return;
    for (size_t i = 0; i < drop; i++)
        mf_buf_done(&e->bundles[i].bytes);
    e->bundle_count -= drop;
    e->first_bundle = bundles;
    memmove(e->bundles, e->bundles + drop, e->bundle_count * sizeof e->bundles[0]);
}
