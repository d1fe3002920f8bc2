#include "transparency/sct/tls_vector.h"

bool mf_tls_vector_bytes(struct span *rest, size_t n, struct span *out)
{
    if (rest->n < n)
        return false;
    *out = mf_span_first(*rest, n);
    *rest = mf_span_from(*rest, n);
    return true;
}

bool mf_tls_vector_number(struct span *rest, size_t bytes, uint64_t *out)
{
    struct span number;
    uint64_t v = 0;

    if (!mf_tls_vector_bytes(rest, bytes, &number))
        return false;
    for (size_t i = 0; i < number.n; i++)
        v = v << 8 | number.p[i];
    *out = v;
    return true;
}

bool mf_tls_vector_take(struct span *rest, size_t length_bytes, struct span *out)
{
    struct span after = *rest;
    uint64_t n = 0;

    if (!mf_tls_vector_number(&after, length_bytes, &n) ||
        !mf_tls_vector_bytes(&after, (size_t)n, out))
        return false;
    *rest = after;
    return true;
}

bool mf_tls_vector_put(struct buf *out, size_t length_bytes, struct span bytes, struct err *err)
{
    if (bytes.n >> (8 * length_bytes) != 0)
        return mf_err_set(err, MF_ERR_LIMIT, "%zu bytes do not fit a length of %zu bytes", bytes.n,
                          length_bytes);
    return mf_buf_append_be(out, bytes.n, length_bytes, err) && mf_buf_append(out, bytes, err);
}
