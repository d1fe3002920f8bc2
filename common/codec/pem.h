/* PEM: textual encoding of DER, read strictly. Source: RFC 7468. */
#ifndef MF_COMMON_CODEC_PEM_H
#define MF_COMMON_CODEC_PEM_H

#include "common/base/buf.h"

/* Takes the next block off the front of *rest, skipping text before it.
 *   label  borrowed from *rest: "CERTIFICATE"
 *   der    appended to; give it a maximum
 * MF_ERR_NOT_FOUND when no further block begins; MF_ERR_FORMAT for a damaged one. */
MF_MUST_USE bool mf_pem_next(struct span *rest, struct span *label, struct buf *der,
                             struct err *err);
/* The only block of a text: its label must be this one, and nothing but white space may follow. */
MF_MUST_USE bool mf_pem_only(struct span text, const char *label, struct buf *der, struct err *err);
/* Appends a block with 64 characters a line and a final LF. */
MF_MUST_USE bool mf_pem_append(struct buf *b, const char *label, struct span der, struct err *err);

#endif
