#include "ca-stub/certificate/cert_writer.h"

#include "common/codec/der.h"
#include "common/codec/timestamp.h"
#include "common/x509/oid.h"

static const int64_t utc_time_end_s = 2524608000; /* 2050-01-01, where UTCTime ends */

bool mf_serial_new(struct crypto *c, uint8_t out[static MF_SERIAL_LEN], struct err *err)
{
    do {
        if (!mf_random(c, out, MF_SERIAL_LEN, err))
            return false;
        out[0] &= 0x7F;
    } while (out[0] == 0);
    return true;
}

void mf_key_id(struct crypto *c, const struct public_key *key, uint8_t out[static MF_KEY_ID_LEN])
{
    mf_digest(c, MF_SHA1, mf_public_key_raw(key), out);
}

static bool put_algorithm(struct buf *b, enum key_kind kind, struct err *err)
{
    struct span oid = {0};
    size_t algorithm = 0;

    switch (kind) {
    case MF_KEY_P256:
        oid = mf_oid_ecdsa_sha256;
        break;
    case MF_KEY_P384:
        oid = mf_oid_ecdsa_sha384;
        break;
    case MF_KEY_P521:
        oid = mf_oid_ecdsa_sha512;
        break;
    case MF_KEY_RSA:
        oid = mf_oid_rsa_sha256;
        break;
    case MF_KEY_ED25519:
        oid = mf_oid_ed25519;
        break;
    }
    return mf_der_begin(b, MF_DER_SEQUENCE, &algorithm, err) &&
           mf_der_put(b, MF_DER_OID, oid, err) &&
           /* RFC 4055 section 5: NULL for RSA, absent for the others */
           (kind != MF_KEY_RSA || mf_der_put(b, MF_DER_NULL, (struct span){0}, err)) &&
           mf_der_finish(b, algorithm, err);
}

static bool put_validity(struct buf *b, const struct tbs_params *params, struct err *err)
{
    size_t validity = 0;
    char from[14], to[14];

    if (params->not_before_s < 0 || params->not_after_s <= params->not_before_s ||
        params->not_after_s >= utc_time_end_s)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "validity is not within 1970 .. 2049");
    mf_utc_time_write(params->not_before_s, from);
    mf_utc_time_write(params->not_after_s, to);
    return mf_der_begin(b, MF_DER_SEQUENCE, &validity, err) &&
           mf_der_put(b, MF_DER_UTC_TIME, mf_span_str(from), err) &&
           mf_der_put(b, MF_DER_UTC_TIME, mf_span_str(to), err) && mf_der_finish(b, validity, err);
}

bool mf_tbs_begin(struct buf *b, const struct tbs_params *params, struct tbs_marks *marks,
                  struct err *err)
{
    static const uint8_t version3[] = {0xA0, 0x03, 0x02, 0x01, 0x02};

    return mf_der_begin(b, MF_DER_SEQUENCE, &marks->tbs, err) &&
           mf_buf_append(b, MF_SPAN_OF(version3), err) &&
           mf_der_put_unsigned(b, params->serial, err) &&
           put_algorithm(b, params->issuer_kind, err) && mf_buf_append(b, params->issuer, err) &&
           put_validity(b, params, err) && mf_buf_append(b, params->subject, err) &&
           mf_buf_append(b, params->spki, err) &&
           mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(3), &marks->held, err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &marks->list, err);
}

bool mf_tbs_finish(struct buf *b, const struct tbs_marks *marks, struct err *err)
{
    return mf_der_finish(b, marks->list, err) && mf_der_finish(b, marks->held, err) &&
           mf_der_finish(b, marks->tbs, err);
}

bool mf_put_extension(struct buf *b, struct span oid, bool critical, struct span value,
                      struct err *err)
{
    size_t extension = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &extension, err) &&
           mf_der_put(b, MF_DER_OID, oid, err) && (!critical || mf_der_put_boolean(b, true, err)) &&
           mf_der_put(b, MF_DER_OCTET_STRING, value, err) && mf_der_finish(b, extension, err);
}

bool mf_put_subject_key_id(struct buf *b, struct span key_id, struct err *err)
{
    uint8_t value[2 + MF_KEY_ID_LEN] = {MF_DER_OCTET_STRING, MF_KEY_ID_LEN};

    if (key_id.n != MF_KEY_ID_LEN)
        return mf_err_set(err, MF_ERR_INTERNAL, "key identifier has %zu bytes", key_id.n);
    memcpy(value + 2, key_id.p, key_id.n);
    return mf_put_extension(b, mf_oid_subject_key_id, false, MF_SPAN_OF(value), err);
}

bool mf_put_authority_key_id(struct buf *b, struct span key_id, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf value = {.max = 256};
    size_t sequence = 0;

    return mf_der_begin(&value, MF_DER_SEQUENCE, &sequence, err) &&
           mf_der_put(&value, MF_DER_CONTEXT(0), key_id, err) &&
           mf_der_finish(&value, sequence, err) &&
           mf_put_extension(b, mf_oid_authority_key_id, false, mf_buf_span(&value), err);
}

bool mf_put_eku(struct buf *b, struct span purpose, bool critical, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf value = {.max = 64};
    size_t sequence = 0;

    return mf_der_begin(&value, MF_DER_SEQUENCE, &sequence, err) &&
           mf_der_put(&value, MF_DER_OID, purpose, err) && mf_der_finish(&value, sequence, err) &&
           mf_put_extension(b, mf_oid_ext_key_usage, critical, mf_buf_span(&value), err);
}

bool mf_certificate_join(struct span tbs, enum key_kind issuer_kind, struct span signature,
                         struct buf *out, struct err *err)
{
    size_t certificate = 0;

    return mf_buf_reserve(out, tbs.n + signature.n + 64, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &certificate, err) && mf_buf_append(out, tbs, err) &&
           put_algorithm(out, issuer_kind, err) && mf_der_put_bits(out, signature, err) &&
           mf_der_finish(out, certificate, err);
}
