/* Any bytes are refused with a message, or parse to fields that lie inside the input and are
 * written back as the same bytes. */
#include "tests/support/fuzz.h"
#include "transparency/note/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_CHECKPOINT_TEXT_MAX};
    struct checkpoint c;
    struct err err = {0};

    if (!mf_checkpoint_parse((struct span){data, size}, &c, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(size <= MF_CHECKPOINT_TEXT_MAX && c.size <= INT64_MAX);
    mf_require(c.origin.p == data && c.origin.n > 0);
    mf_require(c.extensions.p + c.extensions.n == data + size);
    mf_require(mf_checkpoint_format(&c, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), (struct span){data, size}));
    return 0;
}
