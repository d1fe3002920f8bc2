#include "client/verify/tsr.h"

#include "client/verify/tst_info.h"
#include "common/codec/der.h"
#include "common/x509/oid.h"

enum { STATUS_GRANTED = 0, STATUS_GRANTED_WITH_MODS = 1 };

bool mf_tsr_digest_alg(struct span *rest, enum digest_alg *out, struct err *err)
{
    struct span algorithm;
    struct span oid;
    struct span none;
    char text[80];

    if (!mf_der_take(rest, MF_DER_SEQUENCE, &algorithm, err) ||
        !mf_der_take(&algorithm, MF_DER_OID, &oid, err))
        return false;
    if (!mf_der_take_optional(&algorithm, MF_DER_NULL, &none, err) && err->code != MF_OK)
        return false;
    if (!mf_der_end(algorithm, err))
        return false;
    if (mf_span_eq(oid, mf_oid_sha256))
        *out = MF_SHA256;
    else if (mf_span_eq(oid, mf_oid_sha384))
        *out = MF_SHA384;
    else if (mf_span_eq(oid, mf_oid_sha512))
        *out = MF_SHA512;
    else {
        mf_der_oid_text(oid, text, sizeof text);
        return mf_err_set(err, MF_ERR_FORMAT, "digest %s is not SHA-256, SHA-384 or SHA-512", text);
    }
    return true;
}

/* The only value of an attribute's SET. */
static bool only_value(struct span values, struct der_value *out, struct err *err)
{
    return mf_der_next(&values, out, err) && mf_der_end(values, err);
}

/* RFC 5816: SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, ... }, where
 * ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash OCTET STRING, ... }.
 * RFC 2634 has the same shape without the algorithm, always SHA-1. */
static bool parse_ess(struct der_value value, bool v2, struct tsr *t, struct err *err)
{
    struct span outer = value.content;
    struct span certs;
    struct span id;

    if (t->ess_hash.p != NULL)
        return mf_err_set(err, MF_ERR_FORMAT, "signing certificate attribute stands twice");
    if (value.tag != MF_DER_SEQUENCE)
        return mf_err_set(err, MF_ERR_FORMAT, "signing certificate attribute is no SEQUENCE");
    if (!mf_der_take(&outer, MF_DER_SEQUENCE, &certs, err) ||
        !mf_der_take(&certs, MF_DER_SEQUENCE, &id, err))
        return mf_err_at(err, "signing certificate attribute");
    t->ess_alg = v2 ? MF_SHA256 : MF_SHA1;
    if (v2 && mf_der_peek(id) == MF_DER_SEQUENCE && !mf_tsr_digest_alg(&id, &t->ess_alg, err))
        return mf_err_at(err, "signing certificate attribute");
    if (!mf_der_take(&id, MF_DER_OCTET_STRING, &t->ess_hash, err))
        return mf_err_at(err, "signing certificate attribute");
    return true;
}

static bool parse_attribute(struct span attribute, bool *has_type, struct tsr *t, struct err *err)
{
    struct span oid;
    struct span values;
    struct der_value value;

    if (!mf_der_take(&attribute, MF_DER_OID, &oid, err) ||
        !mf_der_take(&attribute, MF_DER_SET, &values, err) || !mf_der_end(attribute, err) ||
        !only_value(values, &value, err))
        return false;
    if (mf_span_eq(oid, mf_oid_content_type)) {
        if (*has_type || value.tag != MF_DER_OID || !mf_span_eq(value.content, mf_oid_tst_info))
            return mf_err_set(err, MF_ERR_FORMAT, "content type attribute is not one TSTInfo");
        *has_type = true;
    } else if (mf_span_eq(oid, mf_oid_message_digest)) {
        if (t->message_digest.p != NULL || value.tag != MF_DER_OCTET_STRING)
            return mf_err_set(err, MF_ERR_FORMAT, "message digest attribute is not one string");
        t->message_digest = value.content;
    } else if (mf_span_eq(oid, mf_oid_signing_certificate_v2)) {
        return parse_ess(value, true, t, err);
    } else if (mf_span_eq(oid, mf_oid_signing_certificate)) {
        return parse_ess(value, false, t, err);
    }
    return true;
}

