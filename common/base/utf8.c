#include "common/base/utf8.h"

#include <stdio.h>

static bool is_continuation(uint8_t b)
{
    return (b & 0xC0) == 0x80;
}

static size_t sequence_length(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    if (first >= 0xF0 && first <= 0xF4)
        return 4;
    return 0; /* a continuation byte, an overlong lead or beyond U+10FFFF */
}

size_t mf_utf8_next(struct span text, uint32_t *out)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const uint8_t lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    if (text.n == 0)
        return 0;
    size_t n = sequence_length(text.p[0]);
    if (n == 0 || n > text.n)
        return 0;
    uint32_t v = text.p[0] & lead_mask[n];
    for (size_t i = 1; i < n; i++) {
        if (!is_continuation(text.p[i]))
            return 0;
        v = (v << 6) | (text.p[i] & 0x3FU);
    }
    if (v < lowest[n] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 0;
    *out = v;
    return n;
}

bool mf_utf8_is_valid(struct span text)
{
    while (text.n > 0) {
        uint32_t v = 0;
        size_t n = mf_utf8_next(text, &v);
        if (n == 0)
            return false;
        text = mf_span_from(text, n);
    }
    return true;
}

static bool may_be_shown(uint32_t v)
{
    if (v < 0x20 || (v >= 0x7F && v <= 0x9F))
        return false;
    if (v == 0x061C || v == 0x200E || v == 0x200F || v == 0x2028 || v == 0x2029 || v == 0xFEFF)
        return false;
    return !(v >= 0x202A && v <= 0x202E) && !(v >= 0x2066 && v <= 0x2069);
}

size_t mf_utf8_escape(struct span text, char *out, size_t cap)
{
    size_t used = 0;

    while (text.n > 0) {
        uint32_t v = 0;
        size_t n = mf_utf8_next(text, &v);
        bool shown = n > 0 && may_be_shown(v);
        size_t in = n > 0 ? n : 1;
        size_t need = shown ? in : in * 4;
        if (used + need + 1 > cap)
            break;
        for (size_t i = 0; i < in; i++) {
            if (shown)
                out[used++] = (char)text.p[i];
            else
                used += (size_t)snprintf(out + used, cap - used, "\\x%02x", (unsigned)text.p[i]);
        }
        text = mf_span_from(text, in);
    }
    if (cap > 0)
        out[used] = '\0';
    return used;
}
