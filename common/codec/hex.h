/* Hexadecimal: lower case out, either case in. */
#ifndef MF_COMMON_CODEC_HEX_H
#define MF_COMMON_CODEC_HEX_H

#include "common/base/buf.h"

/* Writes 2 * bytes.n characters and a NUL. */
void mf_hex_encode(struct span bytes, char *out);
MF_MUST_USE bool mf_hex_append(struct buf *b, struct span bytes, struct err *err);
/* text must be exactly 2 * n digits. */
MF_MUST_USE bool mf_hex_decode_exact(struct span text, uint8_t *out, size_t n, struct err *err);

#endif
