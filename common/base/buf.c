#include "common/base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/wipe.h"

enum { SMALLEST = 64 }; /* bytes of a first allocation */

bool mf_buf_reserve(struct buf *b, size_t more, struct err *err)
{
    size_t need = 0;

    if (__builtin_add_overflow(b->n, more, &need) || need > b->max)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %zu bytes", b->max);
    if (need <= b->cap)
        return true;
    size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    uint8_t *p = b->secret ? mf_wiping_realloc(b->p, cap) : realloc(b->p, cap);
    if (p == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for %zu bytes", cap);
    b->p = p;
    b->cap = cap;
    return true;
}

bool mf_buf_append(struct buf *b, struct span bytes, struct err *err)
{
    if (bytes.n == 0)
        return true;
    if (!mf_buf_reserve(b, bytes.n, err))
        return false;
    memcpy(b->p + b->n, bytes.p, bytes.n);
    b->n += bytes.n;
    return true;
}

bool mf_buf_append_str(struct buf *b, const char *text, struct err *err)
{
    return mf_buf_append(b, mf_span_str(text), err);
}

bool mf_buf_append_byte(struct buf *b, uint8_t byte, struct err *err)
{
    return mf_buf_append(b, (struct span){&byte, 1}, err);
}

bool mf_buf_append_be(struct buf *b, uint64_t value, size_t bytes, struct err *err)
{
    assert(bytes >= 1 && bytes <= 8);
    if (!mf_buf_reserve(b, bytes, err))
        return false;
    for (size_t i = 0; i < bytes; i++)
        b->p[b->n++] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    return true;
}

bool mf_buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "text cannot be formatted");
    if (!mf_buf_reserve(b, (size_t)n + 1, err)) /* vsnprintf writes a NUL behind */
        return false;
    va_start(args, fmt);
    vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, args);
    va_end(args);
    b->n += (size_t)n;
    return true;
}

void mf_buf_done(struct buf *b)
{
    if (b->secret)
        mf_wiping_free(b->p);
    else
        free(b->p);
    *b = (struct buf){0};
}

void *mf_array_new(size_t count, size_t size)
{
    size_t total = 0;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return calloc(1, total > 0 ? total : 1);
}

char *mf_span_dup(struct span bytes)
{
    char *copy = bytes.n < SIZE_MAX ? malloc(bytes.n + 1) : NULL;

    if (copy == NULL)
        return NULL;
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    copy[bytes.n] = '\0';
    return copy;
}
