#include "transparency/tile/tile_reader.h"

#include <assert.h>

enum { HEIGHT = 8 };       /* levels of the tree in one level of tiles */
enum { CACHED_TILES = 8 }; /* a path from leaf to root crosses that many levels of tiles */

struct cached_tile {
    struct tile_id id; /* width 0: the slot is free */
    uint64_t used;     /* larger is later */
    struct buf bytes;
};

struct tile_reader {
    struct crypto *crypto; /* borrowed */
    struct tile_source source;
    uint64_t size;
    uint64_t uses;
    struct cached_tile cache[CACHED_TILES];
};

struct tile_place mf_tile_reader_place(unsigned level, uint64_t index)
{
    unsigned inside = level % HEIGHT;
    uint64_t first = index << inside; /* exact: index * 2^level is below 2^63 */

    return (struct tile_place){
        .tile_level = level / HEIGHT,
        .tile_index = first / MF_TILE_WIDTH,
        .first = (unsigned)(first % MF_TILE_WIDTH),
        .count = 1u << inside,
    };
}

void mf_tile_reader_subtree(struct crypto *c, const uint8_t *hashes, unsigned count,
                            uint8_t out[static 32])
{
    uint8_t level[MF_TILE_WIDTH / 2][MF_MERKLE_HASH_LEN];

    assert(count >= 1 && count <= MF_TILE_WIDTH && (count & (count - 1)) == 0);
    if (count == 1) {
        memcpy(out, hashes, MF_MERKLE_HASH_LEN);
        return;
    }
    for (unsigned i = 0; i < count / 2; i++)
        mf_merkle_hash_node(c, hashes + (size_t)i * 64, hashes + (size_t)i * 64 + 32, level[i]);
    for (unsigned n = count / 4; n > 0; n /= 2)
        for (unsigned i = 0; i < n; i++)
            mf_merkle_hash_node(c, level[2 * i], level[2 * i + 1], level[i]);
    memcpy(out, level[0], MF_MERKLE_HASH_LEN);
}

bool mf_tile_reader_new(struct crypto *c, const struct tile_source *source, uint64_t size,
                        struct tile_reader **out, struct err *err)
{
    if (size > INT64_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "tree size is not below 2^63");
    struct tile_reader *r = mf_array_new(1, sizeof *r);
    if (r == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a tile reader");
    r->crypto = c;
    r->source = *source;
    r->size = size;
    for (size_t i = 0; i < CACHED_TILES; i++)
        r->cache[i].bytes.max = MF_TILE_BYTES;
    *out = r;
    return true;
}

void mf_tile_reader_free(struct tile_reader **reader)
{
    if (*reader == NULL)
        return;
    for (size_t i = 0; i < CACHED_TILES; i++)
        mf_buf_done(&(*reader)->cache[i].bytes);
    free(*reader);
    *reader = NULL;
}

static bool read_tile(struct tile_reader *r, const struct tile_id *id, struct cached_tile *slot,
                      struct err *err)
{
    char path[MF_TILE_PATH_MAX];

    slot->id.width = 0;
    mf_buf_reset(&slot->bytes);
    mf_tile_path_format(id, path);
    if (!r->source.read(r->source.state, id, &slot->bytes, err))
        return mf_err_at(err, "%s", path);
    if (slot->bytes.n < (size_t)id->width * MF_MERKLE_HASH_LEN ||
        slot->bytes.n % MF_MERKLE_HASH_LEN != 0) {
        mf_err_set(err, MF_ERR_FORMAT, "tile has %zu bytes, not %u", slot->bytes.n,
                   id->width * MF_MERKLE_HASH_LEN);
        return mf_err_at(err, "%s", path);
    }
    slot->id = *id;
    return true;
}

/* The tile from the cache, or read into the slot that was used longest ago. */
static const uint8_t *tile_of(struct tile_reader *r, const struct tile_id *id, struct err *err)
{
    struct cached_tile *slot = &r->cache[0];

    for (size_t i = 0; i < CACHED_TILES; i++) {
        struct cached_tile *each = &r->cache[i];
        if (each->id.width != 0 && each->id.level == id->level && each->id.index == id->index) {
            each->used = ++r->uses;
            return each->bytes.p;
        }
        if (each->used < slot->used)
            slot = each;
    }
    if (!read_tile(r, id, slot, err))
        return NULL;
    slot->used = ++r->uses;
    return slot->bytes.p;
}

bool mf_tile_reader_node(struct tile_reader *reader, unsigned level, uint64_t index,
                         uint8_t out[static 32], struct err *err)
{
    if (level > 62 || index >= reader->size >> level)
        return mf_err_set(err, MF_ERR_INTERNAL, "no complete node %u/%" PRIu64 " in the tree",
                          level, index);
    struct tile_place place = mf_tile_reader_place(level, index);
    struct tile_id id = {
        .kind = MF_TILE_HASHES,
        .level = place.tile_level,
        .index = place.tile_index,
        .width = mf_tile_path_width(reader->size, place.tile_level, place.tile_index),
    };
    const uint8_t *hashes = tile_of(reader, &id, err);
    if (hashes == NULL)
        return false;
    mf_tile_reader_subtree(reader->crypto, hashes + (size_t)place.first * MF_MERKLE_HASH_LEN,
                           place.count, out);
    return true;
}

static bool node(void *state, unsigned level, uint64_t index, uint8_t out[static 32],
                 struct err *err)
{
    return mf_tile_reader_node(state, level, index, out, err);
}

struct node_source mf_tile_reader_nodes(struct tile_reader *reader)
{
    return (struct node_source){node, reader};
}
