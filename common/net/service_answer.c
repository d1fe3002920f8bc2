#include "common/net/service_answer.h"

#include "common/base/secret.h"
#include "common/codec/json.h"
#include "common/net/retry.h"

enum {
    SHOWN_MAX = 240,     /* bytes of a text looked at, and shown at most */
    SECRET_PART = 16,    /* bytes of a secret that must not be shown in a row */
    TOKEN_HEAD_MIN = 15, /* characters of the shortest JSON object with an "alg" */
};

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

static bool holds_part(struct span text, struct span secret)
{
    size_t part = secret.n < SECRET_PART ? secret.n : SECRET_PART;

    for (size_t i = 0; part > 0 && i + part <= text.n; i++)
        if (memmem(secret.p, secret.n, text.p + i, part) != NULL)
            return true;
    return false;
}

static size_t base64url_run(struct span text)
{
    size_t n = 0;

    while (n < text.n &&
           ((text.p[n] >= '0' && text.p[n] <= '9') || (text.p[n] >= 'A' && text.p[n] <= 'Z') ||
            (text.p[n] >= 'a' && text.p[n] <= 'z') || text.p[n] == '-' || text.p[n] == '_'))
        n++;
    return n;
}

/* A compact JWS, whole or cut: its first part is base64 of '{' and what may follow that, so it
 * begins with "ey" or, with white space there, "ew". */
static bool holds_token(struct span text)
{
    while (text.n > 0) {
        size_t n = base64url_run(text);
        struct span rest = mf_span_from(text, n);
        bool is_head = n >= TOKEN_HEAD_MIN && text.p[0] == 'e' &&
                       (text.p[1] == 'y' || text.p[1] == 'w');
        if (is_head && rest.n > 1 && rest.p[0] == '.' && base64url_run(mf_span_from(rest, 1)) > 0)
            return true;
        text = mf_span_from(rest, rest.n > 0 ? 1 : 0);
    }
    return false;
}

static struct span fit_to_show(struct span text, struct span secret)
{
    text = mf_span_first(text, text.n < SHOWN_MAX ? text.n : SHOWN_MAX);
    if (holds_token(text) || holds_part(text, secret))
        return MF_SPAN("(withheld, as a secret is in it)");
    return text;
}

bool mf_service_answer_check(const struct http_answer *answer, const struct secret *sent,
                             struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct span body = mf_buf_span(&answer->body);
    struct span secret = sent != NULL ? mf_secret_span(sent) : (struct span){0};
    struct status said = {0};
    struct err ignored = {0};
    bool is_final = answer->status >= 400 && answer->status <= 499 &&
                    !mf_retry_status(answer->status);

    if (answer->status >= 200 && answer->status <= 299)
        return true;
    if (mf_json_parse(body, &mf_json_request_limits, &doc, &ignored)) {
        mf_json_wipe_on_free(doc);
        said = read_status(doc);
    }
    if (said.message.n == 0)
        said = (struct status){.message = mf_span_first(body, mf_span_find(body, '\n'))};
    if (said.message.n == 0)
        said.message = MF_SPAN("it gave no reason");
    said.message = fit_to_show(said.message, secret);
    said.reason = fit_to_show(said.reason, secret);
    said.detail = fit_to_show(said.detail, secret);
    return mf_err_set(err, is_final ? MF_ERR_DENIED : MF_ERR_UNAVAILABLE,
                      "answered %u: %.*s%s%.*s%s%s%.*s", answer->status, MF_SPAN_ARG(said.message),
                      said.reason.n > 0 ? " (" : "", MF_SPAN_ARG(said.reason),
                      said.reason.n > 0 ? ")" : "", said.detail.n > 0 ? ": " : "",
                      MF_SPAN_ARG(said.detail));
}
