/* What is accepted as a canonical body is exactly what printing gives. */
#include "tests/support/fuzz.h"
#include "transparency/entry/hashedrekord.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_HASHEDREKORD_BODY_MAX};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_HASHEDREKORD_BODY_MAX};
    struct hashedrekord r;
    struct err err = {0};

    if (!mf_hashedrekord_parse_body((struct span){data, size}, &storage, &r, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(mf_hashedrekord_print(&r, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), (struct span){data, size}));
    return 0;
}
