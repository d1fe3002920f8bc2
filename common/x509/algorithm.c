#include "common/x509/algorithm.h"

#include "common/codec/der.h"
#include "common/x509/oid.h"

static bool take_parameters(struct span *rest, struct span *out, struct err *err)
{
    struct span oid;
    struct der_value value = {0};
    struct span copy = *rest;

    if (rest->n == 0) {
        *out = (struct span){0};
        return true;
    }
    if (!mf_der_next(rest, &value, err))
        return false;
    if (value.tag == MF_DER_OID && !mf_oid_take(&copy, &oid, err))
        return false;
    bool known = value.tag == MF_DER_OID || value.tag == MF_DER_SEQUENCE ||
                 (value.tag == MF_DER_NULL && value.content.n == 0);
    if (!known)
        return mf_err_set(err, MF_ERR_FORMAT, "algorithm parameters of type 0x%02x", value.tag);
    *out = value.whole;
    return true;
}

bool mf_algorithm_take(struct span *rest, struct algorithm *out, struct err *err)
{
    const uint8_t *start = rest->p;
    struct algorithm a = {0};
    struct span body;

    if (!mf_der_take(rest, MF_DER_SEQUENCE, &body, err) || !mf_oid_take(&body, &a.oid, err) ||
        !take_parameters(&body, &a.parameters, err) || !mf_der_end(body, err))
        return false;
    a.whole = (struct span){start, (size_t)(rest->p - start)};
    *out = a;
    return true;
}

static const struct {
    const struct span *oid;
    enum sig_scheme scheme;
    bool null_parameters; /* RFC 4055 section 5: NULL; RFC 5758 and RFC 8410: absent */
} schemes[] = {
    {&mf_oid_ecdsa_sha256, MF_SIG_ECDSA_SHA256, false},
    {&mf_oid_ecdsa_sha384, MF_SIG_ECDSA_SHA384, false},
    {&mf_oid_ecdsa_sha512, MF_SIG_ECDSA_SHA512, false},
    {&mf_oid_rsa_sha256, MF_SIG_RSA_PKCS1_SHA256, true},
    {&mf_oid_rsa_sha384, MF_SIG_RSA_PKCS1_SHA384, true},
    {&mf_oid_rsa_sha512, MF_SIG_RSA_PKCS1_SHA512, true},
    {&mf_oid_ed25519, MF_SIG_ED25519, false},
};

bool mf_algorithm_scheme(struct span oid, enum sig_scheme *out, struct err *err)
{
    char text[64];

    for (size_t i = 0; i < MF_LEN(schemes); i++) {
        if (mf_span_eq(*schemes[i].oid, oid)) {
            *out = schemes[i].scheme;
            return true;
        }
    }
    mf_der_oid_text(oid, text, sizeof text);
    return mf_err_set(err, MF_ERR_FORMAT, "signature algorithm %s is not supported", text);
}

bool mf_algorithm_check_signature(const struct algorithm *a, struct err *err)
{
    static const uint8_t null_value[] = {MF_DER_NULL, 0};

    for (size_t i = 0; i < MF_LEN(schemes); i++) {
        if (!mf_span_eq(*schemes[i].oid, a->oid))
            continue;
        struct span want = schemes[i].null_parameters ? MF_SPAN_OF(null_value) : (struct span){0};
        if (!mf_span_eq(a->parameters, want))
            return mf_err_set(err, MF_ERR_FORMAT, "signature algorithm has wrong parameters");
    }
    return true;
}
