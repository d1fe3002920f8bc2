/* The body of a request for a certificate, Fulcio's API version 2 and version 1.
 * Sources: Fulcio fulcio.proto and fulcio_legacy.proto; the JSON rules of proto3. */
#ifndef MF_CA_STUB_SERVER_SIGNING_CERT_REQUEST_H
#define MF_CA_STUB_SERVER_SIGNING_CERT_REQUEST_H

#include "common/base/buf.h"

enum { MF_SIGNING_CERT_BODY_MAX = 64 * 1024 }; /* bytes; a token and a request need far less */

enum signing_cert_api { MF_SIGNING_CERT_V1, MF_SIGNING_CERT_V2 };

struct signing_cert_request { /* owns its bytes */
    struct buf token;         /* from credentials; empty when they have none (v1: always) */
    bool has_csr;             /* else key and signature, which may both be empty */
    struct buf csr;           /* PEM text */
    struct buf key;           /* PEM text, or DER */
    struct buf signature;
};

/* lowerCamelCase and snake_case names are read, unknown members ignored, null is absent; an empty
 * body is an empty message. Both a certificate request and a key is MF_ERR_FORMAT. */
MF_MUST_USE bool mf_signing_cert_parse(struct span body, enum signing_cert_api api,
                                       struct signing_cert_request *out, struct err *err);
/* Wipes and frees; may run twice. */
void mf_signing_cert_request_done(struct signing_cert_request *request);

#endif
