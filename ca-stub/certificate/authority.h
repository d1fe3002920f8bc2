/* Certificates of authorities: root, issuing CA, timestamp authority. Made once, by init.
 * Sources: Fulcio "Certificate specification"; RFC 3161 section 2.3. */
#ifndef MF_CA_STUB_CERTIFICATE_AUTHORITY_H
#define MF_CA_STUB_CERTIFICATE_AUTHORITY_H

#include "ca-stub/certificate/cert_writer.h"

enum { MF_AUTHORITY_MAX = 4096 };    /* bytes of a certificate */
enum { MF_AUTHORITY_NAME_MAX = 64 }; /* bytes of organization and of common name (X.520) */

enum authority_kind {
    MF_AUTHORITY_ROOT,      /* CA, any path length, no extended key usage */
    MF_AUTHORITY_ISSUING,   /* CA, path length 0, codeSigning */
    MF_AUTHORITY_TIMESTAMP, /* no CA; a critical timeStamping alone */
};

struct authority {
    enum authority_kind kind;
    const char *organization;          /* UTF-8, 1 .. MF_AUTHORITY_NAME_MAX bytes */
    const char *common_name;           /* likewise */
    int64_t not_before_s, not_after_s; /* before 2050 */
    const struct public_key *key;      /* the subject's */
};

struct authority_issuer {    /* who signs; for a root its own name is used */
    struct span certificate; /* DER; empty for a root */
    const struct private_key *key;
};

/* Appends the DER of a new certificate. */
MF_MUST_USE bool mf_authority_write(struct crypto *c, const struct authority *authority,
                                    const struct authority_issuer *issuer, struct buf *out,
                                    struct err *err);

#endif
