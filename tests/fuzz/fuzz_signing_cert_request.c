/* Any bytes are refused with a message, or give a request of bounded size in one flow. The first
 * byte chooses the version of the API. */
#include "ca-stub/server/signing_cert_request.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signing_cert_request r = {0};
    struct err err = {0};

    if (size == 0)
        return 0;
    enum signing_cert_api api = data[0] % 2 == 0 ? MF_SIGNING_CERT_V2 : MF_SIGNING_CERT_V1;
    struct span body = {data + 1, size - 1};
    if (!mf_signing_cert_parse(body, api, &r, &err)) {
        mf_require(err.what[0] != '\0' && err.code != MF_ERR_INTERNAL);
        mf_require(r.token.p == NULL && r.csr.p == NULL && r.key.p == NULL);
        return 0;
    }
    mf_require(!r.has_csr || (r.key.n == 0 && r.signature.n == 0));
    mf_require(r.token.n + r.csr.n + r.key.n + r.signature.n <= size);
    mf_require(api == MF_SIGNING_CERT_V2 || r.token.n == 0);
    mf_signing_cert_request_done(&r);
    return 0;
}
