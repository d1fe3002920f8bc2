/* Tile reader: nodes of a tree out of its hash tiles, which come through a callback.
 * Source: C2SP tlog-tiles "Merkle Tree".
 *
 * What it returns is only as good as the tiles: verify what is built from it (proof.h) against a
 * signed root. */
#ifndef MF_TRANSPARENCY_TILE_TILE_READER_H
#define MF_TRANSPARENCY_TILE_TILE_READER_H

#include "common/base/buf.h"
#include "transparency/merkle/merkle_hash.h"
#include "transparency/tile/tile_path.h"

struct tile_source {
    /* Appends the tile's bytes to *out (empty, max MF_TILE_BYTES): width * 32 of them. A source may
     * append a wider tile of the same place; the reader takes what it needs. */
    bool (*read)(void *state, const struct tile_id *tile, struct buf *out, struct err *err);
    void *state; /* borrowed */
};

struct tile_reader; /* caches the tiles it read last; one thread at a time */

/* Reads a tree of that size. */
MF_MUST_USE bool mf_tile_reader_new(struct crypto *c, const struct tile_source *source,
                                    uint64_t size, struct tile_reader **out, struct err *err);
void mf_tile_reader_free(struct tile_reader **reader);

/* For mf_proof_build_* and mf_compact_range_load; borrows the reader. */
struct node_source mf_tile_reader_nodes(struct tile_reader *reader);
/* One complete node of the tree; MF_ERR_INTERNAL when it is not wholly inside. */
MF_MUST_USE bool mf_tile_reader_node(struct tile_reader *reader, unsigned level, uint64_t index,
                                     uint8_t out[static 32], struct err *err);

/* The tile that holds node (level, index), and the hashes in it: count of them from first on, whose
 * subtree hash is the node. count is a power of two up to 128. */
struct tile_place {
    unsigned tile_level;
    uint64_t tile_index;
    unsigned first, count;
};
struct tile_place mf_tile_reader_place(unsigned level, uint64_t index);
/* Hash of the perfect subtree over count (a power of two, 1 .. 256) hashes of 32 bytes each. */
void mf_tile_reader_subtree(struct crypto *c, const uint8_t *hashes, unsigned count,
                            uint8_t out[static 32]);

#endif
