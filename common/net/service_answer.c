#include "common/net/service_answer.h"

#include "common/codec/json.h"
#include "common/net/retry.h"

/* {"code":..,"message":"..","details":[{"reason":".."}]} */
static bool read_status(const struct json *doc, struct span *message, struct span *reason)
{
    const struct json_node *root = mf_json_root(doc);
    const struct json_node *detail = mf_json_at(mf_json_get(root, "details"), 0);
    struct err ignored = {0};

    if (!mf_json_member_string(root, "message", message, &ignored))
        return false;
    mf_err_clear(&ignored);
    if (!mf_json_member_string(detail, "reason", reason, &ignored))
        *reason = (struct span){0};
    return true;
}

bool mf_service_answer_check(const struct http_answer *answer, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct span body = mf_buf_span(&answer->body);
    struct span message = {0};
    struct span reason = {0};
    struct err ignored = {0};
    bool is_final = answer->status >= 400 && answer->status <= 499 &&
                    !mf_retry_status(answer->status);

    if (answer->status >= 200 && answer->status <= 299)
        return true;
    if (!mf_json_parse(body, &mf_json_request_limits, &doc, &ignored) ||
        !read_status(doc, &message, &reason))
        message = mf_span_first(body, mf_span_find(body, '\n'));
    if (message.n == 0)
        message = MF_SPAN("it gave no reason");
    return mf_err_set(err, is_final ? MF_ERR_DENIED : MF_ERR_UNAVAILABLE,
                      "answered %u: %.*s%s%.*s%s", answer->status, MF_SPAN_ARG(message),
                      reason.n > 0 ? " (" : "", MF_SPAN_ARG(reason), reason.n > 0 ? ")" : "");
}
