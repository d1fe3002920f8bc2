/* Messages between a program and its signer process, over a stream socket.
 *
 *   request: operation (1) version (1) count (2) length of the body (4), then the body
 *   answer:  code (1) version (1) count (2) length of the body (4), then the body
 *
 *   operation   body                                         answer's body
 *   OPEN        key path, passphrase path, origin            SubjectPublicKeyInfo
 *   SIGN        count messages                               count signatures
 *   SIGN_HEAD   size (8) root (32) timestamp (8)             one signature
 *   RECALL      the same                                     empty
 *   COSIGN      size, root, seconds; origin; extension lines one signature
 *   RECALL_ORIGIN   size, root, 0; origin                    empty
 *
 * Items are a length (4) and their bytes; numbers are big-endian. An answer whose code is not
 * MF_OK has three items: what, where and hint of the error. Private to this room. */
#ifndef MF_COMMON_KEYS_SIGNER_WIRE_H
#define MF_COMMON_KEYS_SIGNER_WIRE_H

#include "common/base/buf.h"
#include "common/keys/signer_client.h"

enum signer_op {
    MF_SIGNER_OP_OPEN = 1,
    MF_SIGNER_OP_SIGN,
    MF_SIGNER_OP_SIGN_HEAD,
    MF_SIGNER_OP_RECALL,
    MF_SIGNER_OP_COSIGN,
    MF_SIGNER_OP_RECALL_ORIGIN,
};

enum {
    MF_SIGNER_VERSION = 1,
    MF_SIGNER_FD = 3, /* the signer's end of the socket */
    MF_SIGNER_HEADER = 8,
    MF_SIGNER_HEAD = 48,
    MF_SIGNER_BODY_MAX = MF_SIGNER_BATCH_BYTES + 4 * MF_SIGNER_BATCH_COUNT,
    MF_SIGNER_ANSWER_MAX = MF_SIGNER_BATCH_COUNT * (MF_SIGNATURE_MAX + 4),
};

struct signer_header {
    uint8_t kind; /* operation or code */
    uint16_t count;
    uint32_t length;
};

/* Appends eight bytes; the length is that of the body, which may be set later by _seal. */
MF_MUST_USE bool mf_signer_wire_begin(struct buf *b, uint8_t kind, uint16_t count, struct err *err);
/* Puts the length of what follows the header into it. */
void mf_signer_wire_seal(struct buf *b);
/* MF_ERR_FORMAT for another version or a body longer than max. */
MF_MUST_USE bool mf_signer_wire_header(const uint8_t bytes[static MF_SIGNER_HEADER], uint32_t max,
                                       struct signer_header *out, struct err *err);

MF_MUST_USE bool mf_signer_wire_put(struct buf *b, struct span item, struct err *err);
MF_MUST_USE bool mf_signer_wire_take(struct span *rest, struct span *item, struct err *err);
MF_MUST_USE bool mf_signer_wire_put_head(struct buf *b, const struct tree_head *head,
                                         struct err *err);
/* The whole body must be one head. */
MF_MUST_USE bool mf_signer_wire_head(struct span body, struct tree_head *out, struct err *err);
/* Takes one off the front. */
MF_MUST_USE bool mf_signer_wire_take_head(struct span *rest, struct tree_head *out,
                                          struct err *err);

/* Reads a whole message into *b, which is emptied first: header at its front, body behind it.
 * False with err unset when the peer closed before the first byte; MF_ERR_UNAVAILABLE when the
 * socket's own deadline has passed. */
MF_MUST_USE bool mf_signer_wire_receive(int fd, uint32_t max, struct buf *b,
                                        struct signer_header *out, struct err *err);
/* MF_ERR_UNAVAILABLE likewise. */
MF_MUST_USE bool mf_signer_wire_send(int fd, struct span message, struct err *err);

#endif
