/* A list verifies only by a bundle of its own that verifies alone; its counts fit its lines. */
#include "client/verify/list_verifier.h"
#include "tests/support/fuzz.h"
#include "tests/support/sample.h"

static struct crypto *crypto;
static struct trusted_root *root;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    const struct demand row = mf_demand_exactly(MF_SPAN(MF_SAMPLE_IDENTITY),
                                                MF_SPAN(MF_SAMPLE_ISSUER));
    const struct identity_demand demand = {&row, 1};
    struct artifact artifact;
    struct verification alone;
    struct err err = {0};

    if (crypto == NULL) {
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err));
        root = mf_sample_root();
    }
    mf_require(
        mf_artifact_of(crypto, MF_SPAN(MF_SAMPLE_ARTIFACT), MF_DIGESTS_ALL, &artifact, &err));
    const struct verify_params params = {.root = root, .demand = &demand, .artifact = &artifact};
    bool ok = mf_bundle_list_verify(crypto, (struct span){data, size}, &params, &verdict, &err);
    mf_require(verdict.others + verdict.unreadable <= size + 1 && verdict.line <= size + 1);
    mf_require((verdict.bundle != NULL) == (verdict.line > 0));
    if (!ok) {
        mf_require(err.code == MF_ERR_REJECTED || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(mf_bundle_verify(crypto, verdict.bundle, &params, &alone, &err));
    return 0;
}
