/* Any token is refused as the user's mistake, or says of itself no more than fits a token. */
#include "client/token/token_source.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    struct err err = {0};

    if (size > MF_TOKEN_MAX || !mf_secret_copy((struct span){data, size}, &token, &err))
        return 0;
    if (!mf_token_claims_read(&token, &claims, &err)) {
        mf_require(err.code == MF_ERR_USAGE && err.what[0] != '\0');
        mf_require(claims.issuer.p == NULL && claims.subject.p == NULL);
        return 0;
    }
    const struct buf *parts[] = {&claims.issuer, &claims.subject, &claims.email, &claims.audience};
    for (size_t i = 0; i < MF_LEN(parts); i++)
        mf_require(parts[i]->n < size);
    return 0;
}
