/* A public key that is accepted is one for OpenSSL too, in the same bytes; a PKCS#8 likewise. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/crypto/key.h"
#include "tests/support/fuzz.h"

static struct crypto *context(void)
{
    static struct crypto *c;
    struct err err = {0};

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    return c;
}

static void check_public(struct span der)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    const unsigned char *p = der.p;
    unsigned char *written = NULL;
    struct err err = {0};

    if (!mf_public_key_from_spki(context(), der, &key, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return;
    }
    mf_require(mf_span_eq(mf_public_key_spki(key), der));
    EVP_PKEY *theirs = d2i_PUBKEY(NULL, &p, (long)der.n);
    mf_require(theirs != NULL && p == der.p + der.n);
    int n = i2d_PUBKEY(theirs, &written);
    mf_require(n > 0 && mf_span_eq((struct span){written, (size_t)n}, der));
    OPENSSL_free(written);
    EVP_PKEY_free(theirs);
}

static void check_private(struct span der)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    MF_SCOPED(mf_secret_done) struct secret again = {0};
    struct err err = {0};

    mf_require(mf_secret_copy(der, &secret, &err));
    if (!mf_private_key_from_pkcs8(context(), &secret, &key, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return;
    }
    mf_require(mf_private_key_to_pkcs8(context(), key, &again, &err));
    mf_private_key_free(&key);
    mf_require(mf_private_key_from_pkcs8(context(), &again, &key, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_public((struct span){data, size});
    check_private((struct span){data, size});
    return 0;
}
