#include "common/x509/cert_extensions.h"

#include "common/codec/der.h"
#include "common/x509/oid.h"

enum { KEY_USAGE_BITS_MAX = 9 }; /* digitalSignature .. decipherOnly */

/* A named bit list: bit 0 is the first byte's highest. At least one bit (RFC 5280 4.2.1.3). */
static bool read_key_usage(struct span value, struct cert *cert, struct err *err)
{
    struct span bits;

    if (!mf_der_take(&value, MF_DER_BIT_STRING, &bits, err) || !mf_der_end(value, err))
        return false;
    if (bits.n < 2 || bits.n > 3 || bits.p[0] > 7)
        return mf_err_set(err, MF_ERR_FORMAT, "not a list of 1 to %d bits", KEY_USAGE_BITS_MAX);
    unsigned unused = bits.p[0];
    if ((bits.p[bits.n - 1] & ((1U << unused) - 1)) != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "unused bits are set");
    unsigned usage = 0;
    for (unsigned i = 0; i < (bits.n - 1) * 8; i++)
        if (bits.p[1 + i / 8] & (0x80U >> i % 8))
            usage |= 1U << i;
    if (usage == 0 || usage >> KEY_USAGE_BITS_MAX != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "no bit is set, or one that has no meaning");
    cert->has_key_usage = true;
    cert->key_usage = usage;
    return true;
}

static bool read_ext_key_usage(struct span value, struct cert *cert, struct err *err)
{
    struct span purposes, oid;

    if (!mf_der_take(&value, MF_DER_SEQUENCE, &purposes, err) || !mf_der_end(value, err))
        return false;
    do {
        if (!mf_oid_take(&purposes, &oid, err))
            return false;
    } while (purposes.n > 0);
    cert->has_eku = true;
    return true;
}

/* BOOLEAN DEFAULT FALSE: a FALSE that is written out is not DER, but written by real issuers. */
static bool take_flag(struct span *rest, bool *out, struct err *err)
{
    struct span content;

    if (mf_der_take_optional(rest, MF_DER_BOOLEAN, &content, err))
        return mf_der_boolean(content, out, err);
    *out = false;
    return err->code == MF_OK;
}

static bool read_basic_constraints(struct span value, struct cert *cert, struct err *err)
{
    struct span body, number;

    if (!mf_der_take(&value, MF_DER_SEQUENCE, &body, err) || !mf_der_end(value, err) ||
        !take_flag(&body, &cert->is_ca, err))
        return false;
    if (mf_der_take_optional(&body, MF_DER_INTEGER, &number, err)) {
        if (!mf_der_uint(number, &cert->path_len, err))
            return false;
        cert->has_path_len = true;
    }
    if (err->code != MF_OK || !mf_der_end(body, err))
        return false;
    if (cert->has_path_len && !cert->is_ca)
        return mf_err_set(err, MF_ERR_FORMAT, "a path length on a certificate that is no CA");
    cert->has_basic_constraints = true;
    return true;
}

static bool read_subject_key_id(struct span value, struct cert *cert, struct err *err)
{
    if (!mf_der_take(&value, MF_DER_OCTET_STRING, &cert->ski, err) || !mf_der_end(value, err))
        return false;
    if (cert->ski.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "key identifier is empty");
    return true;
}

/* [0] key identifier, [1] issuer's issuer, [2] issuer's serial: only the first is of use. */
static bool read_authority_key_id(struct span value, struct cert *cert, struct err *err)
{
    struct span body, ignored;

    if (!mf_der_take(&value, MF_DER_SEQUENCE, &body, err) || !mf_der_end(value, err))
        return false;
    if (mf_der_take_optional(&body, MF_DER_CONTEXT(0), &cert->aki, err) && cert->aki.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "key identifier is empty");
    if (err->code != MF_OK)
        return false;
    bool issuer = mf_der_take_optional(&body, MF_DER_CONTEXT_CONSTRUCTED(1), &ignored, err);
    bool serial = err->code == MF_OK &&
                  mf_der_take_optional(&body, MF_DER_CONTEXT(2), &ignored, err);
    if (err->code != MF_OK || !mf_der_end(body, err))
        return false;
    if (issuer != serial)
        return mf_err_set(err, MF_ERR_FORMAT, "issuer and serial number come only together");
    return true;
}

static const struct {
    const struct span *oid;
    const char *name;
    bool (*read)(struct span value, struct cert *cert, struct err *err);
} readers[] = {
    {&mf_oid_key_usage, "key usage", read_key_usage},
    {&mf_oid_ext_key_usage, "extended key usage", read_ext_key_usage},
    {&mf_oid_basic_constraints, "basic constraints", read_basic_constraints},
    {&mf_oid_subject_key_id, "subject key identifier", read_subject_key_id},
    {&mf_oid_authority_key_id, "authority key identifier", read_authority_key_id},
};

static bool read_known(const struct cert_extension *e, struct cert *cert, struct err *err)
{
    for (size_t i = 0; i < MF_LEN(readers); i++) {
        if (!mf_span_eq(e->oid, *readers[i].oid))
            continue;
        if (!readers[i].read(e->value, cert, err))
            return mf_err_at(err, "%s", readers[i].name);
    }
    return true;
}

static bool take_extension(struct span *rest, struct cert_extension *out, struct err *err)
{
    const uint8_t *start = rest->p;
    struct span body;

    if (!mf_der_take(rest, MF_DER_SEQUENCE, &body, err) || !mf_oid_take(&body, &out->oid, err) ||
        !take_flag(&body, &out->critical, err) ||
        !mf_der_take(&body, MF_DER_OCTET_STRING, &out->value, err) || !mf_der_end(body, err))
        return false;
    out->whole = (struct span){start, (size_t)(rest->p - start)};
    return true;
}

bool mf_cert_extensions_read(struct span content, struct cert *cert, struct err *err)
{
    char text[64];

    do {
        if (cert->extension_count == MF_CERT_EXTENSIONS_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d extensions", MF_CERT_EXTENSIONS_MAX);
        struct cert_extension *e = &cert->extensions[cert->extension_count];
        if (!take_extension(&content, e, err))
            return mf_err_at(err, "extension %zu", cert->extension_count + 1);
        if (mf_cert_extension(cert, e->oid) != NULL) {
            mf_der_oid_text(e->oid, text, sizeof text);
            return mf_err_set(err, MF_ERR_FORMAT, "extension %s appears twice", text);
        }
        cert->extension_count++;
        if (!read_known(e, cert, err))
            return false;
    } while (content.n > 0);
    return true;
}
