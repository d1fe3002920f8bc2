/* Any bytes are refused with a message, or parse to parts that lie inside the input. */
#include <openssl/x509.h>

#include "ca-stub/certificate/csr.h"
#include "tests/support/fuzz.h"

static bool inside(struct span part, const uint8_t *data, size_t size)
{
    return part.n == 0 || (part.p >= data && part.p + part.n <= data + size);
}

/* Where OpenSSL takes it too, it takes all of it. */
static void compare(struct span der)
{
    const unsigned char *p = der.p;
    X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.n);

    mf_require(req == NULL || p == der.p + der.n);
    X509_REQ_free(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csr csr = {0};
    struct err err = {0};

    if (!mf_csr_parse((struct span){data, size}, &csr, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT ||
                   err.code == MF_ERR_DENIED);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(size <= MF_CSR_MAX);
    mf_require(inside(csr.signed_bytes, data, size) && csr.signed_bytes.n > 0);
    mf_require(inside(csr.spki, csr.signed_bytes.p, csr.signed_bytes.n) && csr.spki.n > 0);
    mf_require(inside(csr.signature, data, size));
    compare((struct span){data, size});
    return 0;
}
