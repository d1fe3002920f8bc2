#include "client/trust/validity.h"

#include "common/codec/timestamp.h"

bool mf_validity_holds(const struct validity *v, struct instant at)
{
    if (v->has_start && mf_instant_cmp(at, v->start) < 0)
        return false;
    return !v->has_end || mf_instant_cmp(at, v->end) <= 0;
}

static bool parse_end(const struct json_node *node, const char *name, bool *has,
                      struct instant *out, struct err *err)
{
    struct span text;

    *has = false;
    if (mf_json_get(node, name) == NULL)
        return true;
    if (!mf_json_member_string(node, name, &text, err))
        return false;
    if (!mf_rfc3339_parse(text, out, err))
        return mf_err_at(err, "%s", name);
    *has = true;
    return true;
}

bool mf_validity_parse(const struct json_node *node, struct validity *out, struct err *err)
{
    struct validity v = {0};

    if (node != NULL) {
        if (!mf_json_is_object(node)) {
            mf_err_set(err, MF_ERR_FORMAT, "expected an object");
            return mf_err_at(err, "validFor");
        }
        if (!parse_end(node, "start", &v.has_start, &v.start, err) ||
            !parse_end(node, "end", &v.has_end, &v.end, err))
            return mf_err_at(err, "validFor");
    }
    *out = v;
    return true;
}