static bool parse_attributes(struct span attributes, struct tsr *t, struct err *err)
{
    bool has_type = false;

    while (attributes.n > 0) {
        struct span attribute;
        if (!mf_der_take(&attributes, MF_DER_SEQUENCE, &attribute, err) ||
            !parse_attribute(attribute, &has_type, t, err))
            return false;
    }
    if (!has_type || t->message_digest.p == NULL)
        return mf_err_set(err, MF_ERR_FORMAT, "content type or message digest is missing");
    if (t->ess_hash.p == NULL)
        return mf_err_set(err, MF_ERR_FORMAT, "signing certificate attribute is missing");
    return true;
}

static bool parse_sid(struct span *rest, struct tsr *t, struct err *err)
{
    struct span sid;
    struct der_value issuer;

    if (mf_der_peek(*rest) == MF_DER_CONTEXT(0))
        return mf_err_set(err, MF_ERR_FORMAT,
                          "signer is named by key identifier, not by issuer and serial number");
    if (!mf_der_take(rest, MF_DER_SEQUENCE, &sid, err))
        return false;
    if (!mf_der_next(&sid, &issuer, err) ||
        !mf_der_take(&sid, MF_DER_INTEGER, &t->signer_serial, err))
        return false;
    t->signer_issuer = issuer.whole;
    return mf_der_end(sid, err);
}

static bool parse_signer(struct span infos, struct tsr *t, struct err *err)
{
    struct span info;
    struct span version;
    struct span algorithm;
    struct der_value attributes;
    struct der_value rest;
    uint64_t v = 0;

    if (!mf_der_take(&infos, MF_DER_SEQUENCE, &info, err))
        return false;
    if (!mf_der_end(infos, err))
        return mf_err_at(err, "more than one signer");
    if (!mf_der_take(&info, MF_DER_INTEGER, &version, err) || !mf_der_uint(version, &v, err) ||
        !parse_sid(&info, t, err) || !mf_tsr_digest_alg(&info, &t->digest_alg, err))
        return false;
    if (v != 1)
        return mf_err_set(err, MF_ERR_FORMAT, "version is %llu, not 1", (unsigned long long)v);
    if (mf_der_peek(info) != MF_DER_CONTEXT_CONSTRUCTED(0))
        return mf_err_set(err, MF_ERR_FORMAT, "signed attributes are missing");
    if (!mf_der_next(&info, &attributes, err) || !parse_attributes(attributes.content, t, err) ||
        !mf_der_take(&info, MF_DER_SEQUENCE, &algorithm, err) ||
        !mf_der_take(&algorithm, MF_DER_OID, &t->sig_alg, err) ||
        !mf_der_take(&info, MF_DER_OCTET_STRING, &t->signature, err))
        return false;
    t->signed_attrs = attributes.whole;
    if (mf_der_peek(info) == MF_DER_CONTEXT_CONSTRUCTED(1) && !mf_der_next(&info, &rest, err))
        return false; /* unsigned attributes say nothing that we use */
    return mf_der_end(info, err);
}

static bool parse_certificates(struct span certificates, struct tsr *t, struct err *err)
{
    while (certificates.n > 0) {
        struct der_value one;
        if (!mf_der_next(&certificates, &one, err))
            return false;
        if (one.tag != MF_DER_SEQUENCE)
            continue; /* other certificate kinds of CMS */
        if (t->certificate_count == MF_TSR_CERTIFICATES_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d certificates",
                              MF_TSR_CERTIFICATES_MAX);
        t->certificates[t->certificate_count++] = one.whole;
    }
    return true;
}

