/* Reading: tiles and records up to the signed head, from memory or the public tree. */
#include "transparency/engine/engine_parts.h"
#include "transparency/tile/entry_bundle.h"

static size_t max_of(const struct tile_id *tile)
{
    return tile->kind == MF_TILE_HASHES ? (size_t)MF_TILE_BYTES : (size_t)MF_ENTRY_BUNDLE_MAX * 4;
}

/* A partial tile that was never published, or is gone now that it is full, is the front of what is
 * there. */
static bool read_public(struct engine *e, const struct tile_id *tile, struct buf *out,
                        struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf full = {0};
    struct tile_id whole = *tile;

    if (mf_public_tree_get(e->tree, tile, max_of(tile), &full, err))
        return mf_buf_append(out, mf_buf_span(&full), err);
    if (err->code != MF_ERR_NOT_FOUND || tile->kind != MF_TILE_HASHES ||
        tile->width == MF_TILE_WIDTH)
        return false;
    mf_err_clear(err);
    whole.width = MF_TILE_WIDTH;
    return mf_public_tree_get(e->tree, &whole, max_of(tile), &full, err) &&
           mf_buf_append(out, mf_span_first(mf_buf_span(&full), (size_t)tile->width * 32), err);
}

bool mf_engine_tile(struct engine *e, const struct tile_id *tile, struct buf *out, struct err *err)
{
    bool found = false;

    if (out->max == 0)
        out->max = max_of(tile);
    pthread_mutex_lock(&e->lock);
    bool ok = mf_tree_edge_tile(&e->edge, tile, out, &found, err);
    pthread_mutex_unlock(&e->lock);
    return ok && (found || read_public(e, tile, out, err));
}

static bool read_tile(void *state, const struct tile_id *tile, struct buf *out, struct err *err)
{
    return mf_engine_tile(state, tile, out, err);
}

struct tile_source mf_engine_tiles(struct engine *e)
{
    return (struct tile_source){.read = read_tile, .state = e};
}

bool mf_engine_prove(struct engine *e, struct crypto *c, uint64_t index, uint64_t size,
                     struct merkle_proof *out, uint8_t leaf[static 32], struct err *err)
{
    MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;
    const struct tile_source tiles = mf_engine_tiles(e);

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
        if (!format->next(format->state, &rest, &record, err))
            return false;
    return mf_buf_append(out, record, err);
}
