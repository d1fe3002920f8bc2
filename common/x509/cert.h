/* Certificates: a read-only view by DER walk. Source: RFC 5280 section 4.
 *
 * Never d2i_X509 on a hot path: it costs 157 us and serialises threads. The view agrees with it on
 * what is a certificate; tests hold the two side by side. */
#ifndef MF_COMMON_X509_CERT_H
#define MF_COMMON_X509_CERT_H

#include "common/base/clock.h"
#include "common/crypto/verifier.h"

enum { MF_CERT_MAX = 16 * 1024 };     /* bytes of DER */
enum { MF_CERT_EXTENSIONS_MAX = 48 }; /* extensions in one certificate */

struct cert_extension {
    struct span oid;   /* content bytes */
    struct span value; /* inside the OCTET STRING */
    struct span whole; /* the Extension SEQUENCE with tag and length */
    bool critical;
};

enum key_usage { /* bits of the KeyUsage BIT STRING, RFC 5280 4.2.1.3 */
                 MF_KU_DIGITAL_SIGNATURE = 1 << 0,
                 MF_KU_KEY_CERT_SIGN = 1 << 5,
                 MF_KU_CRL_SIGN = 1 << 6
};

/* All spans borrow from the DER given to mf_cert_parse. */
struct cert {
    struct span der;
    struct span tbs;                      /* TBSCertificate with tag and length: the signed bytes */
    struct span serial;                   /* content of the INTEGER */
    struct span issuer;                   /* Name with tag and length; compared byte for byte */
    struct span subject;                  /* likewise; empty name is 30 00 */
    struct span spki;                     /* with tag and length */
    struct span sig_alg;                  /* OID content; both copies agree */
    struct span signature;                /* bytes of the BIT STRING */
    struct instant not_before, not_after; /* both ends inclusive */
    unsigned version;                     /* 3 */
    struct cert_extension extensions[MF_CERT_EXTENSIONS_MAX];
    size_t extension_count; /* no OID twice */
    /* Of the extensions, what verifiers ask for */
    bool has_key_usage;
    unsigned key_usage; /* enum key_usage bits */
    bool has_eku;
    bool has_basic_constraints;
    bool is_ca;
    bool has_path_len;
    uint64_t path_len;
    struct span ski, aki; /* key identifiers; empty when absent */
};

/* Exactly one certificate, nothing behind it; version 3 or 1 (roots), no unique identifiers. */
MF_MUST_USE bool mf_cert_parse(struct span der, struct cert *out, struct err *err);
/* Null when absent. */
const struct cert_extension *mf_cert_extension(const struct cert *cert, struct span oid);
/* True when the extended key usage lists this purpose; *count gets how many it lists (may be null).
 */
bool mf_cert_has_eku(const struct cert *cert, struct span purpose, size_t *count);
/* True when at lies in the validity, both ends included. */
bool mf_cert_is_valid_at(const struct cert *cert, struct instant at);

enum san_kind {
    MF_SAN_EMAIL,
    MF_SAN_URI,
    MF_SAN_DNS,
    MF_SAN_OTHER_NAME /* Fulcio's .1.7 */,
    MF_SAN_UNKNOWN
};
struct san {
    enum san_kind kind;
    struct span value; /* text; borrowed */
};
/* The only subject alternative name; none or several is MF_ERR_FORMAT. */
MF_MUST_USE bool mf_cert_only_san(const struct cert *cert, struct san *out, struct err *err);

/* Verifies that issuer's key signed cert (names compared, signature checked; nothing else). */
MF_MUST_USE bool mf_cert_signed_by(struct crypto *c, const struct cert *cert,
                                   const struct cert *issuer, const struct public_key *issuer_key,
                                   struct err *err);
/* The scheme named by the certificate's signatureAlgorithm. */
MF_MUST_USE bool mf_cert_scheme(const struct cert *cert, enum sig_scheme *out, struct err *err);

#endif
