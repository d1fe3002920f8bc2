/* What a witness finds on its disk: refused with the line, or written again it is the same. */
#include "tests/support/fuzz.h"
#include "transparency/witness/witness_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_WITNESS_RECORD_MAX};
    const struct span text = {data, size};
    struct witness_record record;
    struct err err = {0};

    if (!mf_witness_record_parse(text, &record, &err)) {
        mf_require(err.code == MF_ERR_LIMIT || err.where[0] != '\0');
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(mf_witness_record_format(&record, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), text));
    return 0;
}
