/* Buffers: owned bytes that grow up to a maximum given at birth. */
#ifndef MF_COMMON_BASE_BUF_H
#define MF_COMMON_BASE_BUF_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

/* Start one as `MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_SOME_MAX};`.
 * Only p and n are for reading; p is null while nothing was ever added. */
struct buf {
    uint8_t *p;
    size_t n;    /* bytes used */
    size_t cap;  /* bytes allocated */
    size_t max;  /* bytes allowed */
    bool secret; /* a secret passes through: every block is wiped before it is let go */
};

/* Adding past max is MF_ERR_LIMIT and leaves the buffer as it was; no memory is MF_ERR_SYSTEM. */
MF_MUST_USE bool mf_buf_append(struct buf *b, struct span bytes, struct err *err);
MF_MUST_USE bool mf_buf_append_str(struct buf *b, const char *text, struct err *err);
MF_MUST_USE bool mf_buf_append_byte(struct buf *b, uint8_t byte, struct err *err);
MF_MUST_USE bool mf_buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
    MF_PRINTF(3, 4);
/* Makes room for `more` bytes behind n; the caller writes at p + n and then adds to n. */
MF_MUST_USE bool mf_buf_reserve(struct buf *b, size_t more, struct err *err);

/* Big-endian numbers, as wire formats have them. */
MF_MUST_USE bool mf_buf_append_be(struct buf *b, uint64_t value, size_t bytes, struct err *err);

static inline struct span mf_buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

/* Empties without freeing, for reuse. */
static inline void mf_buf_reset(struct buf *b)
{
    b->n = 0;
}

/* Frees and zeroes; may run twice. */
void mf_buf_done(struct buf *b);

/* Zeroed memory for count things of size bytes; null when it overflows or there is none. */
void *mf_array_new(size_t count, size_t size);

/* Copies bytes into fresh memory with a NUL behind them; null when there is none. */
char *mf_span_dup(struct span bytes);

static inline uint16_t mf_be16(const uint8_t p[static 2])
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t mf_be32(const uint8_t p[static 4])
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t mf_be64(const uint8_t p[static 8])
{
    return (uint64_t)mf_be32(p) << 32 | mf_be32(p + 4);
}

static inline void mf_put_be32(uint8_t p[static 4], uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void mf_put_be64(uint8_t p[static 8], uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

#endif
