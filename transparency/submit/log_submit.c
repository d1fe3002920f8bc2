#include "transparency/submit/log_submit.h"

#include "common/codec/json.h"
#include "common/codec/url.h"
#include "common/net/service_answer.h"
#include "transparency/submit/submit_url.h"

_Static_assert((int)MF_LOG_SUBMIT_URL_MAX > (int)MF_SUBMIT_BASE_URL_MAX, "a base URL fits");

static const struct json_limits answer_limits = {
    .bytes = MF_LOG_SUBMIT_ANSWER_MAX, .depth = 16, .nodes = 256};

bool mf_log_submit_call(const char *base_url, const struct hashedrekord *entry,
                        char url[static MF_LOG_SUBMIT_URL_MAX], struct buf *body,
                        struct http_call *call, struct err *err)
{
    if (!mf_submit_url(base_url, "/api/v2/log/entries", url, MF_LOG_SUBMIT_URL_MAX, err) ||
        !mf_hashedrekord_write_request(entry, body, err))
        return false;
    *call = (struct http_call){
        .method = "POST",
        .url = url,
        .content_type = "application/json",
        .accept = "application/json",
        .body = mf_buf_span(body),
        .answer_max = MF_LOG_SUBMIT_ANSWER_MAX,
        .attempt_ms = 30 * 1000, /* a reference server may hold an answer for 20 s */
        .total_ms = 90 * 1000,
        .tries = 3,
    };
    return true;
}

static bool read_entry(struct span text, struct tlog_entry *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0};

    if (!mf_json_parse(text, &answer_limits, &doc, err) ||
        !mf_tlog_entry_parse(mf_json_root(doc), &e, err))
        return false;
    if (e.log_id.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "has no log ID");
    if (!e.has_proof || e.checkpoint.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "has no inclusion proof with a checkpoint");
    if (e.body.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "has no canonicalizedBody");
    *out = e;
    e = (struct tlog_entry){0}; /* moved: the caller owns it now */
    return true;
}

bool mf_log_submit_answer(const struct http_answer *answer, struct tlog_entry *out, struct err *err)
{
    if (!mf_service_answer_check(answer, NULL, err))
        return false;
    if (read_entry(mf_buf_span(&answer->body), out, err))
        return true;
    mf_err_at(err, "log's answer");
    return mf_err_as(err, MF_ERR_UNAVAILABLE);
}

bool mf_log_submit(struct http_client *client, const char *base_url,
                   const struct hashedrekord *entry, struct tlog_entry *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_HASHEDREKORD_REQUEST_MAX};
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    char url[MF_LOG_SUBMIT_URL_MAX];
    struct http_call call;

    if (!mf_log_submit_call(base_url, entry, url, &body, &call, err))
        return false;
    return mf_http_call(client, &call, &answer, err) &&
           (mf_log_submit_answer(&answer, out, err) ||
            mf_err_at(err, "%.*s", MF_SPAN_ARG(mf_url_shown(base_url))));
}
