#include "common/x509/oid.h"

#include "common/codec/der.h"
#include "common/crypto/key_oid.h"

#define OID(bytes)  MF_SPAN_INIT(bytes)
#define PKCS7       "\x2A\x86\x48\x86\xF7\x0D\x01\x07"     /* 1.2.840.113549.1.7 */
#define PKCS9       "\x2A\x86\x48\x86\xF7\x0D\x01\x09"     /* 1.2.840.113549.1.9 */
#define NIST_HASH   "\x60\x86\x48\x01\x65\x03\x04\x02"     /* 2.16.840.1.101.3.4.2 */
#define CERT_EXT    "\x55\x1D"                             /* 2.5.29 */
#define KEY_PURPOSE "\x2B\x06\x01\x05\x05\x07\x03"         /* 1.3.6.1.5.5.7.3 */
#define CT          "\x2B\x06\x01\x04\x01\xD6\x79\x02\x04" /* 1.3.6.1.4.1.11129.2.4 */
#define SIGSTORE    "\x2B\x06\x01\x04\x01\x83\xBF\x30"     /* 1.3.6.1.4.1.57264 */

const struct span mf_oid_ec_public_key = OID(MF_OID_EC_PUBLIC_KEY);
const struct span mf_oid_rsa = OID(MF_OID_RSA);
const struct span mf_oid_ed25519 = OID(MF_OID_ED25519);
const struct span mf_oid_sha256 = OID(NIST_HASH "\x01");
const struct span mf_oid_sha384 = OID(NIST_HASH "\x02");
const struct span mf_oid_sha512 = OID(NIST_HASH "\x03");
const struct span mf_oid_sha1 = OID("\x2B\x0E\x03\x02\x1A");
const struct span mf_oid_ecdsa_sha256 = OID(MF_OID_ARC_X962 "\x04\x03\x02");
const struct span mf_oid_ecdsa_sha384 = OID(MF_OID_ARC_X962 "\x04\x03\x03");
const struct span mf_oid_ecdsa_sha512 = OID(MF_OID_ARC_X962 "\x04\x03\x04");
const struct span mf_oid_rsa_sha256 = OID(MF_OID_ARC_PKCS1 "\x0B");
const struct span mf_oid_rsa_sha384 = OID(MF_OID_ARC_PKCS1 "\x0C");
const struct span mf_oid_rsa_sha512 = OID(MF_OID_ARC_PKCS1 "\x0D");

const struct span mf_oid_common_name = OID("\x55\x04\x03");
const struct span mf_oid_organization = OID("\x55\x04\x0A");
const struct span mf_oid_subject_key_id = OID(CERT_EXT "\x0E");
const struct span mf_oid_authority_key_id = OID(CERT_EXT "\x23");
const struct span mf_oid_key_usage = OID(CERT_EXT "\x0F");
const struct span mf_oid_ext_key_usage = OID(CERT_EXT "\x25");
const struct span mf_oid_basic_constraints = OID(CERT_EXT "\x13");
const struct span mf_oid_subject_alt_name = OID(CERT_EXT "\x11");
const struct span mf_oid_name_constraints = OID(CERT_EXT "\x1E");
const struct span mf_oid_eku_code_signing = OID(KEY_PURPOSE "\x03");
const struct span mf_oid_eku_time_stamping = OID(KEY_PURPOSE "\x08");
const struct span mf_oid_eku_any = OID(CERT_EXT "\x25\x00");

const struct span mf_oid_sct_list = OID(CT "\x02");
const struct span mf_oid_precert_poison = OID(CT "\x03");
const struct span mf_oid_eku_precert_signing = OID(CT "\x04");

const struct span mf_oid_signed_data = OID(PKCS7 "\x02");
const struct span mf_oid_tst_info = OID(PKCS9 "\x10\x01\x04");
const struct span mf_oid_content_type = OID(PKCS9 "\x03");
const struct span mf_oid_message_digest = OID(PKCS9 "\x04");
const struct span mf_oid_signing_time = OID(PKCS9 "\x05");
const struct span mf_oid_signing_certificate = OID(PKCS9 "\x10\x02\x0C");
const struct span mf_oid_signing_certificate_v2 = OID(PKCS9 "\x10\x02\x2F");

const struct span mf_oid_fulcio_arc = OID(SIGSTORE "\x01");
const struct span mf_oid_fulcio_other_name = OID(SIGSTORE "\x01\x07");
const struct span mf_oid_sigstore_tsa_policy = OID(SIGSTORE "\x02");

bool mf_oid_take(struct span *rest, struct span *out, struct err *err)
{
    struct span oid;

    if (!mf_der_take(rest, MF_DER_OID, &oid, err))
        return false;
    bool starts = true; /* a component's first byte must not be 0x80: padding */
    for (size_t i = 0; i < oid.n; i++) {
        if (starts && oid.p[i] == 0x80)
            return mf_err_set(err, MF_ERR_FORMAT, "object identifier is padded");
        starts = (oid.p[i] & 0x80) == 0;
    }
    if (oid.n == 0 || !starts)
        return mf_err_set(err, MF_ERR_FORMAT, "object identifier is empty or cut short");
    *out = oid;
    return true;
}
