/* Any bytes are refused with a message, or are a set whose keys are found by their names. */
#include "ca-stub/identity/jwks.h"
#include "tests/support/fuzz.h"

static struct crypto *context(void)
{
    static struct crypto *c;
    struct err err = {0};

    mf_require(c != NULL || mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    struct err err = {0};

    if (!mf_jwks_parse(context(), (struct span){data, size}, &set, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && set == NULL);
        return 0;
    }
    size_t count = mf_jwks_count(set);
    mf_require(size <= MF_JWKS_MAX && count >= 1 && count <= MF_JWKS_KEYS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct jwk *jwk = mf_jwks_at(set, i);
        const struct jwk *found = NULL;
        enum jwks_answer answer = mf_jwks_find(set, jwk->kid, &found);
        mf_require(jwk->key != NULL);
        mf_require(!jwk->has_alg || mf_jws_alg_key(jwk->alg) == mf_public_key_kind(jwk->key));
        mf_require(answer == MF_JWKS_AMBIGUOUS || (answer == MF_JWKS_FOUND && found == jwk));
        mf_require(mf_public_key_kind(jwk->key) != MF_KEY_RSA ||
                   mf_public_key_bits(jwk->key) >= 2048);
    }
    return 0;
}
