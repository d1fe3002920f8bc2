/* Any bytes are refused with a reason, or parse to fields that lie inside them. */
#include "client/verify/tst_info.h"
#include "tests/support/fuzz.h"

static bool lies_in(struct span part, struct span whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tsr t = {.tst_info = {data, size}};
    struct err err = {0};

    if (!mf_tst_info_parse(&t, &err)) {
        mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0');
        return 0;
    }
    mf_require(lies_in(t.imprint, t.tst_info));
    mf_require(t.imprint.n == mf_digest_length(t.imprint_alg));
    mf_require(!t.has_nonce || (lies_in(t.nonce, t.tst_info) && t.nonce.n > 0));
    mf_require(t.gen_time.ns < 1000000000);
    return 0;
}
