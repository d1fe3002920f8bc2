/* Any bytes are refused with a reason, or give a request whose parts OpenSSL reads alike. The first
 * byte chooses the form. */
#include <openssl/ts.h>

#include "ca-stub/timestamp/ts_request.h"
#include "tests/support/fuzz.h"

static void compare(struct span der, const struct ts_request *request)
{
    const unsigned char *p = der.p;
    TS_REQ *req = d2i_TS_REQ(NULL, &p, (long)der.n);

    if (req == NULL)
        return;
    mf_require(p == der.p + der.n);
    mf_require((TS_REQ_get_cert_req(req) != 0) == request->want_certificate);
    mf_require((TS_REQ_get_nonce(req) != NULL) == (request->nonce_n > 0));
    ASN1_OCTET_STRING *digest = TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(req));
    mf_require((size_t)ASN1_STRING_length(digest) == mf_digest_length(request->alg));
    TS_REQ_free(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ts_request request = {0};
    enum ts_refusal why = MF_TS_REFUSAL_COUNT_;
    struct err err = {0};

    if (size == 0)
        return 0;
    struct span text = {data + 1, size - 1};
    bool der = data[0] % 2 == 0;
    bool ok = der ? mf_ts_request_parse(text, &request, &why, &err)
                  : mf_ts_request_parse_json(text, &request, &why, &err);
    if (!ok) {
        mf_require(why < MF_TS_REFUSAL_COUNT_);
        mf_require(err.what[0] != '\0' && err.code != MF_OK && err.code != MF_ERR_INTERNAL);
        return 0;
    }
    mf_require(request.imprint_n <= sizeof request.imprint && request.imprint_n > 0);
    mf_require(request.nonce_n <= sizeof request.nonce);
    if (der)
        compare(text, &request);
    return 0;
}
