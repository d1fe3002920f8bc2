#include "ca-stub/timestamp/ts_parts.h"

#include <assert.h>

#include "common/codec/der.h"
#include "common/codec/timestamp.h"
#include "common/x509/cert.h"
#include "common/x509/oid.h"

enum { PART_MAX = MF_CERT_MAX + 64 }; /* bytes of one part */
enum { UTC_TIME_LEN = 13 };           /* "YYMMDDHHMMSSZ" */

static bool bad(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_TRUST, "%s", what);
}

/* RFC 3161 section 2.3: one purpose, critical. OpenSSL and sigstore-go hold tokens to it. */
static bool check_leaf(const struct cert *leaf, const struct public_key *key, struct err *err)
{
    const struct cert_extension *eku = mf_cert_extension(leaf, mf_oid_ext_key_usage);
    size_t purposes = 0;

    if (leaf->is_ca)
        return bad(err, "is a CA certificate");
    if (eku == NULL || !eku->critical ||
        !mf_cert_has_eku(leaf, mf_oid_eku_time_stamping, &purposes) || purposes != 1)
        return bad(err, "extended key usage is not a critical timeStamping alone");
    if (!leaf->has_key_usage || leaf->key_usage != MF_KU_DIGITAL_SIGNATURE)
        return bad(err, "key usage is not digitalSignature alone");
    if (!mf_span_eq(leaf->spki, mf_public_key_spki(key)))
        return bad(err, "is not for the key that signs");
    if (mf_public_key_kind(key) != MF_KEY_P256 && mf_public_key_kind(key) != MF_KEY_P384)
        return bad(err, "key is neither ECDSA P-256 nor P-384");
    return true;
}

static struct span digest_oid(enum digest_alg alg)
{
    return alg == MF_SHA256 ? mf_oid_sha256 : mf_oid_sha384;
}

/* AlgorithmIdentifier without parameters (RFC 5754 section 2, RFC 5758 section 3.2). */
static bool put_algorithm(struct buf *b, struct span oid, struct err *err)
{
    size_t algorithm = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &algorithm, err) &&
           mf_der_put(b, MF_DER_OID, oid, err) && mf_der_finish(b, algorithm, err);
}

static bool write_tsa_name(struct ts_parts *parts, const struct cert *leaf, struct err *err)
{
    struct buf *b = &parts->tsa_name;
    size_t tsa = 0;

    return mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(0), &tsa, err) &&
           mf_der_put(b, MF_DER_CONTEXT_CONSTRUCTED(4), leaf->subject, err) &&
           mf_der_finish(b, tsa, err);
}

static bool write_heads(struct ts_parts *parts, const struct cert *leaf, struct err *err)
{
    struct buf *data = &parts->data_head, *head = &parts->signer_head;
    size_t set = 0, sid = 0;

    return mf_der_put_uint(data, 3, err) && mf_der_begin(data, MF_DER_SET, &set, err) &&
           put_algorithm(data, digest_oid(parts->alg), err) && mf_der_finish(data, set, err) &&
           mf_der_put_uint(head, 1, err) && mf_der_begin(head, MF_DER_SEQUENCE, &sid, err) &&
           mf_buf_append(head, leaf->issuer, err) &&
           mf_der_put(head, MF_DER_INTEGER, leaf->serial, err) && mf_der_finish(head, sid, err) &&
           put_algorithm(head, digest_oid(parts->alg), err) &&
           mf_der_put(&parts->certificates, MF_DER_CONTEXT_CONSTRUCTED(0), leaf->der, err) &&
           put_algorithm(&parts->sig_alg,
                         parts->alg == MF_SHA256 ? mf_oid_ecdsa_sha256 : mf_oid_ecdsa_sha384, err);
}

/* Attribute with one value: opens the SEQUENCE and the SET. */
static bool begin_attribute(struct buf *b, struct span oid, size_t marks[static 2], struct err *err)
{
    return mf_der_begin(b, MF_DER_SEQUENCE, &marks[0], err) &&
           mf_der_put(b, MF_DER_OID, oid, err) && mf_der_begin(b, MF_DER_SET, &marks[1], err);
}

static bool end_attribute(struct buf *b, const size_t marks[static 2], struct err *err)
{
    return mf_der_finish(b, marks[1], err) && mf_der_finish(b, marks[0], err);
}

