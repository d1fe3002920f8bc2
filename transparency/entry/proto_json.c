#include "transparency/entry/proto_json.h"

#include "common/codec/base64.h"

static struct proto_field *field_of(const char *name, struct proto_field *fields, size_t count,
                                    bool *snake)
{
    for (size_t i = 0; i < count; i++) {
        *snake = fields[i].snake != NULL && strcmp(fields[i].snake, name) == 0;
        if (*snake || strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

static bool read_members(const struct json_node *node, struct proto_field *fields, size_t count,
                         bool all_known, struct err *err)
{
    uint64_t camel_seen = 0, snake_seen = 0; /* a bit for each field */

    if (!mf_json_is_object(node))
        return mf_err_set(err, MF_ERR_FORMAT, node == NULL ? "is missing" : "is not an object");
    for (size_t i = 0; i < count; i++)
        fields[i].value = NULL;
    for (const struct json_node *m = NULL; (m = mf_json_next(node, m)) != NULL;) {
        const char *name = mf_json_name(m);
        bool snake = false;
        struct proto_field *f = field_of(name, fields, count, &snake);
        if (f == NULL && !all_known)
            continue;
        if (f == NULL)
            return mf_err_set(err, MF_ERR_FORMAT, "unknown member \"%.200s\"", name);
        uint64_t bit = UINT64_C(1) << (f - fields);
        *(snake ? &snake_seen : &camel_seen) |= bit;
        if ((camel_seen & snake_seen & bit) != 0)
            return mf_err_set(err, MF_ERR_FORMAT, "member \"%s\" is there under both its names",
                              f->name);
        f->value = mf_json_get(node, name); /* null counts as absent */
    }
    return true;
}

bool mf_proto_json_read(const struct json_node *node, struct proto_field *fields, size_t count,
                        struct err *err)
{
    return read_members(node, fields, count, true, err);
}

bool mf_proto_json_read_known(const struct json_node *node, struct proto_field *fields,
                              size_t count, struct err *err)
{
    return read_members(node, fields, count, false, err);
}

bool mf_proto_json_string(const struct proto_field *f, struct span *out, struct err *err)
{
    if (f->value == NULL) {
        *out = (struct span){NULL, 0};
        return true;
    }
    return mf_json_string(f->value, out, err) || mf_err_at(err, "%s", f->name);
}

bool mf_proto_json_int64(const struct proto_field *f, int64_t *out, struct err *err)
{
    if (f->value == NULL) {
        *out = 0;
        return true;
    }
    return mf_json_int64(f->value, out, err) || mf_err_at(err, "%s", f->name);
}

bool mf_proto_json_bytes(const struct proto_field *f, struct buf *storage, struct span *out,
                         struct err *err)
{
    struct span text;
    size_t start = storage->n;

    if (!mf_proto_json_string(f, &text, err))
        return false;
    if (text.n > storage->cap - storage->n)
        return mf_err_set(err, MF_ERR_INTERNAL, "no room was reserved for %s", f->name);
    if (!mf_base64_decode(text, MF_BASE64_LENIENT, storage, err))
        return mf_err_at(err, "%s", f->name);
    *out = mf_span_from(mf_buf_span(storage), start);
    return true;
}
