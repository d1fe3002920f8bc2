/* Each signature has one spelling: to the other form and back gives the same bytes. */
#include "common/crypto/verifier.h"
#include "tests/support/fuzz.h"

static void from_der(struct span der)
{
    static const size_t widths[] = {32, 48, 66};
    struct span r, s;
    struct err err = {0};

    if (!mf_ecdsa_numbers(der, &r, &s, &err)) {
        mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0');
        return;
    }
    mf_require(r.n > 0 && r.p > der.p && s.n > 0 && s.p > r.p && s.p + s.n == der.p + der.n);
    for (size_t i = 0; i < MF_LEN(widths); i++) {
        MF_SCOPED(mf_buf_done) struct buf raw = {.max = 256}, again = {.max = 256};
        struct err why = {0};
        if (!mf_ecdsa_to_raw(der, widths[i], &raw, &why))
            continue;
        mf_require(raw.n == 2 * widths[i]);
        mf_require(mf_ecdsa_from_raw(mf_buf_span(&raw), widths[i], &again, &why));
        mf_require(mf_span_eq(mf_buf_span(&again), der));
    }
}

static void from_raw(struct span raw)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 1024}, again = {.max = 1024};
    struct err err = {0};

    if (raw.n > 132 || !mf_ecdsa_from_raw(raw, raw.n / 2, &der, &err))
        return;
    mf_require(mf_ecdsa_to_raw(mf_buf_span(&der), raw.n / 2, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), raw));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    from_der((struct span){data, size});
    from_raw((struct span){data, size});
    return 0;
}
