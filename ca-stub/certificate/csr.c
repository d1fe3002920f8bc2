#include "ca-stub/certificate/csr.h"

#include "common/codec/der.h"
#include "common/x509/algorithm.h"

static bool read_scheme(struct span *request, enum sig_scheme *out, struct err *err)
{
    struct algorithm algorithm = {0};
    char text[64];

    if (!mf_algorithm_take(request, &algorithm, err) ||
        !mf_algorithm_check_signature(&algorithm, err))
        return false;
    if (mf_algorithm_scheme(algorithm.oid, out, err))
        return true;
    mf_err_clear(err);
    mf_der_oid_text(algorithm.oid, text, sizeof text);
    return mf_err_set(err, MF_ERR_DENIED, "unrecognized signature algorithm: %s", text);
}

static bool read_body(struct span body, struct csr *csr, struct err *err)
{
    struct span version, skipped;
    struct der_value spki = {0};
    uint64_t number = 1;

    if (!mf_der_take(&body, MF_DER_INTEGER, &version, err) || !mf_der_uint(version, &number, err))
        return mf_err_at(err, "version");
    if (number != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "version is not 0");
    if (!mf_der_take(&body, MF_DER_SEQUENCE, &skipped, err))
        return mf_err_at(err, "subject");
    if (mf_der_peek(body) != MF_DER_SEQUENCE || !mf_der_next(&body, &spki, err)) {
        if (err->code == MF_OK)
            mf_err_set(err, MF_ERR_FORMAT, "is missing");
        return mf_err_at(err, "public key");
    }
    csr->spki = spki.whole;
    /* RFC 2986 has the attributes always there; OpenSSL and others leave out an empty set. */
    if (!mf_der_take_optional(&body, MF_DER_CONTEXT_CONSTRUCTED(0), &skipped, err) &&
        err->code != MF_OK)
        return mf_err_at(err, "attributes");
    return mf_der_end(body, err);
}

static bool read_request(struct span der, struct csr *csr, struct err *err)
{
    struct span request, bits;
    struct der_value body = {0};

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &request, err) || !mf_der_end(der, err))
        return false;
    if (mf_der_peek(request) != MF_DER_SEQUENCE)
        return mf_err_set(err, MF_ERR_FORMAT, "request info is missing");
    if (!mf_der_next(&request, &body, err))
        return false;
    csr->signed_bytes = body.whole;
    if (!read_body(body.content, csr, err))
        return false;
    if (!read_scheme(&request, &csr->scheme, err))
        return mf_err_at(err, "signature algorithm");
    if (!mf_der_take(&request, MF_DER_BIT_STRING, &bits, err) ||
        !mf_der_bit_string(bits, &csr->signature, err))
        return mf_err_at(err, "signature");
    return mf_der_end(request, err);
}

bool mf_csr_parse(struct span der, struct csr *out, struct err *err)
{
    struct csr csr = {0};

    if (der.n > MF_CSR_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_CSR_MAX);
    if (!read_request(der, &csr, err))
        return false;
    *out = csr;
    return true;
}
