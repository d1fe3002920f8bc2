#include "common/codec/json_scan.h"

#include "common/base/utf8.h"

enum { CJSON_NUMBER_MAX = 60 }; /* characters; cJSON cuts a number at 63 and then trips over it */

struct scanner {
    const uint8_t *start, *p, *end;
    const struct json_limits *limits;
    size_t nodes;
    size_t depth;
    uint64_t objects; /* bit d: what is open at depth d is an object */
    struct json_scan *out;
    struct err *err;
};

/* Says where: the line and the column, in bytes, from 1. */
static bool placed(struct scanner *s)
{
    size_t line = 1;
    const uint8_t *from = s->start;

    for (const uint8_t *q = s->start; q < s->p; q++) {
        if (*q == '\n') {
            line++;
            from = q + 1;
        }
    }
    return mf_err_at(s->err, "line %zu, column %zu", line, (size_t)(s->p - from) + 1);
}

static bool bad(struct scanner *s, const char *what)
{
    mf_err_set(s->err, MF_ERR_FORMAT, "%s", what);
    return placed(s);
}

static bool rewrite(struct scanner *s, const uint8_t *from, char first)
{
    if (s->out->rewritten == NULL)
        s->out->rewritten = mf_span_dup((struct span){s->start, s->out->n});
    if (s->out->rewritten == NULL)
        return mf_err_set(s->err, MF_ERR_SYSTEM, "no memory for %zu bytes", s->out->n);
    char *at = s->out->rewritten + (from - s->start);
    memset(at, ' ', (size_t)(s->p - from));
    *at = first;
    return true;
}

static bool skip_comment(struct scanner *s)
{
    const uint8_t *from = s->p;

    if (s->end - s->p < 2 || s->p[1] != '/')
        return bad(s, "a comment begins with //");
    while (s->p < s->end && *s->p != '\n')
        s->p++;
    return rewrite(s, from, ' ');
}

