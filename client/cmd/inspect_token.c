/* A token's header and claims. */
#include <stdio.h>

#include "client/cmd/inspect_kinds.h"
#include "client/token/token_source.h"
#include "common/codec/base64.h"
#include "common/codec/timestamp.h"

static bool is_time(const char *name)
{
    static const char *const names[] = {"exp", "iat", "nbf", "auth_time"};

    for (size_t i = 0; i < MF_LEN(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* One value for people; what is neither text, number nor flag only by its size. */
static void show_value(struct inspect_view *v, const char *name, const struct json_node *node)
{
    char shown[64];
    char when[MF_RFC3339_MAX];
    struct err ignored = {0}, not_number = {0}, not_flag = {0};
    struct span text;
    int64_t number = 0;
    bool flag = false;

    if (mf_json_string(node, &text, &ignored)) {
        mf_view_text(v, name, text);
    } else if (mf_json_int64(node, &number, &not_number)) {
        mf_rfc3339_write((struct instant){.s = number}, when);
        if (is_time(name) &&
            snprintf(shown, sizeof shown, "%lld (%s)", (long long)number, when) > 0)
            mf_view_word(v, name, shown);
        else
            mf_view_number(v, name, number);
    } else if (mf_json_bool(node, &flag, &not_flag)) {
        mf_view_word(v, name, flag ? "true" : "false");
    } else if (snprintf(shown, sizeof shown, "(%zu values: see --json)", mf_json_size(node)) > 0) {
        mf_view_word(v, name, shown);
    }
}

static void show_members(struct inspect_view *v, const struct json_node *root)
{
    for (const struct json_node *m = mf_json_next(root, NULL); m != NULL;
         m = mf_json_next(root, m)) {
        const struct json_node *element = NULL;
        if (!mf_json_is_array(m))
            show_value(v, mf_json_name(m), m);
        while (mf_json_is_array(m) && (element = mf_json_next(m, element)) != NULL)
            show_value(v, mf_json_name(m), element);
    }
}

static bool show_part(struct inspect_view *v, const char *name, struct span part, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf json = {.max = MF_TOKEN_MAX, .secret = true};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (!mf_base64_decode(part, MF_BASE64_URL, &json, err) ||
        !mf_json_parse(mf_buf_span(&json), &mf_json_request_limits, &doc, err))
        return mf_err_at(err, "%s", name);
    mf_json_wipe_on_free(doc);
    if (!mf_json_is_object(mf_json_root(doc))) {
        mf_err_set(err, MF_ERR_FORMAT, "is not a JSON object");
        return mf_err_at(err, "%s", name);
    }
    if (v->json) {
        mf_json_key(&v->writer, name);
        mf_json_put_raw(&v->writer, mf_buf_span(&json));
        return true;
    }
    printf("\n%s:\n", name);
    show_members(v, mf_json_root(doc));
    return true;
}

bool mf_inspect_token(struct inspect_view *v, struct span text, struct err *err)
{
    size_t first = mf_span_find(text, '.');
    struct span rest = mf_span_from(text, first < text.n ? first + 1 : first);
    size_t second = mf_span_find(rest, '.');
    struct span signature = mf_span_from(rest, second < rest.n ? second + 1 : second);

    if (text.n > MF_TOKEN_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "token is larger than %d bytes", MF_TOKEN_MAX);
    if (first == text.n || second == rest.n || mf_span_find(signature, '.') != signature.n)
        return mf_err_set(err, MF_ERR_FORMAT, "token does not have three parts");
    if (!show_part(v, "header", mf_span_first(text, first), err) ||
        !show_part(v, "claims", mf_span_first(rest, second), err))
        return false;
    if (!v->json)
        printf("\n");
    mf_view_word(v, "signature", signature.n > 0 ? "there is one; it is not shown" : "none");
    return true;
}
