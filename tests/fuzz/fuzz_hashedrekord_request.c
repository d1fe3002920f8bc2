/* A request that is read prints as a body that reads as the same entry, and so does what we would
 * send for it. Admission may refuse it, but with a reason. */
#include "tests/support/fuzz.h"
#include "transparency/entry/hashedrekord.h"

static void require_same(const struct hashedrekord *a, const struct hashedrekord *b)
{
    mf_require(a->key_details == b->key_details && a->is_certificate == b->is_certificate);
    mf_require(mf_span_eq(a->digest, b->digest) && mf_span_eq(a->signature, b->signature));
    mf_require(mf_span_eq(a->verifier, b->verifier));
}

static void print_and_read(struct crypto *c, const struct hashedrekord *r)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_HASHEDREKORD_REQUEST_MAX};
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_HASHEDREKORD_REQUEST_MAX};
    struct hashedrekord again;
    struct err err = {0};

    mf_require(mf_hashedrekord_print(r, &text, &err));
    if (text.n <= MF_HASHEDREKORD_BODY_MAX) {
        mf_require(mf_hashedrekord_parse_body(mf_buf_span(&text), &storage, &again, &err));
        require_same(r, &again);
    }
    mf_buf_reset(&text);
    mf_require(mf_hashedrekord_write_request(r, &text, &err));
    mf_require(mf_hashedrekord_parse_request(c, mf_buf_span(&text), &storage, &again, &err));
    require_same(r, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = size};
    struct hashedrekord r;
    struct err err = {0};

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    if (!mf_hashedrekord_parse_request(c, (struct span){data, size}, &storage, &r, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    print_and_read(c, &r);
    if (!mf_hashedrekord_verify(c, &r, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT ||
                   err.code == MF_ERR_REJECTED);
        mf_require(err.what[0] != '\0');
    }
    return 0;
}
