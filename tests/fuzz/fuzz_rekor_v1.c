/* A Rekor v1 body is refused with a message, or its values lie in what the parser owns. */
#include "tests/support/fuzz.h"
#include "transparency/entry/rekor_v1.h"

static void require_inside(struct span value, const struct buf *owner)
{
    mf_require(value.n == 0 || (value.p >= owner->p && value.p + value.n <= owner->p + owner->n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_rekor_v1_done) struct rekor_v1_body b = {0};
    struct err err = {0};

    if (!mf_rekor_v1_parse_body((struct span){data, size}, &b, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && b.owned.p == NULL);
        return 0;
    }
    mf_require(b.digest.n == mf_digest_length(b.digest_alg));
    mf_require(b.signature.n > 0 && b.verifier.n > 0);
    require_inside(b.digest, &b.owned);
    require_inside(b.signature, &b.owned);
    require_inside(b.verifier, &b.owned);
    require_inside(b.payload_type, &b.owned);
    return 0;
}
