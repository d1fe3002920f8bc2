/* The extensions of a certificate: listed, and those that verifiers ask for read strictly.
 * Private to this room; callers use cert.h. Source: RFC 5280 4.2. */
#ifndef MF_COMMON_X509_CERT_EXTENSIONS_H
#define MF_COMMON_X509_CERT_EXTENSIONS_H

#include "common/x509/cert.h"

/* Reads an Extensions SEQUENCE's content (one extension or more) into cert's fields. */
MF_MUST_USE bool mf_cert_extensions_read(struct span content, struct cert *cert, struct err *err);

#endif
