/* A value that is read lies inside the input, and written again gives the same bytes. */
#include "common/codec/der.h"
#include "tests/support/fuzz.h"

static void same_again(const struct buf *written, struct span expected)
{
    mf_require(mf_span_eq(mf_buf_span(written), expected));
}

static void check_content(const struct der_value *v)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = v->whole.n + 16};
    struct err err = {0};
    struct span bytes;
    uint64_t number = 0;
    char text[512];

    if (v->tag == MF_DER_INTEGER && mf_der_unsigned(v->content, &bytes, &err)) {
        mf_require(mf_der_put_unsigned(&b, bytes, &err));
        same_again(&b, v->whole);
        b.n = 0;
        if (mf_der_uint(v->content, &number, &err)) {
            mf_require(mf_der_put_uint(&b, number, &err));
            same_again(&b, v->whole);
        }
    } else if (v->tag == MF_DER_BIT_STRING && mf_der_bit_string(v->content, &bytes, &err)) {
        mf_require(mf_der_put_bits(&b, bytes, &err));
        same_again(&b, v->whole);
    } else if (v->tag == MF_DER_OID) {
        mf_der_oid_text(v->content, text, sizeof text);
        mf_require(strlen(text) < sizeof text);
        /* Text that was cut, or has components that Go refuses, does not come back. */
        if (strlen(text) < sizeof text - 1 && mf_der_oid_parse(mf_span_str(text), &b, &err))
            same_again(&b, v->content);
    }
}

static void walk(struct span bytes, int depth)
{
    struct der_value v;
    struct err err = {0};

    while (bytes.n > 0) {
        MF_SCOPED(mf_buf_done) struct buf b = {.max = bytes.n + 16};
        const uint8_t *from = bytes.p;
        if (!mf_der_next(&bytes, &v, &err)) {
            mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0' && bytes.p == from);
            return;
        }
        mf_require(v.whole.p == from && v.whole.p + v.whole.n == bytes.p);
        mf_require(v.content.p + v.content.n == bytes.p && v.content.n < v.whole.n);
        mf_require(mf_der_put(&b, v.tag, v.content, &err));
        same_again(&b, v.whole);
        check_content(&v);
        if ((v.tag & 0x20) != 0 && depth > 0)
            walk(v.content, depth - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk((struct span){data, size}, 20);
    return 0;
}
