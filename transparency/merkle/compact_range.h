/* Compact range [0, size): the peaks of a tree, all that is needed to append and to give the root.
 * Source: RFC 9162 section 2.1.1; a peak for each set bit of the size, the largest first. */
#ifndef MF_TRANSPARENCY_MERKLE_COMPACT_RANGE_H
#define MF_TRANSPARENCY_MERKLE_COMPACT_RANGE_H

#include "common/base/buf.h"
#include "transparency/merkle/merkle_hash.h"

enum { MF_COMPACT_RANGE_PEAKS_MAX = 63 };
enum { MF_COMPACT_RANGE_BYTES_MAX = 8 + 63 * 32 };

/* All zero is the empty tree. A plain value: copying it takes a snapshot. */
struct compact_range {
    uint64_t size; /* leaves */
    uint8_t peaks[MF_COMPACT_RANGE_PEAKS_MAX][MF_MERKLE_HASH_LEN];
};

/* Peaks in use: the set bits of size. */
static inline unsigned mf_compact_range_peak_count(const struct compact_range *r)
{
    return (unsigned)__builtin_popcountll(r->size);
}

/* Appends one leaf. The sink (may be null) hears of each node that became complete: first the leaf
 * itself (level 0, index = old size), then its ancestors upwards. Growing past INT64_MAX asserts.
 */
void mf_compact_range_append(struct crypto *c, struct compact_range *r,
                             const uint8_t leaf_hash[static 32], const struct node_sink *sink);
/* The root at this size; the empty tree's too. */
void mf_compact_range_root(struct crypto *c, const struct compact_range *r, uint8_t out[static 32]);

/* u64 size, then the peaks, largest first. */
MF_MUST_USE bool mf_compact_range_write(const struct compact_range *r, struct buf *out,
                                        struct err *err);
/* Exactly those bytes, nothing behind them. */
MF_MUST_USE bool mf_compact_range_read(struct span bytes, struct compact_range *out,
                                       struct err *err);
/* From stored nodes: one fetch for each peak. */
MF_MUST_USE bool mf_compact_range_load(const struct node_source *source, uint64_t size,
                                       struct compact_range *out, struct err *err);

#endif
