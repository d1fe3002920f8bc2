/* The two forms of ECDSA signatures in verifier.h: DER, and r and s side by side (RFC 7518 3.4). */
#include "common/codec/der.h"
#include "common/crypto/crypto_context.h"
#include "common/crypto/verifier.h"

enum { WIDTH_MAX = 66 }; /* bytes, P-521 */

static bool is_all_zero(struct span number)
{
    size_t i = 0;

    while (i < number.n && number.p[i] == 0)
        i++;
    return i == number.n;
}

bool mf_ecdsa_numbers(struct span der, struct span *r, struct span *s, struct err *err)
{
    struct span body, first, second;

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, err) || !mf_der_end(der, err) ||
        !mf_der_take(&body, MF_DER_INTEGER, &first, err) || !mf_der_unsigned(first, &first, err) ||
        !mf_der_take(&body, MF_DER_INTEGER, &second, err) ||
        !mf_der_unsigned(second, &second, err) || !mf_der_end(body, err))
        return mf_err_at(err, "ECDSA signature");
    if (is_all_zero(first) || is_all_zero(second))
        return mf_err_set(err, MF_ERR_FORMAT, "ECDSA signature holds a zero");
    *r = first;
    *s = second;
    return true;
}

bool mf_ecdsa_from_raw(struct span raw, size_t width, struct buf *der, struct err *err)
{
    size_t mark = 0;
    size_t kept = der->n;

    if (width == 0 || width > WIDTH_MAX || raw.n != 2 * width)
        return mf_err_set(err, MF_ERR_FORMAT, "ECDSA signature has %zu bytes, not %zu", raw.n,
                          2 * width);
    if (is_all_zero(mf_span_first(raw, width)) || is_all_zero(mf_span_from(raw, width)))
        return mf_err_set(err, MF_ERR_FORMAT, "ECDSA signature holds a zero");
    bool ok = mf_der_begin(der, MF_DER_SEQUENCE, &mark, err) &&
              mf_der_put_unsigned(der, mf_span_first(raw, width), err) &&
              mf_der_put_unsigned(der, mf_span_from(raw, width), err) &&
              mf_der_finish(der, mark, err);
    if (!ok)
        der->n = kept;
    return ok;
}

bool mf_ecdsa_to_raw(struct span der, size_t width, struct buf *raw, struct err *err)
{
    struct span r, s;

    if (!mf_ecdsa_numbers(der, &r, &s, err))
        return false;
    if (r.n > width || s.n > width || width > WIDTH_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "ECDSA signature has numbers above %zu bytes", width);
    if (!mf_buf_reserve(raw, 2 * width, err))
        return false;
    memset(raw->p + raw->n, 0, 2 * width);
    memcpy(raw->p + raw->n + width - r.n, r.p, r.n);
    memcpy(raw->p + raw->n + 2 * width - s.n, s.p, s.n);
    raw->n += 2 * width;
    return true;
}
