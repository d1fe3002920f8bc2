#include "transparency/engine/tree_edge.h"

#include <stdlib.h>

enum {
    LEVEL_MAX = 1 << 30,  /* bytes of hashes kept for one level */
    PLACES_FEW = 1024,    /* so many are always kept room for */
    PLACES_MAX = 1 << 24, /* records that wait for the public tree */
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

static bool load_bundle(const struct tile_source *source, enum tile_kind kind, uint64_t size,
                        struct tree_edge *e, struct err *err)
{
    struct tile_id tile = {
        .kind = kind, .index = size / MF_TILE_WIDTH, .width = (unsigned)(size % MF_TILE_WIDTH)};

    e->first = tile.index * MF_TILE_WIDTH;
    e->base_end = size;
    return tile.width == 0 || source->read(source->state, &tile, &e->base, err);
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
    mf_buf_done(&edge->base);
    free(edge->places);
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

static bool keep_place(struct tree_edge *e, const struct edge_place *place, struct err *err)
{
    if (e->place_count == e->place_cap) {
        size_t cap = e->place_cap == 0 ? PLACES_FEW : e->place_cap * 2;
        struct edge_place *grown = cap > PLACES_MAX ? NULL
                                                    : realloc(e->places, cap * sizeof *grown);
        if (grown == NULL)
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for unpublished entries");
        e->places = grown;
        e->place_cap = cap;
    }
    e->places[e->place_count++] = *place;
    return true;
}

bool mf_tree_edge_append(struct crypto *c, struct tree_edge *edge,
                         const uint8_t leaf_hash[static 32], const struct edge_place *place,
                         const struct node_sink *also, struct err *err)
{
    struct sinks both = {.edge = edge, .also = also};
    const struct node_sink sink = {.node = keep_node, .state = &both};

    if (!keep_place(edge, place, err))
        return false;
    mf_compact_range_append(c, &edge->range, leaf_hash, &sink);
    return !edge->failed || mf_err_set(err, MF_ERR_SYSTEM, "no memory for unpublished tiles");
}

bool mf_tree_edge_bundle(const struct tree_edge *e, const struct tile_id *tile,
                         struct edge_bundle *out, struct buf *base, bool *found, struct err *err)
{
    uint64_t at = tile->index * MF_TILE_WIDTH;

    *found = at >= e->first && at + tile->width <= e->range.size;
    *out = (struct edge_bundle){.base_count = 0};
    if (!*found)
        return true;
    if (at < e->base_end) {
        out->base_count = (unsigned)(e->base_end - at);
        if (!mf_buf_append(base, mf_buf_span(&e->base), err))
            return false;
        at = e->base_end;
        if (out->base_count >= tile->width)
            return true; /* the caller cuts it */
    }
    out->place_count = tile->width - out->base_count;
    memcpy(out->places, e->places + (at - e->base_end), out->place_count * sizeof out->places[0]);
    return true;
}

bool mf_tree_edge_tile(const struct tree_edge *e, const struct tile_id *tile, struct buf *out,
                       bool *found, struct err *err)
{
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

/* What a burst took is given back after it; if not now, then next time. */
static void shrink_places(struct tree_edge *e)
{
    size_t cap = e->place_cap / 4;

    if (cap < PLACES_FEW || e->place_count > cap)
        return;
    struct edge_place *fewer = realloc(e->places, cap * sizeof *fewer);
    if (fewer == NULL)
        return;
    e->places = fewer;
    e->place_cap = cap;
}

void mf_tree_edge_trim(struct tree_edge *e, uint64_t size)
{
    uint64_t first = size / MF_TILE_WIDTH * MF_TILE_WIDTH;

    for (unsigned i = 0; i < MF_EDGE_LEVELS; i++)
        trim_level(&e->levels[i], size >> (8 * i));
    if (first <= e->first)
        return;
    e->first = first;
    mf_buf_done(&e->base);
    if (first <= e->base_end)
        return; /* only when they are equal: the base ends in its bundle */
    size_t drop = (size_t)(first - e->base_end);
    e->place_count -= drop;
    memmove(e->places, e->places + drop, e->place_count * sizeof e->places[0]);
    e->base_end = first;
    shrink_places(e);
}
