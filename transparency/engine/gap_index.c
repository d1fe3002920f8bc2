#include "transparency/engine/gap_index.h"

#include <stdlib.h>

#include "common/base/buf.h"

enum { SMALLEST = 1024 };

void mf_gap_index_done(struct gap_index *gap)
{
    free(gap->slots);
    *gap = (struct gap_index){0};
}

/* Keys are hashes already. */
static size_t slot_of(const struct gap_index *gap, const uint8_t key[static 32])
{
    size_t at = (size_t)mf_be64(key) & (gap->cap - 1);

    while (gap->slots[at].index != UINT64_MAX && memcmp(gap->slots[at].key, key, 32) != 0)
        at = (at + 1) & (gap->cap - 1);
    return at;
}

bool mf_gap_index_find(const struct gap_index *gap, const uint8_t key[static 32], uint64_t *out)
{
    if (gap->cap == 0)
        return false;
    size_t at = slot_of(gap, key);
    if (gap->slots[at].index == UINT64_MAX)
        return false;
    *out = gap->slots[at].index;
    return true;
}

/* Builds the table anew with the entries in [from, below). */
static bool rebuild(struct gap_index *gap, size_t cap, uint64_t from, uint64_t below,
                    struct err *err)
{
    struct gap_index fresh = {.slots = mf_array_new(cap, sizeof *fresh.slots), .cap = cap};

    if (fresh.slots == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for recent entries");
    for (size_t i = 0; i < cap; i++)
        fresh.slots[i].index = UINT64_MAX;
    for (size_t i = 0; i < gap->cap; i++) {
        const struct dedup_entry *e = &gap->slots[i];
        if (e->index == UINT64_MAX || e->index < from || e->index >= below)
            continue;
        fresh.slots[slot_of(&fresh, e->key)] = *e;
        fresh.count++;
    }
    mf_gap_index_done(gap);
    *gap = fresh;
    return true;
}

bool mf_gap_index_add(struct gap_index *gap, const uint8_t key[static 32], uint64_t index,
                      struct err *err)
{
    if (gap->count * 2 >= gap->cap &&
        !rebuild(gap, gap->cap == 0 ? SMALLEST : gap->cap * 2, 0, UINT64_MAX, err))
        return false;
    struct dedup_entry *slot = &gap->slots[slot_of(gap, key)];
    if (slot->index != UINT64_MAX)
        return true; /* the first one stays */
    memcpy(slot->key, key, 32);
    slot->index = index;
    gap->count++;
    return true;
}

/* In no more memory than they need: what one burst took is given back after it. */
static bool keep(struct gap_index *gap, uint64_t from, uint64_t below, struct err *err)
{
    size_t kept = 0;
    size_t cap = SMALLEST;

    for (size_t i = 0; i < gap->cap; i++)
        kept += gap->slots[i].index >= from && gap->slots[i].index < below;
    while (cap < gap->cap && cap < kept * 4)
        cap *= 2;
    return gap->cap == 0 || rebuild(gap, cap, from, below, err);
}

bool mf_gap_index_keep_below(struct gap_index *gap, uint64_t index, struct err *err)
{
    return keep(gap, 0, index, err);
}

bool mf_gap_index_keep_from(struct gap_index *gap, uint64_t index, struct err *err)
{
    return keep(gap, index, UINT64_MAX, err);
}

bool mf_gap_index_copy_below(const struct gap_index *gap, uint64_t index, struct dedup_entry **out,
                             size_t *count, struct err *err)
{
    struct dedup_entry *copy = mf_array_new(gap->count, sizeof *copy);
    size_t n = 0;

    if (copy == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for recent entries");
    for (size_t i = 0; i < gap->cap; i++)
        if (gap->slots[i].index < index)
            copy[n++] = gap->slots[i];
    *out = copy;
    *count = n;
    return true;
}
