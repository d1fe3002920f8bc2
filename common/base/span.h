/* Spans: borrowed bytes with their length. Text from outside is a span, and NUL a byte like others.
 */
#ifndef MF_COMMON_BASE_SPAN_H
#define MF_COMMON_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MF_LEN(array) (sizeof(array) / sizeof((array)[0]))

struct span {
    const uint8_t *p; /* may be null when n is 0 */
    size_t n;         /* bytes */
};

/* A string literal, or another char array whose last byte is NUL, without that NUL. */
#define MF_SPAN_INIT(literal)                           \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }
#define MF_SPAN(literal) ((struct span)MF_SPAN_INIT(literal))
/* A whole array of bytes. */
#define MF_SPAN_OF(array) ((struct span){(array), sizeof(array)})

/* For printf's "%.*s" in messages; cut at 200 bytes, since messages are short. */
#define MF_SPAN_ARG(s) \
    (int)((s).n > 200 ? 200 : (s).n), (const char *)((s).p ? (s).p : (const uint8_t *)"")

static inline struct span mf_span_str(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

static inline bool mf_span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool mf_span_is(struct span a, const char *text)
{
    return mf_span_eq(a, mf_span_str(text));
}

static inline bool mf_span_starts(struct span a, struct span prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

static inline bool mf_span_ends(struct span a, struct span suffix)
{
    return a.n >= suffix.n &&
           (suffix.n == 0 || memcmp(a.p + (a.n - suffix.n), suffix.p, suffix.n) == 0);
}

/* The bytes from `from` on; from must be at most n. */
static inline struct span mf_span_from(struct span a, size_t from)
{
    return (struct span){a.p ? a.p + from : a.p, a.n - from};
}

/* The first n bytes; n must be at most a.n. */
static inline struct span mf_span_first(struct span a, size_t n)
{
    return (struct span){a.p, n};
}

/* Index of the first such byte, or a.n when there is none. */
static inline size_t mf_span_find(struct span a, uint8_t byte)
{
    const uint8_t *hit = a.n ? memchr(a.p, byte, a.n) : NULL;
    return hit ? (size_t)(hit - a.p) : a.n;
}

/* Takes one line off the front of *rest: bytes before the next LF, which is dropped.
 * False, with *rest untouched, when no LF is left. */
bool mf_span_line(struct span *rest, struct span *line);

/* Plain decimal: 1 to 19 digits, no sign, no leading zero, at most INT64_MAX. */
bool mf_span_decimal(struct span text, uint64_t *out);

#endif
