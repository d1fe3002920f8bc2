/* An encrypted key is refused with a message, or decrypts to less than there was. */
#include "common/codec/der.h"
#include "common/crypto/pbes2.h"
#include "tests/support/fuzz.h"

/* Numbers of three bytes or more ask for work that a fuzzer has no time for; what is allowed of
 * them is in a unit test. */
static bool asks_for_work(struct span der)
{
    struct span body, alg, params, kdf, part, number;
    struct err err = {0};

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, &err) ||
        !mf_der_take(&body, MF_DER_SEQUENCE, &alg, &err) ||
        !mf_der_take(&alg, MF_DER_OID, &part, &err) ||
        !mf_der_take(&alg, MF_DER_SEQUENCE, &params, &err) ||
        !mf_der_take(&params, MF_DER_SEQUENCE, &kdf, &err) ||
        !mf_der_take(&kdf, MF_DER_OID, &part, &err) ||
        !mf_der_take(&kdf, MF_DER_SEQUENCE, &part, &err) ||
        !mf_der_take(&part, MF_DER_OCTET_STRING, &number, &err))
        return false;
    while (mf_der_take_optional(&part, MF_DER_INTEGER, &number, &err))
        if (number.n > 2)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    static struct secret passphrase;
    MF_SCOPED(mf_secret_done) struct secret plain = {0};
    struct span der = {data, size};
    struct err err = {0};

    if (asks_for_work(der))
        return 0;
    if (c == NULL) {
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
        mf_require(mf_secret_copy(MF_SPAN("correct horse"), &passphrase, &err));
    }
    if (!mf_pbes2_decrypt(c, der, &passphrase, &plain, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && plain.p == NULL);
        return 0;
    }
    mf_require(plain.n < size && plain.n <= MF_PBES2_PLAIN_MAX);
    return 0;
}
