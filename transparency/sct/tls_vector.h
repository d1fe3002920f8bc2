/* Bytes as TLS writes them: big-endian numbers, and vectors behind their length.
 * Source: RFC 5246 sections 4.3 and 4.4. */
#ifndef MF_TRANSPARENCY_SCT_TLS_VECTOR_H
#define MF_TRANSPARENCY_SCT_TLS_VECTOR_H

#include "common/base/buf.h"

/* Each takes off the front of *rest; false, with both untouched, when there is too little. */
MF_MUST_USE bool mf_tls_vector_bytes(struct span *rest, size_t n, struct span *out);
MF_MUST_USE bool mf_tls_vector_number(struct span *rest, size_t bytes, uint64_t *out);
/* A vector behind a length of that many bytes. */
MF_MUST_USE bool mf_tls_vector_take(struct span *rest, size_t length_bytes, struct span *out);

/* Appends one; MF_ERR_LIMIT when it is too long for its length. */
MF_MUST_USE bool mf_tls_vector_put(struct buf *out, size_t length_bytes, struct span bytes,
                                   struct err *err);

#endif
