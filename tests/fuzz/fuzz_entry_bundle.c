/* The entries of a bundle lie one after the other inside of it, however they are asked for. */
#include "tests/support/fuzz.h"
#include "transparency/tile/entry_bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span bundle = {data, size};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = size};
    struct span rest = bundle, entry, same, first;
    struct err err = {0};
    unsigned count = 0;

    while (rest.n > 0 && count < 256 && mf_entry_bundle_next(&rest, &entry, &err)) {
        mf_require(entry.p + entry.n == rest.p && rest.p + rest.n == data + size);
        mf_require(mf_entry_bundle_at(bundle, count, &same, &err) && same.p == entry.p);
        mf_require(mf_entry_bundle_append(&again, entry, &err));
        count++;
    }
    mf_require(err.code == MF_OK || (err.code == MF_ERR_FORMAT && err.what[0] != '\0'));
    mf_require(mf_span_starts(bundle, mf_buf_span(&again)) && again.n == size - rest.n);
    mf_err_clear(&err);
    mf_require(mf_entry_bundle_first(bundle, count, &first, &err) && first.n == again.n);
    mf_require(mf_entry_bundle_check(bundle, count, &err) == (rest.n == 0));
    mf_err_clear(&err);
    mf_require(count == 256 || !mf_entry_bundle_check(bundle, count + 1, &err));
    return 0;
}
