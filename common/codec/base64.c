#include "common/codec/base64.h"

static const char std_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* clang-format off */
#define XX 0xFF /* no digit: the only entries with a bit of NO_DIGIT */
static const uint8_t std_digits[256] = {
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX, XX, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
    XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, XX,
    XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};
static const uint8_t url_digits[256] = {
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
    XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, 63,
    XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};
#undef XX
/* clang-format on */

enum { NO_DIGIT = 0xC0 };

/* What the text must be, once its padding is taken off. */
struct shape {
    const uint8_t *digits;
    size_t groups; /* of four characters */
    size_t tail;   /* characters behind them: 0, 2 or 3 */
    bool any_trailing_bits;
};

static size_t decoded_length(const struct shape *s)
{
    return s->groups * 3 + (s->tail > 0 ? s->tail - 1 : 0);
}

static bool uses_url_alphabet(struct span text)
{
    return mf_span_find(text, '-') < text.n || mf_span_find(text, '_') < text.n;
}

static size_t padding(struct span text)
{
    if (text.n == 0 || text.n % 4 != 0 || text.p[text.n - 1] != '=')
        return 0;
    return text.p[text.n - 2] == '=' ? 2 : 1;
}

static bool shape_of(struct span text, enum base64_form form, struct shape *out, struct err *err)
{
    bool url = form == MF_BASE64_URL || (form == MF_BASE64_LENIENT && uses_url_alphabet(text));
    size_t n = text.n;

    if (form == MF_BASE64_STD && n % 4 != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "base64 has %zu characters, no multiple of 4", n);
    if (form != MF_BASE64_URL)
        n -= padding(text);
    if (n % 4 == 1)
        return mf_err_set(err, MF_ERR_FORMAT, "base64 ends in the middle of a byte");
    *out = (struct shape){
        .digits = url ? url_digits : std_digits,
        .groups = n / 4,
        .tail = n % 4,
        .any_trailing_bits = form == MF_BASE64_LENIENT,
    };
    return true;
}

/* One pass without a branch per character; whether any was bad is asked once, at the end. */
static bool decode_groups(const struct shape *s, const uint8_t *in, uint8_t *out)
{
    unsigned seen = 0;

    for (size_t g = 0; g < s->groups; g++, in += 4, out += 3) {
        unsigned a = s->digits[in[0]], b = s->digits[in[1]];
        unsigned c = s->digits[in[2]], d = s->digits[in[3]];
        unsigned v = a << 18 | b << 12 | c << 6 | d;
        seen |= a | b | c | d;
        out[0] = (uint8_t)(v >> 16);
        out[1] = (uint8_t)(v >> 8);
        out[2] = (uint8_t)v;
    }
    return (seen & NO_DIGIT) == 0;
}

static bool bad_character(const struct shape *s, struct span text, struct err *err)
{
    size_t i = 0;

    while (i + 1 < s->groups * 4 + s->tail && (s->digits[text.p[i]] & NO_DIGIT) == 0)
        i++;
    return mf_err_set(err, MF_ERR_FORMAT, "character %zu is not base64", i + 1);
}

static bool decode(const struct shape *s, struct span text, uint8_t *out, struct err *err)
{
    if (!decode_groups(s, text.p, out))
        return bad_character(s, text, err);
    if (s->tail == 0)
        return true;

    const uint8_t *in = text.p + s->groups * 4;
    unsigned a = s->digits[in[0]], b = s->digits[in[1]];
    unsigned c = s->tail == 3 ? s->digits[in[2]] : 0;
    if (((a | b | c) & NO_DIGIT) != 0)
        return bad_character(s, text, err);
    /* RFC 4648 section 3.5: bits that no byte takes would let one value have several spellings. */
    unsigned spare = s->tail == 3 ? c & 0x03 : b & 0x0F;
    if (spare != 0 && !s->any_trailing_bits)
        return mf_err_set(err, MF_ERR_FORMAT, "base64 ends in bits that are not zero");
    out += s->groups * 3;
    out[0] = (uint8_t)(a << 2 | b >> 4);
    if (s->tail == 3)
        out[1] = (uint8_t)(b << 4 | c >> 2);
    return true;
}

bool mf_base64_decode(struct span text, enum base64_form form, struct buf *out, struct err *err)
{
    struct shape s;

    if (!shape_of(text, form, &s, err))
        return false;
    size_t n = decoded_length(&s);
    if (n == 0)
        return true;
    if (!mf_buf_reserve(out, n, err) || !decode(&s, text, out->p + out->n, err))
        return false;
    out->n += n; /* only now: what a failed attempt wrote lies behind the end */
    return true;
}

bool mf_base64_decode_exact(struct span text, uint8_t *out, size_t n, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = n};
    struct shape s;

    if (text.n != mf_base64_length(n))
        return mf_err_set(err, MF_ERR_FORMAT, "base64 has %zu characters, not %zu", text.n,
                          mf_base64_length(n));
    if (!shape_of(text, MF_BASE64_STD, &s, err))
        return false;
    if (decoded_length(&s) != n)
        return mf_err_set(err, MF_ERR_FORMAT, "base64 holds %zu bytes, not %zu", decoded_length(&s),
                          n);
    if (!mf_base64_decode(text, MF_BASE64_STD, &b, err))
        return false;
    if (n > 0)
        memcpy(out, b.p, n);
    return true;
}

/* Returns how many characters it wrote. */
static size_t encode(struct span bytes, const char *alphabet, bool padded, char *out)
{
    const uint8_t *in = bytes.p;
    char *start = out;
    size_t left = bytes.n;

    for (; left >= 3; left -= 3, in += 3, out += 4) {
        unsigned v = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
        out[0] = alphabet[v >> 18];
        out[1] = alphabet[v >> 12 & 63];
        out[2] = alphabet[v >> 6 & 63];
        out[3] = alphabet[v & 63];
    }
    if (left > 0) {
        unsigned v = (unsigned)in[0] << 16 | (left == 2 ? (unsigned)in[1] << 8 : 0);
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        if (left == 2)
            *out++ = alphabet[v >> 6 & 63];
        for (size_t i = left; padded && i < 3; i++)
            *out++ = '=';
    }
    return (size_t)(out - start);
}

void mf_base64_encode(struct span bytes, char *out)
{
    encode(bytes, std_alphabet, true, out);
}

static bool append(struct buf *b, struct span bytes, const char *alphabet, bool padded,
                   struct err *err)
{
    if (bytes.n > SIZE_MAX / 2)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %zu bytes", b->max);
    size_t left = bytes.n % 3;
    size_t n = mf_base64_length(bytes.n) - (padded || left == 0 ? 0 : 3 - left);
    if (n == 0)
        return true;
    if (!mf_buf_reserve(b, n, err))
        return false;
    b->n += encode(bytes, alphabet, padded, (char *)b->p + b->n);
    return true;
}

bool mf_base64_append(struct buf *b, struct span bytes, struct err *err)
{
    return append(b, bytes, std_alphabet, true, err);
}

bool mf_base64_append_url(struct buf *b, struct span bytes, struct err *err)
{
    return append(b, bytes, url_alphabet, false, err);
}
