/* Base64: one strict reader and one writer for both alphabets. Source: RFC 4648 sections 4 and 5.
 */
#ifndef MF_COMMON_CODEC_BASE64_H
#define MF_COMMON_CODEC_BASE64_H

#include "common/base/buf.h"

enum base64_form {
    MF_BASE64_STD,    /* standard alphabet, padding required, zero trailing bits */
    MF_BASE64_URL,    /* URL alphabet, no padding, zero trailing bits (JWS) */
    MF_BASE64_LENIENT /* proto JSON: either alphabet but no mixture, padding or none, any trailing
                         bits; never white space */
};

/* Appends the decoded bytes to *out. MF_ERR_FORMAT names the position of the first bad character,
 * counted from 1. */
MF_MUST_USE bool mf_base64_decode(struct span text, enum base64_form form, struct buf *out,
                                  struct err *err);
/* Decodes MF_BASE64_STD text that must give exactly n bytes. */
MF_MUST_USE bool mf_base64_decode_exact(struct span text, uint8_t *out, size_t n, struct err *err);

/* Characters of the padded encoding of n bytes. */
static inline size_t mf_base64_length(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Writes exactly mf_base64_length(bytes.n) characters, standard alphabet, no NUL. */
void mf_base64_encode(struct span bytes, char *out);
MF_MUST_USE bool mf_base64_append(struct buf *b, struct span bytes, struct err *err);
/* URL alphabet without padding. */
MF_MUST_USE bool mf_base64_append_url(struct buf *b, struct span bytes, struct err *err);

#endif