/* ESSCertIDv2 with its default hash, SHA-256, and the issuer and serial as Sigstore's tokens. */
static bool write_cert_id(struct crypto *c, const struct cert *leaf, struct buf *b, struct err *err)
{
    uint8_t hash[MF_SHA256_LEN];
    size_t marks[2], value = 0, list = 0, id = 0, issuer_serial = 0, names = 0;

    mf_sha256(c, leaf->der, hash);
    return begin_attribute(b, mf_oid_signing_certificate_v2, marks, err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &value, err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &list, err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &id, err) &&
           mf_der_put(b, MF_DER_OCTET_STRING, MF_SPAN_OF(hash), err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &issuer_serial, err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &names, err) &&
           mf_der_put(b, MF_DER_CONTEXT_CONSTRUCTED(4), leaf->issuer, err) &&
           mf_der_finish(b, names, err) && mf_der_put(b, MF_DER_INTEGER, leaf->serial, err) &&
           mf_der_finish(b, issuer_serial, err) && mf_der_finish(b, id, err) &&
           mf_der_finish(b, list, err) && mf_der_finish(b, value, err) &&
           end_attribute(b, marks, err);
}

/* X.690 11.6: a SET OF is in the order of its encodings. Each attribute's length byte differs and
 * grows: content type, signing time, message digest, certificate. */
static bool write_attributes(struct ts_parts *parts, struct crypto *c, const struct cert *leaf,
                             struct err *err)
{
    static const uint8_t blank[MF_DIGEST_MAX] = {0};
    struct buf *b = &parts->attributes;
    size_t set = 0, marks[2], digest_n = mf_digest_length(parts->alg);

    if (!mf_der_begin(b, MF_DER_SET, &set, err) ||
        !begin_attribute(b, mf_oid_content_type, marks, err) ||
        !mf_der_put(b, MF_DER_OID, mf_oid_tst_info, err) || !end_attribute(b, marks, err) ||
        !begin_attribute(b, mf_oid_signing_time, marks, err) ||
        !mf_der_put(b, MF_DER_UTC_TIME, (struct span){blank, UTC_TIME_LEN}, err) ||
        !end_attribute(b, marks, err))
        return false;
    size_t time_end = b->n;
    if (!begin_attribute(b, mf_oid_message_digest, marks, err) ||
        !mf_der_put(b, MF_DER_OCTET_STRING, (struct span){blank, digest_n}, err) ||
        !end_attribute(b, marks, err))
        return false;
    size_t digest_end = b->n;
    if (!write_cert_id(c, leaf, b, err))
        return false;
    size_t from_end_time = b->n - time_end, from_end_digest = b->n - digest_end;
    assert(b->n - digest_end > 64); /* so that it sorts last */
    if (!mf_der_finish(b, set, err))
        return false;
    /* Counted from the end, since finishing may have moved what lies inside. */
    parts->time_at = b->n - from_end_time - UTC_TIME_LEN;
    parts->digest_at = b->n - from_end_digest - digest_n;
    return true;
}

bool mf_ts_parts_init(struct ts_parts *parts, struct crypto *c, struct span leaf_der,
                      const struct public_key *key, struct err *err)
{
    struct cert leaf;

    if (!mf_cert_parse(leaf_der, &leaf, err) || !check_leaf(&leaf, key, err))
        return mf_err_as(err, MF_ERR_TRUST);
    parts->alg = mf_sig_digest(mf_sig_scheme_of(mf_public_key_kind(key)));
    parts->not_before = leaf.not_before;
    parts->not_after = leaf.not_after;
    struct buf *all[] = {&parts->tsa_name,    &parts->data_head, &parts->certificates,
                         &parts->signer_head, &parts->sig_alg,   &parts->attributes};
    for (size_t i = 0; i < MF_LEN(all); i++)
        *all[i] = (struct buf){.max = PART_MAX};
    return write_tsa_name(parts, &leaf, err) && write_heads(parts, &leaf, err) &&
           write_attributes(parts, c, &leaf, err);
}

void mf_ts_parts_done(struct ts_parts *parts)
{
    mf_buf_done(&parts->tsa_name);
    mf_buf_done(&parts->data_head);
    mf_buf_done(&parts->certificates);
    mf_buf_done(&parts->signer_head);
    mf_buf_done(&parts->sig_alg);
    mf_buf_done(&parts->attributes);
}

bool mf_ts_parts_attributes(const struct ts_parts *parts, int64_t time_s, const uint8_t *digest,
                            struct buf *out, struct err *err)
{
    size_t start = out->n;
    char time[14];

    if (!mf_buf_append(out, mf_buf_span(&parts->attributes), err))
        return false;
    mf_utc_time_write(time_s, time);
    memcpy(out->p + start + parts->time_at, time, UTC_TIME_LEN);
    memcpy(out->p + start + parts->digest_at, digest, mf_digest_length(parts->alg));
    return true;
}
