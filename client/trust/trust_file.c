#include "client/trust/trust_file.h"

static const char client_config_type[] = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";

static bool read_type(const struct json_node *object, struct span *type, struct err *err)
{
    if (!mf_json_is_object(object))
        return mf_err_set(err, MF_ERR_FORMAT, "not a JSON object");
    return mf_json_member_string(object, "mediaType", type, err);
}

bool mf_trust_file_parse(struct span text, const char *part, const char *const *types,
                         const char *what, struct json **doc, const struct json_node **object,
                         struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *whole = NULL;
    struct span type;

    if (!mf_json_parse(text, &mf_json_file_limits, &whole, err))
        return false;
    const struct json_node *node = mf_json_root(whole);
    if (!read_type(node, &type, err))
        return false;
    if (mf_span_is(type, client_config_type)) {
        node = mf_json_get(node, part);
        if (!read_type(node, &type, err))
            return mf_err_at(err, "%s", part);
    }
    while (*types != NULL && !mf_span_is(type, *types))
        types++;
    if (*types == NULL) {
        mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is not a %s", MF_SPAN_ARG(type), what);
        return mf_err_at(err, "mediaType");
    }
    *doc = MF_MOVE(whole);
    *object = node;
    return true;
}
