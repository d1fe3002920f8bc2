/* Any bytes are refused with a reason, or parse to fields that lie inside them. */
#include "client/verify/tsr.h"
#include "tests/support/fuzz.h"

static bool lies_in(struct span part, struct span whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span whole = {data, size};
    struct tsr t = {.certificate_count = 99};
    struct err err = {0};

    if (!mf_tsr_parse(whole, &t, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && t.certificate_count == 99);
        return 0;
    }
    const struct span parts[] = {t.tst_info,       t.imprint,  t.signer_issuer,
                                 t.signer_serial,  t.sig_alg,  t.signature,
                                 t.message_digest, t.ess_hash, t.signed_attrs};
    mf_require(size <= MF_TSR_MAX && t.certificate_count <= MF_TSR_CERTIFICATES_MAX);
    for (size_t i = 0; i < MF_LEN(parts); i++)
        mf_require(lies_in(parts[i], whole));
    for (size_t i = 0; i < t.certificate_count; i++)
        mf_require(lies_in(t.certificates[i], whole));
    mf_require(!t.has_nonce || (lies_in(t.nonce, whole) && t.nonce.n > 0));
    mf_require(t.imprint.n == mf_digest_length(t.imprint_alg));
    mf_require(t.signed_attrs.n > 2 && t.signed_attrs.p[0] == 0xA0);
    return 0;
}
