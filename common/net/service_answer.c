#include "common/net/service_answer.h"

#include "common/codec/json.h"
#include "common/net/retry.h"

struct status {
    struct span message, reason, detail;
};

static struct span member_or_none(const struct json_node *object, const char *name)
{
    struct err ignored = {0};
    struct span text = {0};

    return mf_json_member_string(object, name, &text, &ignored) ? text : (struct span){0};
}

/* {"code":..,"message":"..","details":[{"reason":"..","metadata":{"detail":".."}}]} */
static struct status read_status(const struct json *doc)
{
    const struct json_node *root = mf_json_root(doc);
    const struct json_node *first = mf_json_at(mf_json_get(root, "details"), 0);

    return (struct status){
        .message = member_or_none(root, "message"),
        .reason = member_or_none(first, "reason"),
        .detail = member_or_none(mf_json_get(first, "metadata"), "detail"),
    };
}

bool mf_service_answer_check(const struct http_answer *answer, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct span body = mf_buf_span(&answer->body);
    struct status said = {0};
    struct err ignored = {0};
    bool is_final = answer->status >= 400 && answer->status <= 499 &&
                    !mf_retry_status(answer->status);

    if (answer->status >= 200 && answer->status <= 299)
        return true;
    if (mf_json_parse(body, &mf_json_request_limits, &doc, &ignored))
        said = read_status(doc);
    if (said.message.n == 0)
        said = (struct status){.message = mf_span_first(body, mf_span_find(body, '\n'))};
    if (said.message.n == 0)
        said.message = MF_SPAN("it gave no reason");
    return mf_err_set(err, is_final ? MF_ERR_DENIED : MF_ERR_UNAVAILABLE,
                      "answered %u: %.*s%s%.*s%s%s%.*s", answer->status, MF_SPAN_ARG(said.message),
                      said.reason.n > 0 ? " (" : "", MF_SPAN_ARG(said.reason),
                      said.reason.n > 0 ? ")" : "", said.detail.n > 0 ? ": " : "",
                      MF_SPAN_ARG(said.detail));
}
