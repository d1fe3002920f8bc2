/* Any answer of a CA is refused with a reason, or gives the bytes of a certificate. */
#include "client/sign/ca_request.h"
#include "common/x509/cert.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf certificate = {.max = MF_CERT_MAX};
    struct err err = {0};
    struct cert cert;

    if (!mf_ca_answer_leaf((struct span){data, size}, &certificate, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && certificate.n == 0);
        return 0;
    }
    mf_require(certificate.n <= MF_CERT_MAX);
    if (mf_cert_parse(mf_buf_span(&certificate), &cert, &err))
        mf_require(mf_span_eq(cert.der, mf_buf_span(&certificate)));
    return 0;
}
