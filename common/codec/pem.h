/* PEM: textual encoding of DER, read strictly. Source: RFC 7468. */
#ifndef MF_COMMON_CODEC_PEM_H
#define MF_COMMON_CODEC_PEM_H

#include "common/base/buf.h"
#include "common/base/secret.h"

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

/* The same for private keys, through locked memory alone: the only block of a text, whatever its
 * label, which is borrowed from text; and a block written. */
MF_MUST_USE bool mf_pem_secret(struct span text, struct span *label, struct secret *der,
                               struct err *err);
MF_MUST_USE bool mf_pem_write_secret(const char *label, struct span der, struct secret *out,
                                     struct err *err);

#endif
