/* A changed bundle is refused, or says of the same artifact what the sample says: the same
 * certificate, signature, log entry and time. */
#include "client/verify/bundle_verifier.h"
#include "common/base/clock.h"
#include "tests/support/fuzz.h"
#include "tests/support/sample.h"

static struct {
    struct crypto *crypto;
    struct trusted_root *root;
    struct bundle *bundle;
    struct artifact artifact;
    struct verification verification;
} sample;

static bool verify(const struct bundle *bundle, struct verification *out, struct err *err)
{
    const struct demand row = mf_demand_exactly(MF_SPAN(MF_SAMPLE_IDENTITY),
                                                MF_SPAN(MF_SAMPLE_ISSUER));
    const struct identity_demand demand = {&row, 1};
    const struct verify_params params = {
        .root = sample.root, .demand = &demand, .artifact = &sample.artifact};

    return mf_bundle_verify(sample.crypto, bundle, &params, out, err);
}

static void load_sample(void)
{
    struct err err = {0};

    mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &sample.crypto, &err));
    sample.root = mf_sample_root();
    sample.bundle = mf_sample_bundle();
    mf_require(
        mf_artifact_of(sample.crypto, MF_SPAN(MF_SAMPLE_ARTIFACT), 7, &sample.artifact, &err));
    mf_require(verify(sample.bundle, &sample.verification, &err));
    mf_require(sample.verification.time_count == 1);
}

static void check_refusal(const struct verification *v, const struct err *err)
{
    size_t failed = 0;

    mf_require(err->code == MF_ERR_REJECTED && err->what[0] != '\0');
    for (size_t i = 0; i < MF_STEP_REVOCATION; i++)
        failed += v->steps[i] == MF_STEP_FAILED;
    mf_require(failed == 1);
}

static void check_verdict(const struct bundle *b, const struct verification *v)
{
    for (size_t i = 0; i < MF_STEP_COUNT; i++) {
        bool is_asked = i != MF_STEP_WITNESS && i != MF_STEP_STATEMENT && i != MF_STEP_FLOOR &&
                        i != MF_STEP_REVOCATION;
        mf_require(v->steps[i] == (is_asked ? MF_STEP_PASSED : MF_STEP_NOT_CHECKED));
    }
    mf_require(!b->is_dsse);
    mf_require(mf_span_eq(mf_buf_span(&b->certificate), mf_buf_span(&sample.bundle->certificate)));
    mf_require(mf_span_eq(mf_buf_span(&b->signature), mf_buf_span(&sample.bundle->signature)));
    mf_require(v->entries[0].index == sample.verification.entries[0].index);
    mf_require(v->time_count > 0);
    for (size_t i = 0; i < v->time_count; i++)
        mf_require(mf_instant_cmp(v->times[i], sample.verification.times[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;
    struct verification v;
    struct err err = {0};

    if (sample.crypto == NULL)
        load_sample();
    if (!mf_bundle_parse((struct span){data, size}, &b, &err))
        return 0;
    if (verify(b, &v, &err))
        check_verdict(b, &v);
    else
        check_refusal(&v, &err);
    return 0;
}
