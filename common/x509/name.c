#include "common/x509/name.h"

#include "common/base/utf8.h"
#include "common/codec/der.h"
#include "common/x509/oid.h"

enum { NUMERIC_STRING = 0x12, T61_STRING = 0x14 }; /* tags that nothing else reads */

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= 0x80)
            return false;
    return true;
}

static bool check_text(const struct der_value *value, struct err *err)
{
    switch (value->tag) {
    case MF_DER_UTF8_STRING:
        if (!mf_utf8_is_valid(value->content))
            return mf_err_set(err, MF_ERR_FORMAT, "name holds malformed UTF-8");
        return true;
    case MF_DER_PRINTABLE_STRING:
    case MF_DER_IA5_STRING:
    case NUMERIC_STRING:
        if (!is_ascii(value->content))
            return mf_err_set(err, MF_ERR_FORMAT, "name holds bytes outside its alphabet");
        return true;
    case T61_STRING: /* 8 bits by definition, taken for Latin-1 by everyone */
        return true;
    default:
        return mf_err_set(err, MF_ERR_FORMAT, "name holds a value of type 0x%02x", value->tag);
    }
}

static bool walk_attribute(struct span *relative, struct err *err)
{
    struct span attribute, oid;
    struct der_value value;

    return mf_der_take(relative, MF_DER_SEQUENCE, &attribute, err) &&
           mf_oid_take(&attribute, &oid, err) && mf_der_next(&attribute, &value, err) &&
           mf_der_end(attribute, err) && check_text(&value, err);
}

bool mf_name_take(struct span *rest, struct span *whole, struct err *err)
{
    const uint8_t *start = rest->p;
    struct span names, relative;
    size_t count = 0;

    if (!mf_der_take(rest, MF_DER_SEQUENCE, &names, err))
        return false;
    while (names.n > 0) {
        if (!mf_der_take(&names, MF_DER_SET, &relative, err))
            return false;
        do {
            if (++count > MF_NAME_ATTRIBUTES_MAX)
                return mf_err_set(err, MF_ERR_LIMIT, "name has more than %d attributes",
                                  MF_NAME_ATTRIBUTES_MAX);
            if (!walk_attribute(&relative, err))
                return false;
        } while (relative.n > 0);
    }
    *whole = (struct span){start, (size_t)(rest->p - start)};
    return true;
}
