/* Dedup index: from an entry's key to the index it has in the log. It trails the log, is never in
 * the path of a commit, and can be rebuilt: what it says is a hint, the stored leaf decides. */
#ifndef MF_TRANSPARENCY_STORAGE_DEDUP_INDEX_H
#define MF_TRANSPARENCY_STORAGE_DEDUP_INDEX_H

#include "common/base/err.h"
#include "common/base/span.h"

struct dedup_index;

struct dedup_entry {
    uint8_t key[32];
    uint64_t index;
};

/* In all of these a disk that is full or fails is MF_ERR_UNAVAILABLE: nothing has changed, and it
 * may be tried again. */
MF_MUST_USE bool mf_dedup_index_open(const char *path, struct dedup_index **out, struct err *err);
/* For who only looks: nothing is made or written, and nobody may write meanwhile. LMDB believes
 * what it reads: bytes of somebody else belong into a process of their own, which may lose the
 * right to open files once this has returned. Nothing but the file's first pages was read by then.
 */
MF_MUST_USE bool mf_dedup_index_look(const char *path, struct dedup_index **out, struct err *err);
/* Then, before anything else: how many keys it has. */
MF_MUST_USE bool mf_dedup_index_count(struct dedup_index *index, uint64_t *out, struct err *err);
void mf_dedup_index_free(struct dedup_index **index);
/* Leaves below this size are in it. */
uint64_t mf_dedup_index_size(const struct dedup_index *index);
/* Any thread. *found false when the key is not there. */
MF_MUST_USE bool mf_dedup_index_get(const struct dedup_index *index, const uint8_t key[static 32],
                                    uint64_t *out, bool *found, struct err *err);
/* One writer at a time. A key that is there keeps its first index. Then size is covered. */
MF_MUST_USE bool mf_dedup_index_add(struct dedup_index *index, const struct dedup_entry *entries,
                                    size_t count, uint64_t size, struct err *err);

#endif
