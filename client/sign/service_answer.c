#include "client/sign/service_answer.h"

#include "common/codec/json.h"

static bool may_be_retried(unsigned status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

/* {"code":..,"message":"..","details":[{"reason":".."}]} */
static void read_message(const struct json *doc, struct span *message, struct span *reason)
{
    const struct json_node *root = mf_json_root(doc);
    const struct json_node *detail = mf_json_at(mf_json_get(root, "details"), 0);
    struct err ignored = {0};

    if (mf_json_get(root, "message") != NULL)
        (void)!mf_json_member_string(root, "message", message, &ignored);
    mf_err_clear(&ignored);
    if (mf_json_get(detail, "reason") != NULL)
        (void)!mf_json_member_string(detail, "reason", reason, &ignored);
}

bool mf_service_answer_check(const struct http_answer *answer, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err ignored = {0};
    struct span message = MF_SPAN_INIT("it gave no reason");
    struct span reason = {0};

    if (answer->status == 200 || answer->status == 201)
        return true;
    if (mf_json_parse(mf_buf_span(&answer->body), &mf_json_request_limits, &doc, &ignored))
        read_message(doc, &message, &reason);
    enum err_code code = may_be_retried(answer->status) ? MF_ERR_UNAVAILABLE : MF_ERR_DENIED;
    return mf_err_set(err, code, "answered %u: %.*s%s%.*s%s", answer->status, MF_SPAN_ARG(message),
                      reason.n > 0 ? " (" : "", MF_SPAN_ARG(reason), reason.n > 0 ? ")" : "");
}
