/* The part of json.h that reads members by name. */
#include "common/base/nearest.h"
#include "common/codec/base64.h"
#include "common/codec/json.h"

bool mf_json_member_string(const struct json_node *object, const char *name, struct span *out,
                           struct err *err)
{
    return mf_json_string(mf_json_get(object, name), out, err) || mf_err_at(err, "%s", name);
}

bool mf_json_member_int64(const struct json_node *object, const char *name, int64_t *out,
                          struct err *err)
{
    return mf_json_int64(mf_json_get(object, name), out, err) || mf_err_at(err, "%s", name);
}

bool mf_json_member_bool(const struct json_node *object, const char *name, bool *out,
                         struct err *err)
{
    return mf_json_bool(mf_json_get(object, name), out, err) || mf_err_at(err, "%s", name);
}

static bool not_container(const struct json_node *node, const char *name, const char *expected,
                          struct err *err)
{
    if (node == NULL)
        mf_err_set(err, MF_ERR_FORMAT, "is missing, expected %s", expected);
    else
        mf_err_set(err, MF_ERR_FORMAT, "is not %s", expected);
    return mf_err_at(err, "%s", name);
}

bool mf_json_member_object(const struct json_node *object, const char *name,
                           const struct json_node **out, struct err *err)
{
    const struct json_node *node = mf_json_get(object, name);

    if (!mf_json_is_object(node))
        return not_container(node, name, "an object", err);
    *out = node;
    return true;
}

bool mf_json_member_array(const struct json_node *object, const char *name,
                          const struct json_node **out, struct err *err)
{
    const struct json_node *node = mf_json_get(object, name);

    if (!mf_json_is_array(node))
        return not_container(node, name, "an array", err);
    *out = node;
    return true;
}

bool mf_json_member_bytes(const struct json_node *object, const char *name, struct buf *out,
                          struct err *err)
{
    struct span text;

    if (!mf_json_member_string(object, name, &text, err))
        return false;
    return mf_base64_decode(text, MF_BASE64_LENIENT, out, err) || mf_err_at(err, "%s", name);
}

static bool unknown_member(const char *name, const char *const *names, struct err *err)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; names[i] != NULL; i++) {
        size_t d = mf_edit_distance(mf_span_str(name), mf_span_str(names[i]));
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    mf_err_set(err, MF_ERR_FORMAT, "unknown member \"%.200s\"", name);
    return nearest == NULL ? false : mf_err_hint(err, "the nearest known one is \"%s\"", nearest);
}

bool mf_json_known_members(const struct json_node *object, const char *const *names,
                           struct err *err)
{
    for (const struct json_node *m = NULL; (m = mf_json_next(object, m)) != NULL;) {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], mf_json_name(m)) != 0)
            i++;
        if (names[i] == NULL)
            return unknown_member(mf_json_name(m), names, err);
    }
    return true;
}
