/* Precertificates: the TBSCertificate as certificate transparency signs it. Source: RFC 6962 3.2.
 */
#ifndef MF_COMMON_X509_PRECERT_H
#define MF_COMMON_X509_PRECERT_H

#include "common/x509/cert.h"

/* Appends cert's TBSCertificate without the extension of this OID (the poison on a log's side, the
 * SCT list on a verifier's): the raw bytes are cut and three lengths rewritten, nothing else
 * changes. MF_ERR_FORMAT when the certificate does not have the extension. */
MF_MUST_USE bool mf_precert_tbs(const struct cert *cert, struct span without_oid, struct buf *out,
                                struct err *err);

#endif
