/* A key file is refused with a message, or its key comes back from its own SubjectPublicKeyInfo. */
#include "client/trust/managed_key.h"
#include "tests/support/fuzz.h"

static struct crypto *crypto;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_managed_key_done) struct managed_key key = {0}, again = {0};
    struct err err = {0};

    if (crypto == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err));
    if (!mf_managed_key_parse(crypto, (struct span){data, size}, &key, &err)) {
        mf_require(err.code == MF_ERR_TRUST && err.what[0] != '\0' && key.key == NULL);
        return 0;
    }
    mf_require(mf_managed_key_parse(crypto, mf_public_key_spki(key.key), &again, &err));
    mf_require(memcmp(key.fingerprint, again.fingerprint, sizeof key.fingerprint) == 0);
    return 0;
}
