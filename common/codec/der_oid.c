/* Object identifiers of der.h: content bytes to dotted text and back. Source: X.690 8.19. */
#include "common/codec/der.h"

/* Takes one base-128 number off the front; false when malformed or above 63 bits. */
static bool take_number(struct span *rest, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < rest->n; i++) {
        uint8_t b = rest->p[i];
        if ((i == 0 && b == 0x80) || v > INT64_MAX >> 7)
            return false;
        v = v << 7 | (b & 0x7F);
        if (b < 0x80) {
            *rest = mf_span_from(*rest, i + 1);
            *out = v;
            return true;
        }
    }
    return false;
}

void mf_der_oid_text(struct span content, char *out, size_t cap)
{
    size_t used = 0;
    bool first = true;

    if (cap == 0)
        return;
    out[0] = '\0';
    do {
        uint64_t v = 0;
        int n = 0;
        if (!take_number(&content, &v)) {
            snprintf(out, cap, "malformed OID");
            return;
        }
        if (first) {
            uint64_t root = v < 80 ? v / 40 : 2;
            n = snprintf(out, cap, "%" PRIu64 ".%" PRIu64, root, v - 40 * root);
        } else {
            n = snprintf(out + used, cap - used, ".%" PRIu64, v);
        }
        first = false;
        used += (size_t)n;
    } while (content.n > 0 && used < cap); /* cut to fit */
}

static bool take_component(struct span *rest, uint64_t *out, struct err *err)
{
    size_t dot = mf_span_find(*rest, '.');

    if (!mf_span_decimal(mf_span_first(*rest, dot), out))
        return mf_err_set(err, MF_ERR_FORMAT, "OID has a component that is no plain number");
    if (*out > INT32_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "OID has a component of 2^31 or more");
    if (dot + 1 == rest->n)
        return mf_err_set(err, MF_ERR_FORMAT, "OID ends in a dot");
    *rest = mf_span_from(*rest, dot < rest->n ? dot + 1 : dot);
    return true;
}

static bool put_number(struct buf *b, uint64_t v, struct err *err)
{
    uint8_t bytes[10];
    size_t at = sizeof bytes;

    bytes[--at] = (uint8_t)(v & 0x7F);
    while ((v >>= 7) > 0)
        bytes[--at] = (uint8_t)(0x80 | (v & 0x7F));
    return mf_buf_append(b, (struct span){bytes + at, sizeof bytes - at}, err);
}

static bool put_components(struct span dotted, struct buf *out, struct err *err)
{
    uint64_t root = 0;
    uint64_t v = 0;

    if (!take_component(&dotted, &root, err))
        return false;
    if (root > 2 || dotted.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "OID does not begin with 0, 1 or 2 and an arc");
    if (!take_component(&dotted, &v, err))
        return false;
    /* The first two share one number, which has to stay below 2^31 as well. */
    if ((root < 2 && v >= 40) || v > INT32_MAX - 80)
        return mf_err_set(err, MF_ERR_FORMAT, "OID has a second component that is too large");
    if (!put_number(out, root * 40 + v, err))
        return false;
    while (dotted.n > 0)
        if (!take_component(&dotted, &v, err) || !put_number(out, v, err))
            return false;
    return true;
}

bool mf_der_oid_parse(struct span dotted, struct buf *out, struct err *err)
{
    size_t kept = out->n;

    if (put_components(dotted, out, err))
        return true;
    out->n = kept;
    return false;
}
