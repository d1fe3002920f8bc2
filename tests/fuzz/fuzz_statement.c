/* Any payload is refused with a reason or names the artifact; one of which no digest is known is
 * never named. */
#include "client/bundle/statement.h"
#include "tests/support/fuzz.h"

static struct artifact sample;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_crypto_free) struct crypto *crypto = NULL;
    const struct artifact unknown = {.has = {false}};
    struct span payload = {data, size};
    struct err err = {0};
    struct err why = {0};

    if (!sample.has[0]) {
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err));
        mf_require(mf_artifact_of(crypto, MF_SPAN("a sample\n"), 7, &sample, &err));
    }
    mf_require(!mf_statement_match(payload, &unknown, &why));
    if (mf_statement_match(payload, &sample, &err)) {
        mf_require(why.code == MF_ERR_REJECTED);
        return 0;
    }
    mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT ||
               err.code == MF_ERR_REJECTED);
    mf_require(err.what[0] != '\0' && why.what[0] != '\0');
    return 0;
}
