/* Blocks that are read can be written and read again; a refusal leaves everything as it was. */
#include "common/codec/pem.h"
#include "tests/support/fuzz.h"

static void write_and_read(struct span label, struct span der)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = der.n * 2 + 300};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = der.n};
    struct err err = {0};
    char name[80];

    mf_require(label.n < sizeof name);
    memcpy(name, label.p, label.n);
    name[label.n] = '\0';
    mf_require(mf_pem_append(&text, name, der, &err));
    mf_require(mf_pem_only(mf_buf_span(&text), name, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), der));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = {data, size};
    const uint8_t *end = data + size;

    for (;;) {
        MF_SCOPED(mf_buf_done) struct buf der = {.max = size};
        struct span before = rest;
        struct span label;
        struct err err = {0};
        if (!mf_pem_next(&rest, &label, &der, &err)) {
            mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_NOT_FOUND);
            mf_require(err.what[0] != '\0' && der.n == 0 && rest.p == before.p);
            return 0;
        }
        mf_require(rest.n < before.n && rest.p + rest.n == end && der.n > 0);
        mf_require(label.p > before.p && label.p + label.n < rest.p);
        write_and_read(label, mf_buf_span(&der));
    }
}
