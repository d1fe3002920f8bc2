/* Certificate request: a token and a key's self-signed request for a certificate that lives
 * minutes. Sources: Fulcio's API v2, RFC 2986. */
#ifndef MF_CLIENT_SIGN_CA_REQUEST_H
#define MF_CLIENT_SIGN_CA_REQUEST_H

#include "common/crypto/verifier.h"
#include "common/net/http_client.h"

/* Posts to URL/api/v2/signingCert and appends the leaf's DER to *certificate. Its key must be ours.
 * MF_ERR_DENIED with the CA's reason, or MF_ERR_UNAVAILABLE. */
MF_MUST_USE bool mf_ca_request(struct crypto *c, struct http_client *http, struct span url,
                               const struct secret *token, const struct private_key *key,
                               struct buf *certificate, struct err *err);

/* Appends the DER of the first certificate in an answer's chain, unverified. The answer must be of
 * the kind with an embedded SCT. */
MF_MUST_USE bool mf_ca_answer_leaf(struct span body, struct buf *certificate, struct err *err);

/* Appends a PKCS#10 request with an empty subject, signed by the key. */
MF_MUST_USE bool mf_csr_write(struct crypto *c, const struct private_key *key, struct buf *out,
                              struct err *err);

#endif
