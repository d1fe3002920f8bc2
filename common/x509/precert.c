#include "common/x509/precert.h"

#include "common/codec/der.h"

/* Where the TBSCertificate's extensions begin: everything before them stays as it is. */
static bool find_extensions(const struct cert *cert, struct span *before, struct err *err)
{
    struct span whole = cert->tbs, content, rest;
    struct der_value field;

    if (!mf_der_take(&whole, MF_DER_SEQUENCE, &content, err))
        return false;
    rest = content;
    while (rest.n > 0) {
        const uint8_t *start = rest.p;
        if (!mf_der_next(&rest, &field, err))
            return false;
        if (field.tag == MF_DER_CONTEXT_CONSTRUCTED(3)) {
            *before = mf_span_first(content, (size_t)(start - content.p));
            return true;
        }
    }
    return mf_err_set(err, MF_ERR_FORMAT, "certificate has no extensions");
}

static bool write_tbs(const struct cert *cert, struct span before, const struct cert_extension *cut,
                      struct buf *out, struct err *err)
{
    size_t tbs, field, list;

    if (!mf_der_begin(out, MF_DER_SEQUENCE, &tbs, err) || !mf_buf_append(out, before, err) ||
        !mf_der_begin(out, MF_DER_CONTEXT_CONSTRUCTED(3), &field, err) ||
        !mf_der_begin(out, MF_DER_SEQUENCE, &list, err))
        return false;
    for (size_t i = 0; i < cert->extension_count; i++)
        if (&cert->extensions[i] != cut && !mf_buf_append(out, cert->extensions[i].whole, err))
            return false;
    return mf_der_finish(out, list, err) && mf_der_finish(out, field, err) &&
           mf_der_finish(out, tbs, err);
}

bool mf_precert_tbs(const struct cert *cert, struct span without_oid, struct buf *out,
                    struct err *err)
{
    const struct cert_extension *cut = mf_cert_extension(cert, without_oid);
    size_t kept = out->n;
    struct span before;
    char text[64];

    if (cut == NULL) {
        mf_der_oid_text(without_oid, text, sizeof text);
        return mf_err_set(err, MF_ERR_FORMAT, "certificate has no extension %s", text);
    }
    if (cert->extension_count == 1) /* an empty list would not be a TBSCertificate */
        return mf_err_set(err, MF_ERR_FORMAT, "certificate has no other extension");
    if (!find_extensions(cert, &before, err) || !write_tbs(cert, before, cut, out, err)) {
        out->n = kept;
        return false;
    }
    return true;
}
