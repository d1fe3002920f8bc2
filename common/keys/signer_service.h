/* Signer service: what a signer process does with a request, without its socket. It holds the key,
 * the use that was fixed when it started, and the highest tree head signed. Private to this room.
 */
#ifndef MF_COMMON_KEYS_SIGNER_SERVICE_H
#define MF_COMMON_KEYS_SIGNER_SERVICE_H

#include "common/keys/signer_wire.h"

struct signer_service;

/* The key is taken over, also on failure; the origin is copied. MF_SIGNER_LOG and _CT need an
 * origin: not empty, no control characters. RSA cannot sign checkpoints (C2SP has no such key). */
MF_MUST_USE bool mf_signer_service_new_take(struct crypto *c, struct private_key **key,
                                            enum signer_use use, struct span origin,
                                            struct signer_service **out, struct err *err);
void mf_signer_service_free(struct signer_service **service);

/* Answers one request into *answer, header included; every fault of the request is an answer too.
 * False only when not even that can be written. */
MF_MUST_USE bool mf_signer_service_answer(struct signer_service *service,
                                          const struct signer_header *request, struct span body,
                                          struct buf *answer, struct err *err);

/* An answer that carries an error. */
MF_MUST_USE bool mf_signer_service_refuse(struct buf *answer, const struct err *why,
                                          struct err *err);
/* The answer to OPEN: the public half. */
MF_MUST_USE bool mf_signer_service_greet(struct signer_service *service, struct buf *answer,
                                         struct err *err);

#endif
