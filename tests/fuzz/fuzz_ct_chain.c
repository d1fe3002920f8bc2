/* A chain that no root vouches for is refused with a reason, and nothing is kept of it. */
#include "tests/support/fuzz.h"
#include "transparency/log/ct_chain.h"
#include "transparency/log/ct_issuers.h"
#include "transparency/log/ct_roots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct log_service service;
    static struct crypto *crypto;
    struct submission s = {.service = &service, .request = {.max = size}};
    struct err err = {0};

    if (crypto == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err) &&
                   mf_ct_roots_load("", &service.roots, &err) &&
                   mf_ct_issuers_new(&service.issuers, &err));
    if (size == 0 || size > MF_CT_BODY_MAX)
        return 0;
    s.is_precert = data[0] == ' '; /* white space before a JSON text has no other meaning */
    mf_require(mf_buf_append(&s.request, (struct span){data, size}, &err));
    mf_require(!mf_ct_chain_read(&s, crypto, &err));
    mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT ||
               err.code == MF_ERR_REJECTED);
    mf_require(err.what[0] != '\0' && s.entry.n == 0 && s.ct.der.n == 0);
    mf_buf_done(&s.request);
    mf_buf_done(&s.entry);
    return 0;
}
