/* Object identifiers of keys, as the content of a DER OBJECT IDENTIFIER: for tables here and in
 * x509. Sources: RFC 5480 section 2.1.1, RFC 8017 A.1, RFC 8410 section 3. */
#ifndef MF_COMMON_CRYPTO_KEY_OID_H
#define MF_COMMON_CRYPTO_KEY_OID_H

#define MF_OID_ARC_X962      "\x2A\x86\x48\xCE\x3D"             /* 1.2.840.10045 */
#define MF_OID_ARC_PKCS1     "\x2A\x86\x48\x86\xF7\x0D\x01\x01" /* 1.2.840.113549.1.1 */
#define MF_OID_EC_PUBLIC_KEY MF_OID_ARC_X962 "\x02\x01"
#define MF_OID_P256          MF_OID_ARC_X962 "\x03\x01\x07"
#define MF_OID_P384          "\x2B\x81\x04\x00\x22"
#define MF_OID_P521          "\x2B\x81\x04\x00\x23"
#define MF_OID_RSA           MF_OID_ARC_PKCS1 "\x01"
#define MF_OID_ED25519       "\x2B\x65\x70"

#endif
