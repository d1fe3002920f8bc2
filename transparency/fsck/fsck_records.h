/* Entries of the public tree, bundle by bundle in order: read and hashed by threads ahead of who
 * asks for them. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_RECORDS_H
#define MF_TRANSPARENCY_FSCK_FSCK_RECORDS_H

#include "transparency/fsck/fsck_parts.h"
#include "transparency/tile/tile_path.h"

struct record_piece { /* what one bundle gave */
    struct tile_id tile;
    unsigned count; /* entries that could be read: the first ones */
    uint8_t leaves[MF_TILE_WIDTH][32];
    uint8_t keys[MF_TILE_WIDTH][32];
    struct err err; /* why it is not all of them, or what is behind them */
    uint64_t bytes;
    /* CT */
    struct buf issuers; /* fingerprints of 32 bytes that its entries name; each once in a row */
    uint64_t latest_ms;
    unsigned misplaced; /* the first entry whose leaf_index is another's; 256: none */
    uint64_t misplaced_as;
};

struct record_ring;

/* Of a tree of this size. Starts the threads. */
MF_MUST_USE bool mf_record_ring_new(const struct fsck *f, uint64_t size, struct record_ring **out,
                                    struct err *err);
void mf_record_ring_free(struct record_ring **ring);
/* The next bundle; valid until the next call. Not more often than there are bundles. */
const struct record_piece *mf_record_ring_next(struct record_ring *ring);

/* One record by index, for the few that are read twice: its dedup key. */
MF_MUST_USE bool mf_record_key(struct fsck *f, uint64_t index, uint8_t key[static 32],
                               struct err *err);

#endif
