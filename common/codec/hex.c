#include "common/codec/hex.h"

static const char digits[] = "0123456789abcdef";

static void encode(struct span bytes, char *out)
{
    for (size_t i = 0; i < bytes.n; i++) {
        out[2 * i] = digits[bytes.p[i] >> 4];
        out[2 * i + 1] = digits[bytes.p[i] & 15];
    }
}

void mf_hex_encode(struct span bytes, char *out)
{
    encode(bytes, out);
    out[2 * bytes.n] = '\0';
}

bool mf_hex_append(struct buf *b, struct span bytes, struct err *err)
{
    if (bytes.n > SIZE_MAX / 2)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %zu bytes", b->max);
    if (bytes.n == 0)
        return true;
    if (!mf_buf_reserve(b, 2 * bytes.n, err))
        return false;
    encode(bytes, (char *)b->p + b->n);
    b->n += 2 * bytes.n;
    return true;
}

/* 0 .. 15, or -1. */
static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool mf_hex_decode_exact(struct span text, uint8_t *out, size_t n, struct err *err)
{
    if (n > SIZE_MAX / 2 || text.n != 2 * n)
        return mf_err_set(err, MF_ERR_FORMAT, "hexadecimal has %zu digits, not %zu", text.n, 2 * n);
    for (size_t i = 0; i < text.n; i++)
        if (digit(text.p[i]) < 0)
            return mf_err_set(err, MF_ERR_FORMAT, "character %zu is no hexadecimal digit", i + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(digit(text.p[2 * i]) << 4 | digit(text.p[2 * i + 1]));
    return true;
}
