/* Gap index: keys of entries that the dedup index does not cover yet, in memory. One user at a
 * time. */
#ifndef MF_TRANSPARENCY_ENGINE_GAP_INDEX_H
#define MF_TRANSPARENCY_ENGINE_GAP_INDEX_H

#include "transparency/storage/dedup_index.h"

struct gap_index {
    struct dedup_entry *slots; /* open addressing; index UINT64_MAX is free */
    size_t cap, count;
};

void mf_gap_index_done(struct gap_index *gap);
bool mf_gap_index_find(const struct gap_index *gap, const uint8_t key[static 32], uint64_t *out);
MF_MUST_USE bool mf_gap_index_add(struct gap_index *gap, const uint8_t key[static 32],
                                  uint64_t index, struct err *err);
/* Drops entries at or above this index (a commit that did not happen), or below it (covered now).
 */
MF_MUST_USE bool mf_gap_index_keep_below(struct gap_index *gap, uint64_t index, struct err *err);
MF_MUST_USE bool mf_gap_index_keep_from(struct gap_index *gap, uint64_t index, struct err *err);
/* Copies the entries below this index into fresh memory; the caller frees it. */
MF_MUST_USE bool mf_gap_index_copy_below(const struct gap_index *gap, uint64_t index,
                                         struct dedup_entry **out, size_t *count, struct err *err);

#endif
