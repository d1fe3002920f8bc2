/* Object identifiers, as the content bytes of their DER. Each is written down once, here. */
#ifndef MF_COMMON_X509_OID_H
#define MF_COMMON_X509_OID_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

/* Algorithms (RFC 5480, RFC 8017, RFC 8410, RFC 5758) */
extern const struct span mf_oid_ec_public_key, mf_oid_rsa, mf_oid_ed25519;
extern const struct span mf_oid_sha256, mf_oid_sha384, mf_oid_sha512, mf_oid_sha1;
extern const struct span mf_oid_ecdsa_sha256, mf_oid_ecdsa_sha384, mf_oid_ecdsa_sha512;
extern const struct span mf_oid_rsa_sha256, mf_oid_rsa_sha384, mf_oid_rsa_sha512;
/* Names and extensions (RFC 5280) */
extern const struct span mf_oid_common_name, mf_oid_organization;
extern const struct span mf_oid_subject_key_id, mf_oid_authority_key_id, mf_oid_key_usage;
extern const struct span mf_oid_ext_key_usage, mf_oid_basic_constraints, mf_oid_subject_alt_name;
extern const struct span mf_oid_name_constraints;
extern const struct span mf_oid_eku_code_signing, mf_oid_eku_time_stamping, mf_oid_eku_any;
/* Certificate transparency (RFC 6962) */
extern const struct span mf_oid_sct_list, mf_oid_precert_poison, mf_oid_eku_precert_signing;
/* CMS and timestamps (RFC 5652, RFC 3161, RFC 5035) */
extern const struct span mf_oid_signed_data, mf_oid_tst_info, mf_oid_content_type;
extern const struct span mf_oid_message_digest, mf_oid_signing_time;
extern const struct span mf_oid_signing_certificate, mf_oid_signing_certificate_v2;
/* Fulcio's arc 1.3.6.1.4.1.57264.1: append one byte, the number, for .1 .. .127 */
extern const struct span mf_oid_fulcio_arc;
extern const struct span mf_oid_fulcio_other_name;   /* .1.7 */
extern const struct span mf_oid_sigstore_tsa_policy; /* 1.3.6.1.4.1.57264.2 */

/* Takes an OBJECT IDENTIFIER off the front; its content is well-formed (X.690 8.19.2). */
MF_MUST_USE bool mf_oid_take(struct span *rest, struct span *out, struct err *err);

#endif
