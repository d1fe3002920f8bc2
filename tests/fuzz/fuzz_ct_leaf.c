/* Records that are read are written back as the same bytes. */
#include "tests/support/fuzz.h"
#include "transparency/sct/ct_leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf again = {.max = size}, merkle = {.max = size + 2};
    struct span rest = {data, size};
    struct err err = {0};

    while (rest.n > 0) {
        struct ct_leaf leaf;
        struct span before = rest;
        if (!mf_ct_leaf_next(&rest, &leaf, &err)) {
            mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
            mf_require(err.what[0] != '\0' && rest.n == before.n);
            break;
        }
        mf_require(rest.n < before.n && rest.p + rest.n == data + size);
        mf_buf_reset(&merkle);
        mf_require(mf_ct_leaf_merkle(&leaf, &merkle, &err));
        mf_require(mf_ct_leaf_write(&leaf, mf_buf_span(&merkle), &again, &err));
    }
    mf_require(mf_span_starts((struct span){data, size}, mf_buf_span(&again)));
    mf_require(again.n == size - rest.n);
    return 0;
}
