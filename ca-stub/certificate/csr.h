/* Certification requests (PKCS#10), of which a CA wants the key and the proof that it is held.
 * Source: RFC 2986. */
#ifndef MF_CA_STUB_CERTIFICATE_CSR_H
#define MF_CA_STUB_CERTIFICATE_CSR_H

#include "common/base/buf.h"
#include "common/crypto/verifier.h"

enum { MF_CSR_MAX = 16 * 1024 }; /* bytes of DER */

struct csr {                  /* spans borrow from the DER */
    struct span signed_bytes; /* CertificationRequestInfo with tag and length */
    struct span spki;
    enum sig_scheme scheme; /* that the request names */
    struct span signature;
};

/* Exactly one request of version 0; its subject and attributes are not looked at. MF_ERR_FORMAT
 * names the part; a signature algorithm that is not known is MF_ERR_DENIED, and then its OID is in
 * the text. */
MF_MUST_USE bool mf_csr_parse(struct span der, struct csr *out, struct err *err);

#endif
