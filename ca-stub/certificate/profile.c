#include "ca-stub/certificate/profile.h"

#include "common/codec/der.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"

static bool put_key_usage(struct buf *b, struct err *err)
{
    static const uint8_t digital_signature[] = {0x03, 0x02, 0x07, 0x80};

    return mf_put_extension(b, mf_oid_key_usage, true, MF_SPAN_OF(digital_signature), err);
}

/* otherName { 1.3.6.1.4.1.57264.1.7, [0] EXPLICIT UTF8String }. */
static bool put_other_name(struct buf *b, struct span text, struct err *err)
{
    size_t name = 0, value = 0;

    return mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(0), &name, err) &&
           mf_der_put(b, MF_DER_OID, mf_oid_fulcio_other_name, err) &&
           mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(0), &value, err) &&
           mf_der_put(b, MF_DER_UTF8_STRING, text, err) && mf_der_finish(b, value, err) &&
           mf_der_finish(b, name, err);
}

static bool put_general_name(struct buf *b, const struct verified_identity *id, struct err *err)
{
    switch (id->san_kind) {
    case MF_SAN_EMAIL:
        return mf_der_put(b, MF_DER_CONTEXT(1), id->san, err);
    case MF_SAN_URI:
        return mf_der_put(b, MF_DER_CONTEXT(6), id->san, err);
    case MF_SAN_OTHER_NAME:
        return put_other_name(b, id->san, err);
    case MF_SAN_DNS:
    case MF_SAN_UNKNOWN:
        break;
    }
    return mf_err_set(err, MF_ERR_INTERNAL, "identity has a name of a kind that is not issued");
}

static bool put_san(struct buf *b, const struct verified_identity *id, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf value = {.max = MF_LEAF_MAX};
    size_t names = 0;

    if (id->san.n == 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "identity has no name");
    /* The subject is empty, so the name must be critical (RFC 5280 4.2.1.6). */
    return mf_der_begin(&value, MF_DER_SEQUENCE, &names, err) &&
           put_general_name(&value, id, err) && mf_der_finish(&value, names, err) &&
           mf_put_extension(b, mf_oid_subject_alt_name, true, mf_buf_span(&value), err);
}

static bool put_fulcio(struct buf *b, const struct verified_identity *id, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf value = {.max = MF_LEAF_MAX};
    unsigned before = 0;

    for (size_t i = 0; i < id->extension_count; i++) {
        const struct fulcio_value *extension = &id->extensions[i];
        uint8_t oid[MF_FULCIO_OID_LEN];
        if (extension->number <= before)
            return mf_err_set(err, MF_ERR_INTERNAL, "identity's extensions are not in order");
        before = extension->number;
        mf_buf_reset(&value);
        mf_fulcio_oid(extension->number, oid);
        if (!mf_fulcio_value_write(extension, &value, err) ||
            !mf_put_extension(b, MF_SPAN_OF(oid), false, mf_buf_span(&value), err))
            return false;
    }
    return true;
}

static bool put_last(struct buf *b, struct span sct_list, struct err *err)
{
    static const uint8_t null[] = {MF_DER_NULL, 0x00};

    if (sct_list.n == 0)
        return mf_put_extension(b, mf_oid_precert_poison, true, MF_SPAN_OF(null), err);
    return mf_put_extension(b, mf_oid_sct_list, false, sct_list, err);
}

bool mf_leaf_write_tbs(const struct leaf *leaf, struct span sct_list, struct buf *out,
                       struct err *err)
{
    static const uint8_t empty_name[] = {MF_DER_SEQUENCE, 0x00};
    const struct tbs_params params = {
        .serial = leaf->serial,
        .issuer_kind = leaf->issuer_kind,
        .issuer = leaf->issuer,
        .not_before_s = leaf->not_before_s,
        .not_after_s = leaf->not_after_s,
        .subject = MF_SPAN_OF(empty_name),
        .spki = leaf->spki,
    };
    struct tbs_marks marks = {0};

    return mf_buf_reserve(out, 2048, err) && mf_tbs_begin(out, &params, &marks, err) &&
           put_key_usage(out, err) && mf_put_eku(out, mf_oid_eku_code_signing, false, err) &&
           mf_put_subject_key_id(out, leaf->key_id, err) &&
           mf_put_authority_key_id(out, leaf->issuer_key_id, err) &&
           put_san(out, leaf->identity, err) && put_fulcio(out, leaf->identity, err) &&
           put_last(out, sct_list, err) && mf_tbs_finish(out, &marks, err);
}

bool mf_leaf_check_size(const struct leaf *leaf, struct err *err)
{
    static const uint8_t sct_list[MF_LEAF_SCT_ROOM] = {0};
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_LEAF_MAX - MF_SIGNATURE_MAX - 64};

    if (mf_leaf_write_tbs(leaf, MF_SPAN_OF(sct_list), &tbs, err))
        return true;
    if (err->code != MF_ERR_LIMIT)
        return false;
    mf_err_clear(err);
    return mf_err_set(err, MF_ERR_LIMIT, "token's claims do not fit into a certificate of %d bytes",
                      MF_LEAF_MAX);
}

static bool differs(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_INTERNAL, "%s", what);
}

static bool check_fields(const struct leaf *leaf, const struct cert *cert, struct err *err)
{
    struct san san = {0};

    if (!mf_cert_only_san(cert, &san, err))
        return false;
    if (san.kind != leaf->identity->san_kind || !mf_span_eq(san.value, leaf->identity->san))
        return differs(err, "subject alternative name is not the identity's");
    if (!mf_span_eq(cert->spki, leaf->spki))
        return differs(err, "public key is not the one that was proven");
    if (!mf_span_eq(cert->serial, leaf->serial))
        return differs(err, "serial is not the one that was recorded");
    if (!mf_span_eq(cert->issuer, leaf->issuer) || cert->is_ca ||
        cert->not_before.s != leaf->not_before_s || cert->not_after.s != leaf->not_after_s)
        return differs(err, "issuer, validity or basic constraints are not as meant");
    return true;
}

static bool check_tbs(const struct cert *cert, const struct cert *precert, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_LEAF_MAX};
    MF_SCOPED(mf_buf_done) struct buf pre_tbs = {.max = MF_LEAF_MAX};

    if (!mf_precert_tbs(cert, mf_oid_sct_list, &tbs, err) ||
        !mf_precert_tbs(precert, mf_oid_precert_poison, &pre_tbs, err))
        return false;
    if (!mf_span_eq(mf_buf_span(&tbs), mf_buf_span(&pre_tbs)))
        return differs(err, "certificate is not the one that was logged");
    return true;
}

bool mf_leaf_check(struct crypto *c, const struct leaf *leaf, const struct leaf_check *check,
                   struct err *err)
{
    struct cert cert, precert;

    if (!mf_cert_parse(check->certificate, &cert, err) ||
        !mf_cert_parse(check->precertificate, &precert, err) || !check_fields(leaf, &cert, err) ||
        !check_tbs(&cert, &precert, err) ||
        !mf_verify(c, check->ca_key, mf_sig_scheme_of(leaf->issuer_kind), cert.tbs, cert.signature,
                   err)) {
        mf_err_as(err, MF_ERR_INTERNAL);
        return mf_err_at(err, "new certificate");
    }
    return true;
}
