#include "transparency/merkle/compact_range.h"

#include <assert.h>

void mf_compact_range_append(struct crypto *c, struct compact_range *r,
                             const uint8_t leaf_hash[static 32], const struct node_sink *sink)
{
    uint8_t hash[MF_MERKLE_HASH_LEN];
    uint64_t index = r->size;
    unsigned count = mf_compact_range_peak_count(r);
    unsigned level = 0;

    assert(r->size < INT64_MAX);
    memcpy(hash, leaf_hash, sizeof hash);
    if (sink != NULL)
        sink->node(sink->state, 0, index, hash);
    /* Each low bit that is set is a peak as tall as what is in hand: join them. */
    for (; (index & 1) != 0; index >>= 1) {
        mf_merkle_hash_node(c, r->peaks[--count], hash, hash);
        level++;
        if (sink != NULL)
            sink->node(sink->state, level, index >> 1, hash);
    }
    memcpy(r->peaks[count], hash, sizeof hash);
    r->size++;
}

void mf_compact_range_root(struct crypto *c, const struct compact_range *r, uint8_t out[static 32])
{
    unsigned count = mf_compact_range_peak_count(r);

    if (count == 0) {
        memcpy(out, mf_merkle_hash_empty, MF_MERKLE_HASH_LEN);
        return;
    }
    memcpy(out, r->peaks[count - 1], MF_MERKLE_HASH_LEN);
    for (unsigned i = count - 1; i-- > 0;)
        mf_merkle_hash_node(c, r->peaks[i], out, out);
}

bool mf_compact_range_write(const struct compact_range *r, struct buf *out, struct err *err)
{
    size_t n = mf_compact_range_peak_count(r) * (size_t)MF_MERKLE_HASH_LEN;

    if (!mf_buf_reserve(out, 8 + n, err))
        return false;
    mf_put_be64(out->p + out->n, r->size);
    memcpy(out->p + out->n + 8, r->peaks, n);
    out->n += 8 + n;
    return true;
}

bool mf_compact_range_read(struct span bytes, struct compact_range *out, struct err *err)
{
    struct compact_range r = {0};

    if (bytes.n < 8)
        return mf_err_set(err, MF_ERR_FORMAT, "compact range is cut short");
    r.size = mf_be64(bytes.p);
    if (r.size > INT64_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "tree size is not below 2^63");
    size_t n = mf_compact_range_peak_count(&r) * (size_t)MF_MERKLE_HASH_LEN;
    if (bytes.n != 8 + n)
        return mf_err_set(err, MF_ERR_FORMAT, "compact range has %zu bytes, its size needs %zu",
                          bytes.n, 8 + n);
    memcpy(r.peaks, bytes.p + 8, n);
    *out = r;
    return true;
}

bool mf_compact_range_load(const struct node_source *source, uint64_t size,
                           struct compact_range *out, struct err *err)
{
    struct compact_range r = {.size = size};
    unsigned peak = 0;

    if (size > INT64_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "tree size is not below 2^63");
    for (unsigned level = 63; level-- > 0;) {
        if ((size >> level & 1) == 0)
            continue;
        /* What stands left of this peak is a whole number of subtrees of its height. */
        uint64_t index = (size >> level) - 1;
        if (!source->node(source->state, level, index, r.peaks[peak++], err))
            return false;
    }
    *out = r;
    return true;
}
