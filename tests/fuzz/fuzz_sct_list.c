/* A list that is read lies inside the input and is written back as the same bytes. */
#include "tests/support/fuzz.h"
#include "transparency/sct/sct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf again = {.max = size};
    struct span input = {data, size};
    struct sct_list list;
    struct err err = {0};
    bool found = false;
    uint64_t index = 0;

    if (!mf_sct_list_from_extension(input, &list, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(list.count >= 1 && list.count <= MF_SCT_LIST_MAX);
    for (size_t i = 0; i < list.count; i++) {
        struct err refused = {0};
        const struct sct *s = &list.scts[i];
        mf_require(s->signature.p > data && s->signature.p + s->signature.n <= data + size);
        if (!mf_sct_leaf_index_find(s->extensions, &found, &index, &refused))
            mf_require(refused.code == MF_ERR_FORMAT && refused.what[0] != '\0');
        mf_require(index < UINT64_C(1) << 40);
    }
    mf_require(mf_sct_list_to_extension(&list, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), input));
    return 0;
}
