/* Timestamp query: asks an RFC 3161 authority to stamp a signature. */
#ifndef MF_CLIENT_SIGN_TSA_QUERY_H
#define MF_CLIENT_SIGN_TSA_QUERY_H

#include "common/crypto/digest.h"
#include "common/net/http_client.h"

enum { MF_TSA_NONCE_LEN = 16 }; /* bytes */

/* Appends a TimeStampReq over SHA-256 of message, without request for the certificate: the trusted
 * root has it. */
MF_MUST_USE bool mf_tsa_query_write(struct crypto *c, struct span message,
                                    const uint8_t nonce[static MF_TSA_NONCE_LEN], struct buf *out,
                                    struct err *err);
/* Fills in a call that posts the query; url and query must outlive it. */
struct http_call mf_tsa_query_call(const char *url, struct span query);
/* The answer's token must be granted and carry our nonce; nothing else is checked here. Appends its
 * DER to *token. */
MF_MUST_USE bool mf_tsa_query_answer(const struct http_answer *answer,
                                     const uint8_t nonce[static MF_TSA_NONCE_LEN],
                                     struct buf *token, struct err *err);

#endif
