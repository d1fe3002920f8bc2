/* Text that a strict form accepts is the one spelling of its bytes, and the lenient form agrees. */
#include "common/codec/base64.h"
#include "tests/support/fuzz.h"

static bool decode(struct span text, enum base64_form form, struct buf *out)
{
    struct err err = {0};

    out->max = text.n + 1;
    bool ok = mf_base64_decode(text, form, out, &err);
    mf_require(ok || (err.code == MF_ERR_FORMAT && err.what[0] != '\0' && out->n == 0));
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf std = {0};
    MF_SCOPED(mf_buf_done) struct buf url = {0};
    MF_SCOPED(mf_buf_done) struct buf lenient = {0};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = size + 4};
    struct span text = {data, size};
    struct err err = {0};

    bool is_std = decode(text, MF_BASE64_STD, &std);
    bool is_url = decode(text, MF_BASE64_URL, &url);
    bool is_lenient = decode(text, MF_BASE64_LENIENT, &lenient);
    if (is_std) {
        uint8_t exact[4096];
        mf_require(is_lenient && mf_span_eq(mf_buf_span(&std), mf_buf_span(&lenient)));
        mf_require(mf_base64_append(&again, mf_buf_span(&std), &err));
        mf_require(mf_span_eq(mf_buf_span(&again), text));
        mf_require(std.n > sizeof exact || mf_base64_decode_exact(text, exact, std.n, &err));
        mf_require(std.n > sizeof exact || std.n == 0 || memcmp(exact, std.p, std.n) == 0);
    }
    again.n = 0;
    if (is_url) {
        mf_require(is_lenient && mf_span_eq(mf_buf_span(&url), mf_buf_span(&lenient)));
        mf_require(mf_base64_append_url(&again, mf_buf_span(&url), &err));
        mf_require(mf_span_eq(mf_buf_span(&again), text));
    }
    return 0;
}
