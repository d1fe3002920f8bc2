/* Any bytes are refused with a reason, or are the only spelling of what was read from them. */
#include "ca-stub/identity/jws.h"
#include "common/codec/base64.h"
#include "tests/support/fuzz.h"

static void put(struct buf *out, struct span bytes)
{
    struct err err = {0};

    mf_require(mf_base64_append_url(out, bytes, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_TOKEN_MAX};
    const struct span token = {data, size};
    struct err err = {0};
    struct refusal why = {.err = &err};

    if (!mf_jws_parse(token, &jws, &why)) {
        mf_require(err.code == MF_ERR_DENIED && err.what[0] != '\0');
        mf_require(why.reason[0] != '\0' && jws.decoded.p == NULL);
        return 0;
    }
    mf_require(size <= MF_TOKEN_MAX && jws.alg < MF_JWS_ALG_COUNT_);
    mf_require(jws.signing_input.p == data && jws.signing_input.n < size);
    mf_require(jws.payload.n > 0 && jws.signature.n > 0);
    mf_require(!jws.has_kid || jws.kid[0] != '\0');
    size_t header = mf_span_find(token, '.');
    mf_require(mf_buf_append(&again, mf_span_first(token, header + 1), &err));
    put(&again, jws.payload);
    mf_require(mf_span_eq(mf_buf_span(&again), jws.signing_input));
    mf_require(mf_buf_append_byte(&again, '.', &err));
    put(&again, jws.signature);
    mf_require(mf_span_eq(mf_buf_span(&again), token));
    return 0;
}
