#include "transparency/engine/batch_nodes.h"

enum { LEVEL_MAX = 64 * 1024 * 1024 }; /* bytes */

void mf_batch_nodes_begin(struct batch_nodes *batch, const struct compact_range *before)
{
    for (size_t i = 0; i < MF_LEN(batch->levels); i++) {
        batch->levels[i].max = LEVEL_MAX;
        mf_buf_reset(&batch->levels[i]);
    }
    batch->before = *before;
    batch->failed = false;
}

void mf_batch_nodes_done(struct batch_nodes *batch)
{
    for (size_t i = 0; i < MF_LEN(batch->levels); i++)
        mf_buf_done(&batch->levels[i]);
}

static void keep(void *state, unsigned level, uint64_t index, const uint8_t hash[static 32])
{
    struct batch_nodes *b = state;
    struct err err = {0};

    (void)index; /* nodes of a level complete from left to right */
    if (!mf_buf_append(&b->levels[level], (struct span){hash, 32}, &err))
        b->failed = true;
}

struct node_sink mf_batch_nodes_sink(struct batch_nodes *batch)
{
    return (struct node_sink){.node = keep, .state = batch};
}

/* A subtree wholly before the commit, asked for by one of its entries, is a peak of that time. */
static bool find_peak(const struct compact_range *range, unsigned level, uint64_t index,
                      uint8_t out[static 32], struct err *err)
{
    uint64_t bit = 1ULL << level;

    if ((range->size & bit) == 0 || (range->size >> (level + 1)) << 1 != index)
        return mf_err_set(err, MF_ERR_INTERNAL, "node %u/%llu is no peak of this commit", level,
                          (unsigned long long)index);
    unsigned before = (unsigned)__builtin_popcountll(range->size >> level) - 1;
    memcpy(out, range->peaks[before], 32);
    return true;
}

static bool get(void *state, unsigned level, uint64_t index, uint8_t out[static 32],
                struct err *err)
{
    struct batch_nodes *b = state;
    uint64_t first = b->before.size >> level;

    if (index < first)
        return find_peak(&b->before, level, index, out, err);
    size_t at = (size_t)(index - first) * 32;
    if (at + 32 > b->levels[level].n)
        return mf_err_set(err, MF_ERR_INTERNAL, "node %u/%llu is not complete", level,
                          (unsigned long long)index);
    memcpy(out, b->levels[level].p + at, 32);
    return true;
}

struct node_source mf_batch_nodes_source(struct batch_nodes *batch)
{
    return (struct node_source){.node = get, .state = batch};
}
