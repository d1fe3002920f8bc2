#include "common/x509/cert.h"

#include "common/base/utf8.h"
#include "common/codec/der.h"
#include "common/codec/timestamp.h"
#include "common/x509/algorithm.h"
#include "common/x509/cert_extensions.h"
#include "common/x509/name.h"
#include "common/x509/oid.h"

enum { SERIAL_MAX = 20 }; /* bytes of the number, RFC 5280 4.1.2.2 */
enum { GENERALIZED_TIME_LEN = 15 };

/* [0] EXPLICIT INTEGER { v1(0), v2(1), v3(2) } DEFAULT v1 */
static bool take_version(struct span *tbs, struct cert *cert, struct err *err)
{
    struct span field, number;
    uint64_t value = 0;

    if (!mf_der_take_optional(tbs, MF_DER_CONTEXT_CONSTRUCTED(0), &field, err)) {
        cert->version = 1;
        return err->code == MF_OK;
    }
    if (!mf_der_take(&field, MF_DER_INTEGER, &number, err) || !mf_der_end(field, err) ||
        !mf_der_uint(number, &value, err))
        return false;
    if (value != 2)
        return mf_err_set(err, MF_ERR_FORMAT, "neither 3 nor left out");
    cert->version = 3;
    return true;
}

static bool take_serial(struct span *tbs, struct cert *cert, struct err *err)
{
    struct span number;

    if (!mf_der_take(tbs, MF_DER_INTEGER, &cert->serial, err) ||
        !mf_der_unsigned(cert->serial, &number, err))
        return false;
    if (number.n > SERIAL_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "longer than %d bytes", SERIAL_MAX);
    return true;
}

static bool take_time(struct span *validity, struct instant *out, struct err *err)
{
    struct span text;

    if (mf_der_take_optional(validity, MF_DER_UTC_TIME, &text, err))
        return mf_utc_time_parse(text, out, err);
    if (err->code != MF_OK || !mf_der_take(validity, MF_DER_GENERALIZED_TIME, &text, err))
        return false;
    if (text.n != GENERALIZED_TIME_LEN) /* RFC 5280 4.1.2.5.2: no fraction */
        return mf_err_set(err, MF_ERR_FORMAT, "generalized time is not YYYYMMDDHHMMSSZ");
    return mf_generalized_time_parse(text, out, err);
}

static bool take_validity(struct span *tbs, struct cert *cert, struct err *err)
{
    struct span validity;

    return mf_der_take(tbs, MF_DER_SEQUENCE, &validity, err) &&
           take_time(&validity, &cert->not_before, err) &&
           take_time(&validity, &cert->not_after, err) && mf_der_end(validity, err);
}

/* The key itself is for mf_public_key_from_spki; here only its frame. */
static bool take_spki(struct span *tbs, struct cert *cert, struct err *err)
{
    const uint8_t *start = tbs->p;
    struct span body, bits, key;
    struct algorithm alg;

    if (!mf_der_take(tbs, MF_DER_SEQUENCE, &body, err) || !mf_algorithm_take(&body, &alg, err) ||
        !mf_der_take(&body, MF_DER_BIT_STRING, &bits, err) || !mf_der_end(body, err) ||
        !mf_der_bit_string(bits, &key, err))
        return false;
    cert->spki = (struct span){start, (size_t)(tbs->p - start)};
    return true;
}

/* Unique identifiers, [1] and [2], are not read: what is left must be the extensions or nothing. */
static bool take_extensions(struct span *tbs, struct cert *cert, struct err *err)
{
    struct span field, list;

    if (tbs->n == 0)
        return true;
    if (cert->version != 3)
        return mf_err_set(err, MF_ERR_FORMAT, "version 1 has none");
    return mf_der_take(tbs, MF_DER_CONTEXT_CONSTRUCTED(3), &field, err) &&
           mf_der_take(&field, MF_DER_SEQUENCE, &list, err) && mf_der_end(field, err) &&
           mf_cert_extensions_read(list, cert, err);
}

static bool parse_tbs(struct span tbs, struct cert *cert, struct algorithm *alg, struct err *err)
{
    if (!take_version(&tbs, cert, err))
        return mf_err_at(err, "version");
    if (!take_serial(&tbs, cert, err))
        return mf_err_at(err, "serial number");
    if (!mf_algorithm_take(&tbs, alg, err) || !mf_algorithm_check_signature(alg, err))
        return mf_err_at(err, "signature algorithm");
    if (!mf_name_take(&tbs, &cert->issuer, err))
        return mf_err_at(err, "issuer");
    if (!take_validity(&tbs, cert, err))
        return mf_err_at(err, "validity");
    if (!mf_name_take(&tbs, &cert->subject, err))
        return mf_err_at(err, "subject");
    if (!take_spki(&tbs, cert, err))
        return mf_err_at(err, "public key");
    if (!take_extensions(&tbs, cert, err))
        return mf_err_at(err, "extensions");
    return mf_der_end(tbs, err);
}

static bool parse(struct span der, struct cert *cert, struct err *err)
{
    struct span body, tbs, bits;
    struct algorithm inner, outer;

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, err) || !mf_der_end(der, err))
        return false;
    const uint8_t *start = body.p;
    if (!mf_der_take(&body, MF_DER_SEQUENCE, &tbs, err))
        return false;
    cert->tbs = (struct span){start, (size_t)(body.p - start)};
    if (!parse_tbs(tbs, cert, &inner, err))
        return false;
    if (!mf_algorithm_take(&body, &outer, err) ||
        !mf_der_take(&body, MF_DER_BIT_STRING, &bits, err) || !mf_der_end(body, err) ||
        !mf_der_bit_string(bits, &cert->signature, err))
        return mf_err_at(err, "signature");
    if (!mf_span_eq(inner.whole, outer.whole)) /* RFC 5280 4.1.1.2 */
        return mf_err_set(err, MF_ERR_FORMAT, "signature algorithm differs inside and outside");
    cert->sig_alg = inner.oid;
    return true;
}

