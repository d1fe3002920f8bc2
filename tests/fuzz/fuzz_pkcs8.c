/* A private key is refused with a message, or signs for the public half that it tells, and written
 * again it is the same key. */
#include "common/crypto/verifier.h"
#include "tests/support/fuzz.h"

static void works(struct crypto *c, const struct private_key *key, const struct public_key *half)
{
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    enum sig_scheme scheme = mf_sig_scheme_of(mf_private_key_kind(key));
    struct err err = {0};

    mf_require(mf_sign(c, key, scheme, MF_SPAN("message"), &signature, &err));
    mf_require(mf_verify(c, half, scheme, MF_SPAN("message"), mf_buf_span(&signature), &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    MF_SCOPED(mf_secret_done) struct secret der = {0}, written = {0};
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL, *again = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL, *other = NULL;
    struct err err = {0};

    mf_require(c != NULL || mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    mf_require(mf_secret_copy((struct span){data, size}, &der, &err));
    if (!mf_private_key_from_pkcs8(c, &der, &key, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(mf_private_key_public(c, key, &half, &err));
    works(c, key, half);
    mf_require(mf_private_key_to_pkcs8(c, key, &written, &err));
    mf_require(mf_private_key_from_pkcs8(c, &written, &again, &err));
    mf_require(mf_private_key_public(c, again, &other, &err));
    mf_require(mf_span_eq(mf_public_key_spki(half), mf_public_key_spki(other)));
    return 0;
}
