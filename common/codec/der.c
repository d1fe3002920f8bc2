#include "common/codec/der.h"

static bool bad(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_FORMAT, "%s", what);
}

/* Reads the length at the front of *rest and drops it. */
static bool take_length(struct span *rest, size_t *out, struct err *err)
{
    if (rest->n == 0)
        return bad(err, "DER value has no length");
    size_t first = rest->p[0];
    *rest = mf_span_from(*rest, 1);
    if (first < 0x80) {
        *out = first;
        return true;
    }
    size_t count = first & 0x7F;
    if (count == 0)
        return bad(err, "DER length is indefinite");
    if (count > 4)
        return bad(err, "DER length is larger than 4 bytes");
    if (count > rest->n)
        return bad(err, "DER length is cut short");
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n = n << 8 | rest->p[i];
    /* X.690 10.1: the fewest octets. */
    if (n < 0x80 || (n >> (8 * (count - 1))) == 0)
        return bad(err, "DER length is not minimal");
    *rest = mf_span_from(*rest, count);
    *out = n;
    return true;
}

bool mf_der_next(struct span *rest, struct der_value *out, struct err *err)
{
    struct span left = *rest;
    size_t n = 0;

    if (left.n == 0)
        return bad(err, "DER value is missing");
    uint8_t tag = left.p[0];
    if ((tag & 0x1F) == 0x1F)
        return bad(err, "DER tag number is above 30");
    if (tag == 0)
        return bad(err, "DER tag is zero");
    left = mf_span_from(left, 1);
    if (!take_length(&left, &n, err))
        return false;
    if (n > left.n)
        return mf_err_set(err, MF_ERR_FORMAT, "DER length %zu is past the end", n);
    if (tag == MF_DER_NULL && n > 0)
        return bad(err, "DER NULL has content");
    out->tag = tag;
    out->content = mf_span_first(left, n);
    left = mf_span_from(left, n);
    out->whole = mf_span_first(*rest, rest->n - left.n);
    *rest = left;
    return true;
}

int mf_der_peek(struct span rest)
{
    return rest.n > 0 ? rest.p[0] : -1;
}

bool mf_der_take(struct span *rest, int tag, struct span *out, struct err *err)
{
    struct der_value v;

    if (mf_der_peek(*rest) != tag) {
        if (rest->n == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "DER value with tag 0x%02x is missing",
                              (unsigned)tag);
        return mf_err_set(err, MF_ERR_FORMAT, "DER tag is 0x%02x, not 0x%02x", rest->p[0],
                          (unsigned)tag);
    }
    if (!mf_der_next(rest, &v, err))
        return false;
    *out = v.content;
    return true;
}

bool mf_der_take_optional(struct span *rest, int tag, struct span *out, struct err *err)
{
    return mf_der_peek(*rest) == tag && mf_der_take(rest, tag, out, err);
}

bool mf_der_end(struct span rest, struct err *err)
{
    if (rest.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu bytes follow the DER value", rest.n);
    return true;
}

/* X.690 8.3.2: not empty, and the first nine bits neither all zero nor all one. */
static bool check_integer(struct span content, struct err *err)
{
    if (content.n == 0)
        return bad(err, "INTEGER is empty");
    if (content.n > 1 && ((content.p[0] == 0x00 && content.p[1] < 0x80) ||
                          (content.p[0] == 0xFF && content.p[1] >= 0x80)))
        return bad(err, "INTEGER is not minimal");
    if (content.p[0] >= 0x80)
        return bad(err, "INTEGER is negative");
    return true;
}

bool mf_der_unsigned(struct span content, struct span *out, struct err *err)
{
    if (!check_integer(content, err))
        return false;
    *out = content.n > 1 && content.p[0] == 0 ? mf_span_from(content, 1) : content;
    return true;
}

bool mf_der_uint(struct span content, uint64_t *out, struct err *err)
{
    struct span bytes;
    uint64_t v = 0;

    if (!mf_der_unsigned(content, &bytes, err))
        return false;
    if (bytes.n > sizeof v)
        return bad(err, "INTEGER is larger than 64 bits");
    for (size_t i = 0; i < bytes.n; i++)
        v = v << 8 | bytes.p[i];
    *out = v;
    return true;
}

bool mf_der_boolean(struct span content, bool *out, struct err *err)
{
    if (content.n != 1 || (content.p[0] != 0x00 && content.p[0] != 0xFF))
        return bad(err, "BOOLEAN is neither 00 nor FF");
    *out = content.p[0] != 0;
    return true;
}

bool mf_der_bit_string(struct span content, struct span *out, struct err *err)
{
    if (content.n == 0)
        return bad(err, "BIT STRING is empty");
    if (content.p[0] != 0)
        return bad(err, "BIT STRING does not fill whole bytes");
    *out = mf_span_from(content, 1);
    return true;
}