static bool skip_space(struct scanner *s)
{
    while (s->p < s->end) {
        if (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t')
            s->p++;
        else if (*s->p != '/' || !s->limits->comments)
            return true;
        else if (!skip_comment(s))
            return false;
    }
    return true;
}

static bool take_hex4(struct scanner *s, unsigned *out)
{
    unsigned v = 0;

    if (s->end - s->p < 4)
        return bad(s, "\\u needs four hexadecimal digits");
    for (int i = 0; i < 4; i++) {
        unsigned c = *s->p;
        unsigned lower = c | 0x20;
        if (c >= '0' && c <= '9')
            v = v << 4 | (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            v = v << 4 | (lower - 'a' + 10);
        else
            return bad(s, "\\u needs four hexadecimal digits");
        s->p++;
    }
    *out = v;
    return true;
}

/* Behind "\u". */
static bool skip_unicode_escape(struct scanner *s)
{
    unsigned v = 0;
    unsigned low = 0;

    if (!take_hex4(s, &v))
        return false;
    if (v == 0)
        return bad(s, "a string holds U+0000");
    if (v >= 0xDC00 && v <= 0xDFFF)
        return bad(s, "a string holds a lone surrogate");
    if (v < 0xD800 || v > 0xDBFF)
        return true;
    if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
        return bad(s, "a string holds a lone surrogate");
    s->p += 2;
    if (!take_hex4(s, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF)
        return bad(s, "a string holds a lone surrogate");
    return true;
}

/* Behind the backslash. */
static bool skip_escape(struct scanner *s)
{
    if (s->p == s->end)
        return bad(s, "a string has no end");
    switch (*s->p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        s->p++;
        return true;
    case 'u':
        s->p++;
        return skip_unicode_escape(s);
    default:
        return bad(s, "a string has an unknown escape");
    }
}

/* Eight bytes at a time while none of them is a quote, a backslash, a control or above ASCII. The
 * test may stop early for a neighbour's sake, never late. */
static void skip_plain(struct scanner *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    while (s->end - s->p >= 8) {
        uint64_t x = 0;
        memcpy(&x, s->p, sizeof x);
        uint64_t quote = (x ^ ones * '"') - ones;
        uint64_t backslash = (x ^ ones * '\\') - ones;
        uint64_t control = x - ones * 0x20;
        if (((x | quote | backslash | control) & ones * 0x80) != 0)
            return;
        s->p += 8;
    }
}

static bool skip_string(struct scanner *s)
{
    if (s->p == s->end || *s->p != '"')
        return bad(s, "expected a string");
    s->p++;
    for (;;) {
        skip_plain(s);
        if (s->p == s->end)
            return bad(s, "a string has no end");
        uint8_t c = *s->p;
        if (c == '"') {
            s->p++;
            return true;
        }
        if (c == '\\') {
            s->p++;
            if (!skip_escape(s))
                return false;
        } else if (c < 0x20) {
            return bad(s, "a string holds a control character");
        } else if (c < 0x80) {
            s->p++;
        } else {
            uint32_t v = 0;
            size_t n = mf_utf8_next((struct span){s->p, (size_t)(s->end - s->p)}, &v);
            if (n == 0)
                return bad(s, "a string holds malformed UTF-8");
            s->p += n;
        }
    }
}

static size_t skip_digits(struct scanner *s)
{
    const uint8_t *from = s->p;

    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return (size_t)(s->p - from);
}

/* Digits from..to, with their sign taken into account from the start so that INT64_MIN fits. */
static bool plain_int64(const uint8_t *from, const uint8_t *to, bool negative, int64_t *out)
{
    int64_t v = 0;

    for (; from < to; from++) {
        int64_t digit = negative ? '0' - *from : *from - '0';
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *out = v;
    return !negative || v != 0;
}

static bool record_number(struct scanner *s, struct json_number number)
{
    struct json_scan *out = s->out;

    if (out->number_count == out->number_cap) {
        size_t cap = out->number_cap == 0 ? 8 : out->number_cap * 2; /* at most twice the nodes */
        struct json_number *grown = reallocarray(out->numbers, cap, sizeof *grown);
        if (grown == NULL)
            return mf_err_set(s->err, MF_ERR_SYSTEM, "no memory for %zu numbers", cap);
        out->numbers = grown;
        out->number_cap = cap;
    }
    out->numbers[out->number_count++] = number;
    return true;
}

static bool skip_number(struct scanner *s)
{
    const uint8_t *from = s->p;
    struct json_number number = {0};
    bool negative = *s->p == '-';

    s->p += negative ? 1 : 0;
    const uint8_t *digits = s->p;
    size_t n = skip_digits(s);
    if (n == 0)
        return bad(s, "a number has no digits");
    if (n > 1 && *digits == '0')
        return bad(s, "a number has a leading zero");
    const uint8_t *integer_end = s->p;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (skip_digits(s) == 0)
            return bad(s, "a number has no digits after its point");
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (skip_digits(s) == 0)
            return bad(s, "a number has no digits in its exponent");
    }
    if (s->p == integer_end)
        number.is_int64 = plain_int64(digits, integer_end, negative, &number.value);
    if (s->p - from > CJSON_NUMBER_MAX && !rewrite(s, from, '0'))
        return false;
    return record_number(s, number);
}

static bool skip_word(struct scanner *s, const char *word)
{
    struct span rest = {s->p, (size_t)(s->end - s->p)};

    if (!mf_span_starts(rest, mf_span_str(word)))
        return bad(s, "expected a value");
    s->p += strlen(word);
    return true;
}

/* A member's name and its colon. */
static bool skip_key(struct scanner *s)
{
    if (!skip_space(s))
        return false;
    if (s->p == s->end || *s->p != '"')
        return bad(s, "expected a member's name in quotes");
    if (!skip_string(s) || !skip_space(s))
        return false;
    if (s->p == s->end || *s->p != ':')
        return bad(s, "expected a colon");
    s->p++;
    return true;
}

static bool open_is_object(const struct scanner *s)
{
    return (s->objects >> (s->depth - 1) & 1) != 0;
}

/* Opens an array or object; *done says that it is empty and closed again. */
static bool open_container(struct scanner *s, bool object, bool *done)
{
    if (s->depth >= s->limits->depth || s->depth >= MF_JSON_DEPTH_MAX) {
        mf_err_set(s->err, MF_ERR_LIMIT, "deeper than %zu levels", s->depth);
        return placed(s);
    }
    s->p++;
    uint64_t bit = UINT64_C(1) << s->depth;
    s->objects = object ? s->objects | bit : s->objects & ~bit;
    s->depth++;
    if (!skip_space(s))
        return false;
    *done = s->p < s->end && *s->p == (object ? '}' : ']');
    if (*done) {
        s->p++;
        s->depth--;
        return true;
    }
    return !object || skip_key(s);
}

/* One value, or the opening of one: *done is false when its first element is to follow. */
static bool value(struct scanner *s, bool *done)
{
    *done = true;
    if (!skip_space(s))
        return false;
    if (s->p == s->end)
        return bad(s, "expected a value");
    if (++s->nodes > s->limits->nodes) {
        mf_err_set(s->err, MF_ERR_LIMIT, "more than %zu values", s->limits->nodes);
        return placed(s);
    }
    switch (*s->p) {
    case '{':
        return open_container(s, true, done);
    case '[':
        return open_container(s, false, done);
    case '"':
        return skip_string(s);
    case 't':
        return skip_word(s, "true");
    case 'f':
        return skip_word(s, "false");
    case 'n':
        return skip_word(s, "null");
    default:
        if (*s->p != '-' && (*s->p < '0' || *s->p > '9'))
            return bad(s, "expected a value");
        return skip_number(s);
    }
}

/* What follows a value: closings, then a comma with the next key, or the end of the text. */
static bool after_value(struct scanner *s)
{
    for (; s->depth > 0; s->depth--, s->p++) {
        if (!skip_space(s))
            return false;
        bool object = open_is_object(s);
        if (s->p == s->end)
            return bad(s, object ? "an object has no end" : "an array has no end");
        if (*s->p == ',') {
            s->p++;
            return !object || skip_key(s);
        }
        if (*s->p != (object ? '}' : ']'))
            return bad(s, object ? "expected ',' or '}'" : "expected ',' or ']'");
    }
    if (!skip_space(s))
        return false;
    return s->p == s->end || bad(s, "something follows the value");
}

bool mf_json_scan(struct span text, const struct json_limits *limits, struct json_scan *out,
                  struct err *err)
{
    struct scanner s = {.limits = limits, .out = out, .err = err};

    *out = (struct json_scan){.n = text.n};
    if (text.n > limits->bytes)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %zu bytes", limits->bytes);
    if (text.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "there is no JSON: the text is empty");
    s.start = s.p = text.p;
    s.end = text.p + text.n;
    do {
        bool done = false;
        while (!done)
            if (!value(&s, &done))
                return false;
        if (!after_value(&s))
            return false;
    } while (s.depth > 0);
    return true;
}

void mf_json_scan_done(struct json_scan *scan)
{
    free(scan->numbers);
    if (scan->rewritten != NULL)
        explicit_bzero(scan->rewritten, scan->n);
    free(scan->rewritten);
    *scan = (struct json_scan){0};
}
