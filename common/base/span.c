#include "common/base/span.h"

bool mf_span_line(struct span *rest, struct span *line)
{
    size_t at = mf_span_find(*rest, '\n');

    if (at == rest->n)
        return false;
    *line = mf_span_first(*rest, at);
    *rest = mf_span_from(*rest, at + 1);
    return true;
}

/* No sign, no leading zero: each number has one spelling, so equal values have equal text. */
bool mf_span_decimal(struct span text, uint64_t *out)
{
    uint64_t v = 0;

    if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.p[i] - '0');
        if (v > (INT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}
