/* A changed token is refused, or says the time that the sample's says. */
#include "client/verify/timestamp_check.h"
#include "tests/support/fuzz.h"
#include "tests/support/sample.h"

static struct {
    struct crypto *crypto;
    struct trusted_root *root;
    struct bundle *bundle;
    struct tsr tsr;
} sample;

static void load_sample(void)
{
    struct err err = {0};

    mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &sample.crypto, &err));
    sample.root = mf_sample_root();
    sample.bundle = mf_sample_bundle();
    mf_require(mf_tsr_parse(mf_buf_span(&sample.bundle->timestamps[0]), &sample.tsr, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct instant at = {0};
    struct err err = {0};
    bool known = false;

    if (sample.crypto == NULL)
        load_sample();
    if (!mf_timestamp_check(sample.crypto, (struct span){data, size},
                            mf_buf_span(&sample.bundle->signature), sample.root, &at, &known,
                            &err)) {
        mf_require(err.code == MF_ERR_REJECTED && err.what[0] != '\0');
        return 0;
    }
    mf_require(known && mf_instant_cmp(at, sample.tsr.gen_time) == 0);
    return 0;
}
