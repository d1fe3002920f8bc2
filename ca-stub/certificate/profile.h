/* Profile of signing certificates: what a leaf says, byte for byte as Fulcio's. Precertificate and
 * certificate differ in their last extension alone. Sources: Fulcio "Certificate specification" and
 * "OID information"; RFC 6962 section 3.1. */
#ifndef MF_CA_STUB_CERTIFICATE_PROFILE_H
#define MF_CA_STUB_CERTIFICATE_PROFILE_H

#include "ca-stub/certificate/cert_writer.h"
#include "ca-stub/identity/principal.h"

enum { MF_LEAF_LIFETIME_S = 600 };
enum { MF_LEAF_MAX = 8 * 1024 }; /* bytes of a certificate */
/* Bytes of it that are kept for the SCT list; a promise by an RSA-4096 log with a leaf index takes
 * 600. */
enum { MF_LEAF_SCT_ROOM = 1024 };

struct leaf {                  /* spans borrow */
    struct span serial;        /* MF_SERIAL_LEN bytes */
    struct span issuer;        /* the CA's subject, byte for byte */
    struct span issuer_key_id; /* the CA's subject key identifier */
    enum key_kind issuer_kind;
    int64_t not_before_s, not_after_s;
    struct span spki;                         /* of the subject, canonical */
    struct span key_id;                       /* MF_KEY_ID_LEN bytes */
    const struct verified_identity *identity; /* its SAN and extensions are used */
};

/* Appends the TBSCertificate.
 *   sct_list  value of the SCT list extension; empty writes the poison in its place
 *   out       give it a maximum of MF_LEAF_MAX
 * MF_ERR_LIMIT when the identity makes it too large. */
MF_MUST_USE bool mf_leaf_write_tbs(const struct leaf *leaf, struct span sct_list, struct buf *out,
                                   struct err *err);

/* MF_ERR_LIMIT when the certificate would be too large, with MF_LEAF_SCT_ROOM and a signature; the
 * other errors of mf_leaf_write_tbs likewise. */
MF_MUST_USE bool mf_leaf_check_size(const struct leaf *leaf, struct err *err);

/* Reads back what is about to be handed out and compares it with what was meant: the certificate
 * parses, has one SAN (the identity's), the key, and differs from the precertificate in poison and
 * SCT list alone; and it is signed by the CA. MF_ERR_INTERNAL names what differs. */
struct leaf_check {
    struct span certificate, precertificate; /* DER */
    const struct public_key *ca_key;
};
MF_MUST_USE bool mf_leaf_check(struct crypto *c, const struct leaf *leaf,
                               const struct leaf_check *check, struct err *err);

#endif