bool mf_cert_parse(struct span der, struct cert *out, struct err *err)
{
    struct cert cert = {.der = der};

    if (der.n > MF_CERT_MAX) {
        mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_CERT_MAX);
        return mf_err_at(err, "certificate");
    }
    if (!parse(der, &cert, err))
        return mf_err_at(err, "certificate");
    *out = cert;
    return true;
}

const struct cert_extension *mf_cert_extension(const struct cert *cert, struct span oid)
{
    for (size_t i = 0; i < cert->extension_count; i++)
        if (mf_span_eq(cert->extensions[i].oid, oid))
            return &cert->extensions[i];
    return NULL;
}

bool mf_cert_has_eku(const struct cert *cert, struct span purpose, size_t *count)
{
    const struct cert_extension *e = mf_cert_extension(cert, mf_oid_ext_key_usage);
    struct err ignored = {0}; /* the value was read once when the certificate was parsed */
    struct span value = e != NULL ? e->value : (struct span){0};
    struct span purposes = {0}, oid;
    size_t listed = 0;
    bool found = false;

    if (e != NULL && mf_der_take(&value, MF_DER_SEQUENCE, &purposes, &ignored))
        for (; purposes.n > 0 && mf_oid_take(&purposes, &oid, &ignored); listed++)
            found = found || mf_span_eq(oid, purpose);
    if (count != NULL)
        *count = listed;
    return found;
}

bool mf_cert_is_valid_at(const struct cert *cert, struct instant at)
{
    return mf_instant_cmp(cert->not_before, at) <= 0 && mf_instant_cmp(at, cert->not_after) <= 0;
}

/* Fulcio's user names: otherName { type, [0] EXPLICIT UTF8String }. */
static bool read_other_name(struct span content, struct san *out, struct err *err)
{
    struct span type, field;

    if (!mf_oid_take(&content, &type, err))
        return false;
    if (!mf_span_eq(type, mf_oid_fulcio_other_name)) {
        out->kind = MF_SAN_UNKNOWN;
        return true;
    }
    out->kind = MF_SAN_OTHER_NAME;
    if (!mf_der_take(&content, MF_DER_CONTEXT_CONSTRUCTED(0), &field, err) ||
        !mf_der_end(content, err) || !mf_der_take(&field, MF_DER_UTF8_STRING, &out->value, err) ||
        !mf_der_end(field, err))
        return false;
    if (!mf_utf8_is_valid(out->value) || mf_span_find(out->value, 0) != out->value.n)
        return mf_err_set(err, MF_ERR_FORMAT, "malformed UTF-8, or a NUL");
    return true;
}

static bool is_visible_ascii(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7E)
            return false;
    return true;
}

static bool read_general_name(const struct der_value *name, struct san *out, struct err *err)
{
    *out = (struct san){.kind = MF_SAN_UNKNOWN, .value = name->content};
    switch (name->tag) {
    case MF_DER_CONTEXT_CONSTRUCTED(0):
        if (!read_other_name(name->content, out, err))
            return false;
        break;
    case MF_DER_CONTEXT(1):
        out->kind = MF_SAN_EMAIL;
        break;
    case MF_DER_CONTEXT(2):
        out->kind = MF_SAN_DNS;
        break;
    case MF_DER_CONTEXT(6):
        out->kind = MF_SAN_URI;
        break;
    default:
        return true; /* kind unknown: nothing compares equal to it */
    }
    if (out->value.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "name is empty");
    bool text = out->kind == MF_SAN_EMAIL || out->kind == MF_SAN_DNS || out->kind == MF_SAN_URI;
    if (text && !is_visible_ascii(out->value))
        return mf_err_set(err, MF_ERR_FORMAT, "name holds bytes that are not visible ASCII");
    return true;
}

static bool only_san(const struct cert_extension *e, struct san *out, struct err *err)
{
    struct span rest, names;
    struct der_value name;
    struct san san;

    if (e == NULL)
        return mf_err_set(err, MF_ERR_FORMAT, "not there");
    rest = e->value;
    if (!mf_der_take(&rest, MF_DER_SEQUENCE, &names, err) || !mf_der_end(rest, err) ||
        !mf_der_next(&names, &name, err) || !read_general_name(&name, &san, err))
        return false;
    if (names.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "more than one name");
    *out = san;
    return true;
}

bool mf_cert_only_san(const struct cert *cert, struct san *out, struct err *err)
{
    if (!only_san(mf_cert_extension(cert, mf_oid_subject_alt_name), out, err))
        return mf_err_at(err, "subject alternative name");
    return true;
}

bool mf_cert_scheme(const struct cert *cert, enum sig_scheme *out, struct err *err)
{
    return mf_algorithm_scheme(cert->sig_alg, out, err);
}

bool mf_cert_signed_by(struct crypto *c, const struct cert *cert, const struct cert *issuer,
                       const struct public_key *issuer_key, struct err *err)
{
    enum sig_scheme scheme;

    if (!mf_span_eq(cert->issuer, issuer->subject))
        return mf_err_set(err, MF_ERR_REJECTED, "issuer is not the subject of the issuing one");
    return mf_cert_scheme(cert, &scheme, err) &&
           mf_verify(c, issuer_key, scheme, cert->tbs, cert->signature, err);
}
