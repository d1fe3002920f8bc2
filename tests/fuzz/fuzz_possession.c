/* Any text of a key, or of a request for a certificate, is refused for a reason of its sender's: a
 * proof over a challenge that nobody has signed never passes by signature. */
#include "ca-stub/certificate/proof_of_possession.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    enum proof_refusal why = MF_PROOF_FAULT;
    struct err err = {0};

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    struct span text = {data, size};
    const struct possession possession = {text, MF_SPAN("someone@example.org"), MF_SPAN("none")};
    mf_require(!mf_proof_by_signature(c, &possession, &key, &why, &err));
    mf_require(key == NULL && why != MF_PROOF_FAULT && err.what[0] != '\0');

    why = MF_PROOF_FAULT;
    mf_err_clear(&err);
    if (mf_proof_by_csr(c, text, &key, &why, &err)) {
        mf_require(key != NULL);
        return 0;
    }
    mf_require(key == NULL && why != MF_PROOF_FAULT && err.what[0] != '\0');
    return 0;
}
