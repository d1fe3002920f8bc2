/* The writing half of der.h. */
#include <assert.h>

#include "common/codec/der.h"

enum { HEADER_MAX = 6 }; /* tag, 0x84 and four bytes of length */

/* Writes a minimal length; returns its bytes, or 0 when n has more than 32 bits. */
static size_t put_length(size_t n, uint8_t out[static 5])
{
    size_t count = 0;

    if (n < 0x80) {
        out[0] = (uint8_t)n;
        return 1;
    }
    if (n > UINT32_MAX)
        return 0;
    for (size_t v = n; v > 0; v >>= 8)
        count++;
    out[0] = (uint8_t)(0x80 | count);
    for (size_t i = 0; i < count; i++)
        out[1 + i] = (uint8_t)(n >> (8 * (count - 1 - i)));
    return 1 + count;
}

static bool too_long(struct err *err)
{
    return mf_err_set(err, MF_ERR_LIMIT, "DER value is larger than 32 bits can say");
}

bool mf_der_begin(struct buf *b, int tag, size_t *mark, struct err *err)
{
    if (!mf_buf_reserve(b, 3, err))
        return false;
    b->p[b->n++] = (uint8_t)tag;
    *mark = b->n;
    b->p[b->n++] = 0; /* room for the length that most values have */
    if (tag == MF_DER_BIT_STRING)
        b->p[b->n++] = 0; /* no unused bits */
    return true;
}

bool mf_der_finish(struct buf *b, size_t mark, struct err *err)
{
    uint8_t length[5];

    assert(mark < b->n);
    size_t n = b->n - mark - 1;
    size_t bytes = put_length(n, length);
    if (bytes == 0)
        return too_long(err);
    if (!mf_buf_reserve(b, bytes - 1, err))
        return false;
    if (bytes > 1)
        memmove(b->p + mark + bytes, b->p + mark + 1, n);
    memcpy(b->p + mark, length, bytes);
    b->n += bytes - 1;
    return true;
}

bool mf_der_put(struct buf *b, int tag, struct span content, struct err *err)
{
    uint8_t header[HEADER_MAX];

    header[0] = (uint8_t)tag;
    size_t bytes = put_length(content.n, header + 1);
    if (bytes == 0)
        return too_long(err);
    if (!mf_buf_reserve(b, 1 + bytes + content.n, err))
        return false;
    return mf_buf_append(b, (struct span){header, 1 + bytes}, err) &&
           mf_buf_append(b, content, err);
}

bool mf_der_put_unsigned(struct buf *b, struct span bytes, struct err *err)
{
    uint8_t header[HEADER_MAX + 1];

    while (bytes.n > 0 && bytes.p[0] == 0)
        bytes = mf_span_from(bytes, 1);
    /* A zero byte in front keeps the sign bit clear, and is all of the number zero. */
    size_t zero = bytes.n == 0 || bytes.p[0] >= 0x80 ? 1 : 0;
    header[0] = MF_DER_INTEGER;
    size_t n = put_length(bytes.n + zero, header + 1);
    if (n == 0)
        return too_long(err);
    header[1 + n] = 0;
    if (!mf_buf_reserve(b, 1 + n + zero + bytes.n, err))
        return false;
    return mf_buf_append(b, (struct span){header, 1 + n + zero}, err) &&
           mf_buf_append(b, bytes, err);
}

bool mf_der_put_uint(struct buf *b, uint64_t value, struct err *err)
{
    uint8_t bytes[8];

    mf_put_be64(bytes, value);
    return mf_der_put_unsigned(b, MF_SPAN_OF(bytes), err);
}

bool mf_der_put_boolean(struct buf *b, bool value, struct err *err)
{
    uint8_t byte = value ? 0xFF : 0x00;

    return mf_der_put(b, MF_DER_BOOLEAN, (struct span){&byte, 1}, err);
}

bool mf_der_put_bits(struct buf *b, struct span bytes, struct err *err)
{
    size_t mark = 0;
    size_t kept = b->n;

    bool ok = mf_der_begin(b, MF_DER_BIT_STRING, &mark, err) && mf_buf_append(b, bytes, err) &&
              mf_der_finish(b, mark, err);
    if (!ok)
        b->n = kept;
    return ok;
}
