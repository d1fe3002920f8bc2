#include "common/net/chunk_scan.h"

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, LAST_CR, LAST_LF, DONE, REFUSED };

enum { DIGITS_MAX = 8 };

void mf_chunk_scan_init(struct chunk_scan *s, uint64_t body_max)
{
    *s = (struct chunk_scan){.body_max = body_max, .state = SIZE};
}

static void refuse(struct chunk_scan *s, unsigned status, const char *reason)
{
    s->status = status;
    s->reason = reason;
    s->state = REFUSED;
}

static void end_size(struct chunk_scan *s)
{
    s->state = SIZE_LF;
    if (s->digits == 0)
        refuse(s, 400, "chunk size is missing");
    else if (s->left > s->body_max - s->body_n)
        refuse(s, 413, "body is too large");
    else
        s->body_n += s->left;
}

/* Value of a hexadecimal digit, or 16. */
static uint64_t hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (uint64_t)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (uint64_t)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (uint64_t)(c - 'A') + 10;
    return 16;
}

static void in_size(struct chunk_scan *s, uint8_t c)
{
    uint64_t digit = hex_digit(c);

    if (s->digits == 0)
        s->left = 0;
    if (c == '\r')
        end_size(s);
    else if (digit == 16)
        refuse(s, 400, "chunk size is not a plain hexadecimal number");
    else if (++s->digits > DIGITS_MAX)
        refuse(s, 413, "chunk is too large");
    else
        s->left = s->left << 4 | digit;
}

static void expect(struct chunk_scan *s, uint8_t c, uint8_t wanted, int next, const char *otherwise)
{
    if (c == wanted)
        s->state = next;
    else
        refuse(s, 400, otherwise);
}

static void in_framing(struct chunk_scan *s, uint8_t c)
{
    switch (s->state) {
    case SIZE:
        in_size(s, c);
        break;
    case SIZE_LF:
        s->digits = 0;
        expect(s, c, '\n', s->left > 0 ? DATA : LAST_CR, "CR without LF");
        break;
    case DATA_CR:
        expect(s, c, '\r', DATA_LF, "chunk is longer than its size");
        break;
    case DATA_LF:
        expect(s, c, '\n', SIZE, "CR without LF");
        break;
    case LAST_CR: /* trailer fields would join the head after it was checked */
        expect(s, c, '\r', LAST_LF, "trailer fields are not taken");
        break;
    default: /* LAST_LF */
        expect(s, c, '\n', DONE, "CR without LF");
        break;
    }
}

enum chunk_verdict mf_chunk_scan_feed(struct chunk_scan *s, struct span bytes, size_t *taken)
{
    size_t i = 0;

    while (i < bytes.n && s->state != REFUSED && s->state != DONE) {
        if (s->state != DATA) {
            in_framing(s, bytes.p[i++]);
            continue;
        }
        size_t n = bytes.n - i < s->left ? bytes.n - i : (size_t)s->left;
        s->left -= n;
        i += n;
        if (s->left == 0)
            s->state = DATA_CR;
    }
    *taken = i;
    if (s->state == REFUSED)
        return MF_CHUNK_REFUSED;
    return s->state == DONE ? MF_CHUNK_DONE : MF_CHUNK_MORE;
}

uint64_t mf_chunk_scan_coming(const struct chunk_scan *s)
{
    return s->state == SIZE_LF || s->state == DATA ? s->left : 0; /* else a size still being read */
}
