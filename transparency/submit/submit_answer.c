#include "transparency/submit/submit_answer.h"

#include "common/codec/json.h"

bool mf_submit_answer_url(const char *base_url, const char *path, char *url, size_t cap,
                          struct err *err)
{
    struct span base = mf_span_str(base_url);

    if (base.n == 0 || base.n > MF_SUBMIT_BASE_URL_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "log URL is empty or larger than %d bytes",
                          MF_SUBMIT_BASE_URL_MAX);
    if (mf_span_ends(base, MF_SPAN("/")))
        return mf_err_set(err, MF_ERR_USAGE, "log URL ends in a slash");
    int n = snprintf(url, cap, "%s%s", base_url, path);
    if (n < 0 || (size_t)n >= cap)
        return mf_err_set(err, MF_ERR_USAGE, "log URL is too long");
    return true;
}

/* Logs answer {"code":3,"message":"..."} (gRPC's status as JSON), or plain text. */
static struct span message_of(struct span body, const struct json *doc)
{
    struct err ignored = {0};
    struct span text;

    if (doc != NULL && mf_json_member_string(mf_json_root(doc), "message", &text, &ignored))
        return text;
    return mf_span_first(body, mf_span_find(body, '\n'));
}

bool mf_submit_answer_is_good(const struct http_answer *answer, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    unsigned status = answer->status;
    bool for_good = status >= 400 && status <= 499 && status != 408 && status != 425 &&
                    status != 429;
    struct err ignored = {0};

    if (status >= 200 && status <= 299)
        return true;
    if (!mf_json_parse(mf_buf_span(&answer->body), &mf_json_request_limits, &doc, &ignored))
        doc = NULL;
    struct span said = message_of(mf_buf_span(&answer->body), doc);
    return mf_err_set(err, for_good ? MF_ERR_DENIED : MF_ERR_UNAVAILABLE, "log answered %u%s%.*s",
                      status, said.n > 0 ? ": " : "", MF_SPAN_ARG(said));
}
