#include "client/trust/trusted_key.h"

#include "common/codec/der.h"
#include "common/crypto/key.h"
#include "common/x509/oid.h"
#include "transparency/entry/key_details.h"

static const struct {
    const char *name;
    bool bare_pkcs1; /* rawBytes is an RSAPublicKey, not a SubjectPublicKeyInfo */
} known[] = {
    {"PKIX_ECDSA_P256_SHA_256", false},
    {"PKIX_ECDSA_P384_SHA_384", false},
    {"PKIX_ECDSA_P521_SHA_512", false},
    {"PKIX_RSA_PKCS1V15_2048_SHA256", false},
    {"PKIX_RSA_PKCS1V15_3072_SHA256", false},
    {"PKIX_RSA_PKCS1V15_4096_SHA256", false},
    {"PKIX_RSA_PKCS1V5", false},
    {"PKCS1_RSA_PKCS1V5", true},
    {"PKIX_ED25519", false},
    {"PKIX_ED25519_PH", false},
};

/* RFC 8017 A.1.1 in RFC 5280 4.1.2.7: SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING }. */
static bool wrap_pkcs1(struct span der, struct buf *out, struct err *err)
{
    size_t outer = 0;
    size_t algorithm = 0;

    return mf_der_begin(out, MF_DER_SEQUENCE, &outer, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &algorithm, err) &&
           mf_der_put(out, MF_DER_OID, mf_oid_rsa, err) &&
           mf_der_put(out, MF_DER_NULL, MF_SPAN(""), err) && mf_der_finish(out, algorithm, err) &&
           mf_der_put_bits(out, der, err) && mf_der_finish(out, outer, err);
}

/* By name, or by number as proto3 JSON allows; "" for a number that has no name here. */
static bool read_details(const struct json_node *key, struct span *out, struct err *err)
{
    const struct json_node *node = mf_json_get(key, "keyDetails");
    enum key_details details = MF_KD_UNSPECIFIED;
    struct err unknown = {0};
    int64_t number = 0;

    if (node == NULL || mf_json_is_string(node))
        return mf_json_member_string(key, "keyDetails", out, err);
    if (!mf_json_member_int64(key, "keyDetails", &number, err))
        return false;
    *out = mf_key_details_from_number(number, &details, &unknown)
               ? mf_span_str(mf_key_details_name(details))
               : MF_SPAN("");
    return true;
}

bool mf_trusted_key_parse(const struct json_node *key, struct buf *spki, bool *usable,
                          struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf raw = {.max = MF_SPKI_MAX};
    MF_SCOPED(mf_buf_done) struct buf wrapped = {.max = MF_SPKI_MAX};
    struct span details;
    size_t kind = 0;

    if (!read_details(key, &details, err))
        return false;
    while (kind < MF_LEN(known) && !mf_span_is(details, known[kind].name))
        kind++;
    *usable = kind < MF_LEN(known);
    if (!*usable) /* not even read: a key of a later kind may be larger than any of ours */
        return true;
    if (!mf_json_member_bytes(key, "rawBytes", &raw, err) ||
        (known[kind].bare_pkcs1 && !wrap_pkcs1(mf_buf_span(&raw), &wrapped, err)))
        return false;
    struct buf *read = known[kind].bare_pkcs1 ? &wrapped : &raw;
    *spki = *read;
    *read = (struct buf){0}; /* moved */
    return true;
}
