#include "ca-stub/certificate/authority.h"

#include "common/base/utf8.h"
#include "common/codec/der.h"
#include "common/crypto/verifier.h"
#include "common/x509/cert.h"
#include "common/x509/oid.h"

/* X.680 41.4: what a PrintableString may hold. */
static bool is_printable(struct span text)
{
    static const char others[] = " '()+,-./:=?";

    for (size_t i = 0; i < text.n; i++) {
        uint8_t ch = text.p[i];
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= '0' && ch <= '9') || (ch != 0 && strchr(others, ch) != NULL);
        if (!plain)
            return false;
    }
    return true;
}

static bool put_attribute(struct buf *b, struct span oid, const char *said, struct err *err)
{
    struct span text = mf_span_str(said);
    size_t set = 0, pair = 0;

    if (text.n == 0 || text.n > MF_AUTHORITY_NAME_MAX || !mf_utf8_is_valid(text))
        return mf_err_set(err, MF_ERR_USAGE, "name '%s' is not 1 to %d bytes of UTF-8", said,
                          MF_AUTHORITY_NAME_MAX);
    return mf_der_begin(b, MF_DER_SET, &set, err) && mf_der_begin(b, MF_DER_SEQUENCE, &pair, err) &&
           mf_der_put(b, MF_DER_OID, oid, err) &&
           mf_der_put(b, is_printable(text) ? MF_DER_PRINTABLE_STRING : MF_DER_UTF8_STRING, text,
                      err) &&
           mf_der_finish(b, pair, err) && mf_der_finish(b, set, err);
}

static bool put_name(struct buf *b, const struct authority *authority, struct err *err)
{
    size_t name = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &name, err) &&
           put_attribute(b, mf_oid_organization, authority->organization, err) &&
           put_attribute(b, mf_oid_common_name, authority->common_name, err) &&
           mf_der_finish(b, name, err);
}

static bool put_usage(struct buf *b, enum authority_kind kind, struct err *err)
{
    static const uint8_t sign_certs_and_crls[] = {0x03, 0x02, 0x01, 0x06};
    static const uint8_t digital_signature[] = {0x03, 0x02, 0x07, 0x80};
    static const uint8_t ca[] = {0x30, 0x03, 0x01, 0x01, 0xFF};
    static const uint8_t ca_path_len_0[] = {0x30, 0x06, 0x01, 0x01, 0xFF, 0x02, 0x01, 0x00};

    switch (kind) {
    case MF_AUTHORITY_ROOT:
        return mf_put_extension(b, mf_oid_key_usage, true, MF_SPAN_OF(sign_certs_and_crls), err) &&
               mf_put_extension(b, mf_oid_basic_constraints, true, MF_SPAN_OF(ca), err);
    case MF_AUTHORITY_ISSUING:
        return mf_put_extension(b, mf_oid_key_usage, true, MF_SPAN_OF(sign_certs_and_crls), err) &&
               mf_put_eku(b, mf_oid_eku_code_signing, false, err) &&
               mf_put_extension(b, mf_oid_basic_constraints, true, MF_SPAN_OF(ca_path_len_0), err);
    case MF_AUTHORITY_TIMESTAMP:
        return mf_put_extension(b, mf_oid_key_usage, true, MF_SPAN_OF(digital_signature), err) &&
               mf_put_eku(b, mf_oid_eku_time_stamping, true, err);
    }
    return false;
}

static bool write_tbs(struct crypto *c, const struct authority *authority,
                      const struct tbs_params *params, struct span issuer_key_id, struct buf *b,
                      struct err *err)
{
    uint8_t key_id[MF_KEY_ID_LEN];
    struct tbs_marks marks = {0};

    mf_key_id(c, authority->key, key_id);
    return mf_tbs_begin(b, params, &marks, err) && put_usage(b, authority->kind, err) &&
           mf_put_subject_key_id(b, MF_SPAN_OF(key_id), err) &&
           (issuer_key_id.n == 0 || mf_put_authority_key_id(b, issuer_key_id, err)) &&
           mf_tbs_finish(b, &marks, err);
}

bool mf_authority_write(struct crypto *c, const struct authority *authority,
                        const struct authority_issuer *issuer, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf name = {.max = 512};
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_AUTHORITY_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    uint8_t serial[MF_SERIAL_LEN];
    struct cert parent = {0};
    enum key_kind kind = mf_private_key_kind(issuer->key);

    if (!mf_serial_new(c, serial, err) || !put_name(&name, authority, err) ||
        (issuer->certificate.n > 0 && !mf_cert_parse(issuer->certificate, &parent, err)))
        return false;
    const struct tbs_params params = {
        .serial = MF_SPAN_OF(serial),
        .issuer_kind = kind,
        .issuer = issuer->certificate.n > 0 ? parent.subject : mf_buf_span(&name),
        .not_before_s = authority->not_before_s,
        .not_after_s = authority->not_after_s,
        .subject = mf_buf_span(&name),
        .spki = mf_public_key_spki(authority->key),
    };
    return write_tbs(c, authority, &params, parent.ski, &tbs, err) &&
           mf_sign(c, issuer->key, mf_sig_scheme_of(kind), mf_buf_span(&tbs), &signature, err) &&
           mf_certificate_join(mf_buf_span(&tbs), kind, mf_buf_span(&signature), out, err);
}
