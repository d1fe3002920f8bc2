/* Tree edge: what the public tree does not hold yet: in memory the peaks and the hashes of
 * unfinished and unpublished tiles, and of each unpublished record where the journal has it.
 *
 * One writer (the sequencer); readers take the lock of whoever owns it. */
#ifndef MF_TRANSPARENCY_ENGINE_TREE_EDGE_H
#define MF_TRANSPARENCY_ENGINE_TREE_EDGE_H

#include "transparency/engine/journal.h"
#include "transparency/merkle/compact_range.h"
#include "transparency/tile/tile_path.h"
#include "transparency/tile/tile_reader.h"

enum { MF_EDGE_LEVELS = 8 }; /* tile levels 0 .. 7 */

struct edge_level {
    uint64_t first_tile; /* tiles below are in the public tree alone */
    struct buf hashes;   /* from first_tile * 256 on */
};

struct edge_place { /* of one framed record */
    struct journal_place at;
    uint32_t n; /* bytes */
};

struct tree_edge {
    struct compact_range range;
    struct edge_level levels[MF_EDGE_LEVELS];
    uint64_t first;    /* records below are in full public bundles: a multiple of 256 */
    struct buf base;   /* records from first on that were public at the start */
    uint64_t base_end; /* places begin here */
    struct edge_place *places;
    size_t place_count, place_cap;
    bool failed; /* out of memory while a sink could not say so */
};

/* At this size, with the edge's tiles and bundle read through the source, which must hold them. */
MF_MUST_USE bool mf_tree_edge_load(struct crypto *c, const struct tile_source *source,
                                   enum tile_kind records, uint64_t size, struct tree_edge *out,
                                   struct err *err);
void mf_tree_edge_done(struct tree_edge *edge);

/* Appends one leaf and the place of its record; also (may be null) hears of complete nodes. */
MF_MUST_USE bool mf_tree_edge_append(struct crypto *c, struct tree_edge *edge,
                                     const uint8_t leaf_hash[static 32],
                                     const struct edge_place *place, const struct node_sink *also,
                                     struct err *err);

/* Appends a hash tile's bytes when it is in memory, wholly inside the tree and of that width;
 * *found false when it must be read from the public tree. */
MF_MUST_USE bool mf_tree_edge_tile(const struct tree_edge *edge, const struct tile_id *tile,
                                   struct buf *out, bool *found, struct err *err);
/* Where the records of a bundle are: base bytes first (appended to *base), places behind them.
 * *found false when the public tree has the bundle. */
struct edge_bundle {
    unsigned base_count, place_count;
    struct edge_place places[MF_TILE_WIDTH];
};
MF_MUST_USE bool mf_tree_edge_bundle(const struct tree_edge *edge, const struct tile_id *tile,
                                     struct edge_bundle *out, struct buf *base, bool *found,
                                     struct err *err);
/* Drops what the public tree at this size holds in full tiles. */
void mf_tree_edge_trim(struct tree_edge *edge, uint64_t size);

#endif
