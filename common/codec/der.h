/* DER: a bounded, strict reader and a writer. Source: X.690 sections 8 and 10.
 *
 * The reader is a cursor over a span; nothing is copied. Indefinite and non-minimal lengths,
 * tag numbers above 30, and lengths past the end are MF_ERR_FORMAT. There is no recursion. */
#ifndef MF_COMMON_CODEC_DER_H
#define MF_COMMON_CODEC_DER_H

#include "common/base/buf.h"

enum der_tag {
    MF_DER_BOOLEAN = 0x01,
    MF_DER_INTEGER = 0x02,
    MF_DER_BIT_STRING = 0x03,
    MF_DER_OCTET_STRING = 0x04,
    MF_DER_NULL = 0x05,
    MF_DER_OID = 0x06,
    MF_DER_ENUMERATED = 0x0A,
    MF_DER_UTF8_STRING = 0x0C,
    MF_DER_PRINTABLE_STRING = 0x13,
    MF_DER_IA5_STRING = 0x16,
    MF_DER_UTC_TIME = 0x17,
    MF_DER_GENERALIZED_TIME = 0x18,
    MF_DER_SEQUENCE = 0x30,
    MF_DER_SET = 0x31
};
/* Context-specific tags: [n] primitive (IMPLICIT over a primitive) and constructed. */
#define MF_DER_CONTEXT(n)             (0x80 | (n))
#define MF_DER_CONTEXT_CONSTRUCTED(n) (0xA0 | (n))

struct der_value {
    uint8_t tag;
    struct span content; /* without tag and length */
    struct span whole;   /* with them */
};

/* Takes one value off the front of *rest. */
MF_MUST_USE bool mf_der_next(struct span *rest, struct der_value *out, struct err *err);
/* Takes one value that must have this tag; *out is its content. */
MF_MUST_USE bool mf_der_take(struct span *rest, int tag, struct span *out, struct err *err);
/* True and taken when the next value has this tag; false and *rest untouched when another one or
 * none is next. A damaged value of this tag is an error: check err->code after false. */
MF_MUST_USE bool mf_der_take_optional(struct span *rest, int tag, struct span *out,
                                      struct err *err);
/* The tag at the front, or -1 at the end. */
int mf_der_peek(struct span rest);
/* Refuses when bytes are left. */
MF_MUST_USE bool mf_der_end(struct span rest, struct err *err);

/* Contents of primitive types, strictly minimal. */
MF_MUST_USE bool mf_der_uint(struct span content, uint64_t *out,
                             struct err *err); /* INTEGER >= 0 */
/* Unsigned big-endian bytes of a non-negative INTEGER, without the leading zero byte; the number 0
 * is one zero byte. */
MF_MUST_USE bool mf_der_unsigned(struct span content, struct span *out, struct err *err);
MF_MUST_USE bool mf_der_boolean(struct span content, bool *out, struct err *err); /* 00 or FF */
/* BIT STRING whose bits fill whole bytes. */
MF_MUST_USE bool mf_der_bit_string(struct span content, struct span *out, struct err *err);
/* Dotted text of an OID's content, for messages; cut to fit. */
void mf_der_oid_text(struct span content, char *out, size_t cap);
/* Content bytes of dotted text; each component below 2^31, since Go refuses larger ones. */
MF_MUST_USE bool mf_der_oid_parse(struct span dotted, struct buf *out, struct err *err);

/* Writer: values go to the end of a buf. begin/finish bracket a constructed value, or an OCTET
 * STRING or BIT STRING that holds DER (its zero byte is written); `finish` puts the length in.
 * Pairs nest. */
MF_MUST_USE bool mf_der_begin(struct buf *b, int tag, size_t *mark, struct err *err);
MF_MUST_USE bool mf_der_finish(struct buf *b, size_t mark, struct err *err);
MF_MUST_USE bool mf_der_put(struct buf *b, int tag, struct span content, struct err *err);
MF_MUST_USE bool mf_der_put_uint(struct buf *b, uint64_t value, struct err *err);
/* INTEGER from unsigned big-endian bytes; leading zeros are made minimal. */
MF_MUST_USE bool mf_der_put_unsigned(struct buf *b, struct span bytes, struct err *err);
MF_MUST_USE bool mf_der_put_boolean(struct buf *b, bool value, struct err *err);
/* BIT STRING of whole bytes. */
MF_MUST_USE bool mf_der_put_bits(struct buf *b, struct span bytes, struct err *err);

#endif
