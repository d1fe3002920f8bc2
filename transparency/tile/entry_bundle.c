#include "transparency/tile/entry_bundle.h"

enum { LENGTH = 2, ENTRIES_MAX = 256 };

bool mf_entry_bundle_append(struct buf *bundle, struct span entry, struct err *err)
{
    if (entry.n > MF_ENTRY_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "entry is larger than %d bytes", MF_ENTRY_MAX);
    /* Room first, so that a full buffer is not left with half an entry. */
    return mf_buf_reserve(bundle, LENGTH + entry.n, err) &&
           mf_buf_append_be(bundle, entry.n, LENGTH, err) && mf_buf_append(bundle, entry, err);
}

bool mf_entry_bundle_next(struct span *rest, struct span *entry, struct err *err)
{
    if (rest->n < LENGTH)
        return mf_err_set(err, MF_ERR_FORMAT, "entry bundle ends inside a length");
    size_t n = mf_be16(rest->p);
    struct span after = mf_span_from(*rest, LENGTH);
    if (after.n < n)
        return mf_err_set(err, MF_ERR_FORMAT, "entry bundle ends inside an entry");
    *entry = mf_span_first(after, n);
    *rest = mf_span_from(after, n);
    return true;
}

bool mf_entry_bundle_first(struct span bundle, unsigned width, struct span *out, struct err *err)
{
    struct span rest = bundle, entry;

    if (width > ENTRIES_MAX)
        return mf_err_set(err, MF_ERR_INTERNAL, "no bundle has %u entries", width);
    for (unsigned i = 0; i < width; i++) {
        if (rest.n == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "entry bundle has %u entries, not %u", i, width);
        if (!mf_entry_bundle_next(&rest, &entry, err))
            return mf_err_at(err, "entry %u", i);
    }
    *out = mf_span_first(bundle, bundle.n - rest.n);
    return true;
}

bool mf_entry_bundle_at(struct span bundle, unsigned offset, struct span *entry, struct err *err)
{
    struct span before;

    if (!mf_entry_bundle_first(bundle, offset, &before, err))
        return false;
    struct span rest = mf_span_from(bundle, before.n);
    if (rest.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "entry bundle has only %u entries", offset);
    return mf_entry_bundle_next(&rest, entry, err) || mf_err_at(err, "entry %u", offset);
}

bool mf_entry_bundle_check(struct span bundle, unsigned width, struct err *err)
{
    struct span used;

    if (!mf_entry_bundle_first(bundle, width, &used, err))
        return false;
    if (used.n != bundle.n)
        return mf_err_set(err, MF_ERR_FORMAT, "entry bundle has more than %u entries", width);
    return true;
}