static bool parse_content(struct span *signed_data, struct tsr *t, struct err *err)
{
    struct span content;
    struct span type;
    struct span wrapped;

    if (!mf_der_take(signed_data, MF_DER_SEQUENCE, &content, err) ||
        !mf_der_take(&content, MF_DER_OID, &type, err))
        return false;
    if (!mf_span_eq(type, mf_oid_tst_info))
        return mf_err_set(err, MF_ERR_FORMAT, "content is not a TSTInfo");
    if (!mf_der_take(&content, MF_DER_CONTEXT_CONSTRUCTED(0), &wrapped, err) ||
        !mf_der_end(content, err) ||
        !mf_der_take(&wrapped, MF_DER_OCTET_STRING, &t->tst_info, err) || !mf_der_end(wrapped, err))
        return false;
    if (!mf_tst_info_parse(t, err))
        return mf_err_at(err, "TSTInfo");
    return true;
}

static bool parse_signed_data(struct span signed_data, struct tsr *t, struct err *err)
{
    struct span version;
    struct span digests;
    struct span certificates = {0};
    struct span revocations;
    struct span signers;
    uint64_t v = 0;

    if (!mf_der_take(&signed_data, MF_DER_INTEGER, &version, err) ||
        !mf_der_uint(version, &v, err) || !mf_der_take(&signed_data, MF_DER_SET, &digests, err) ||
        !parse_content(&signed_data, t, err))
        return false;
    if (v != 3)
        return mf_err_set(err, MF_ERR_FORMAT, "version is %llu, not 3", (unsigned long long)v);
    if (!mf_der_take_optional(&signed_data, MF_DER_CONTEXT_CONSTRUCTED(0), &certificates, err) &&
        err->code != MF_OK)
        return false;
    if (!mf_der_take_optional(&signed_data, MF_DER_CONTEXT_CONSTRUCTED(1), &revocations, err) &&
        err->code != MF_OK)
        return false;
    if (!parse_certificates(certificates, t, err) ||
        !mf_der_take(&signed_data, MF_DER_SET, &signers, err) || !mf_der_end(signed_data, err))
        return false;
    if (!parse_signer(signers, t, err))
        return mf_err_at(err, "SignerInfo");
    return true;
}

static bool parse_status(struct span *response, struct err *err)
{
    struct span status;
    struct span number;
    uint64_t v = 0;

    if (!mf_der_take(response, MF_DER_SEQUENCE, &status, err) ||
        !mf_der_take(&status, MF_DER_INTEGER, &number, err) || !mf_der_uint(number, &v, err))
        return mf_err_at(err, "status");
    if (v != STATUS_GRANTED && v != STATUS_GRANTED_WITH_MODS)
        return mf_err_set(err, MF_ERR_FORMAT, "the authority refused (status %llu)",
                          (unsigned long long)v);
    return true;
}

bool mf_tsr_parse(struct span der, struct tsr *out, struct err *err)
{
    struct tsr t = {0};
    struct span response;
    struct span token;
    struct span type;
    struct span wrapped;
    struct span signed_data;

    if (der.n > MF_TSR_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_TSR_MAX);
    if (!mf_der_take(&der, MF_DER_SEQUENCE, &response, err) || !mf_der_end(der, err) ||
        !parse_status(&response, err) || !mf_der_take(&response, MF_DER_SEQUENCE, &token, err) ||
        !mf_der_end(response, err) || !mf_der_take(&token, MF_DER_OID, &type, err))
        return false;
    if (!mf_span_eq(type, mf_oid_signed_data))
        return mf_err_set(err, MF_ERR_FORMAT, "token is not CMS SignedData");
    if (!mf_der_take(&token, MF_DER_CONTEXT_CONSTRUCTED(0), &wrapped, err) ||
        !mf_der_end(token, err) || !mf_der_take(&wrapped, MF_DER_SEQUENCE, &signed_data, err) ||
        !mf_der_end(wrapped, err))
        return false;
    if (!parse_signed_data(signed_data, &t, err))
        return mf_err_at(err, "SignedData");
    *out = t;
    return true;
}
