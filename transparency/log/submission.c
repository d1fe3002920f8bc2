#include "transparency/log/submission.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/codec/json.h"
#include "common/net/http_status.h"

enum { RETRY_S = 2 };
enum { WAITING_MAX = 64 * 1024 * 1024 }; /* bytes of requests that no worker has seen yet */

static struct submission *new_submission(struct log_service *service, struct span body)
{
    struct submission *s = mf_array_new(1, sizeof *s);
    struct err err = {0};

    if (s == NULL)
        return NULL;
    s->service = service;
    s->request.max = body.n;
    if (!mf_buf_append(&s->request, body, &err)) {
        free(s);
        return NULL;
    }
    return s;
}

/* By number and by bytes: a few thousand large requests would be all of the memory. */
static bool hand_over(struct submission *s)
{
    struct log_service *service = s->service;
    size_t before = atomic_fetch_add(&service->waiting, s->request.n);

    if (before + s->request.n <= WAITING_MAX && mf_queue_push(service->prepare, s))
        return true;
    mf_submission_taken(s);
    return false;
}

void mf_submission_taken(struct submission *s)
{
    atomic_fetch_sub(&s->service->waiting, s->request.n);
}

void mf_submission_take(struct log_service *service, struct http_request *request, bool is_precert)
{
    struct http_reply refusal;
    struct err err = {0};

    if (!mf_log_health_may_write(service->health, &err)) {
        mf_submission_refusal(service, &err, &refusal);
        mf_http_reply(request, &refusal);
        return;
    }
    struct submission *s = new_submission(service, mf_http_body(request));
    if (s == NULL) {
        mf_http_reply_status(request, 503, MF_SPAN("no memory for this request"));
        return;
    }
    s->is_precert = is_precert;
    s->ticket = mf_http_defer(request);
    if (hand_over(s))
        return;
    mf_err_set(&err, MF_ERR_UNAVAILABLE, "too many requests are waiting");
    mf_submission_refuse(s, &err);
}

void mf_submission_wrong_method(struct http_request *request)
{
    mf_http_reply_status(request, 501, MF_SPAN("Method Not Allowed"));
}

void mf_submission_free(struct submission *s)
{
    mf_buf_done(&s->request);
    mf_buf_done(&s->entry);
    mf_buf_done(&s->promised);
    mf_buf_done(&s->signature);
    free(s);
}

static void log_refusal(struct log_service *service, unsigned status, const struct err *err)
{
    if (status == 503)
        mf_trouble_log(&service->refusals, MF_LOG_WARN, "request refused for now",
                       service->dir.origin, err);
    else if (status >= 500)
        mf_trouble_log(&service->failures, MF_LOG_ERROR, "request failed", service->dir.origin,
                       err);
}

/* {"code":..,"message":"..","details":[{"@type":"..ErrorInfo","reason":"..","domain":"mayfly"}]} */
void mf_submission_refusal(struct log_service *service, const struct err *err,
                           struct http_reply *out)
{
    unsigned status = mf_http_status_of(err->code);
    char said[700];
    struct err failed = {0};
    struct err shown = *err;

    log_refusal(service, status, err);
    if (status >= 500)
        shown.where[0] = '\0'; /* a place on our disk, not in the request: for our log alone */
    *out = (struct http_reply){.status = status, .content_type = "application/json"};
    out->body.max = 8192;
    struct json_writer w = mf_json_writer(&out->body, &failed);
    size_t n = mf_err_render(&shown, said, sizeof said);
    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "code", mf_grpc_code_of(status));
    mf_json_member_put(&w, "message", (struct span){(const uint8_t *)said, n});
    mf_json_key(&w, "details");
    mf_json_begin_array(&w);
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
    mf_json_member_put_cstr(&w, "reason", mf_err_name(err->code));
    mf_json_member_put_cstr(&w, "domain", "mayfly");
    mf_json_end_object(&w);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    (void)!mf_json_written(&w);
    if (status == 503 && snprintf(out->retry_after, sizeof out->retry_after, "%d", RETRY_S) < 0)
        out->retry_after[0] = '\0';
}

void mf_submission_refuse(struct submission *s, const struct err *err)
{
    struct http_answer_to answer = {.ticket = s->ticket};

    mf_submission_refusal(s->service, err, &answer.reply);
    mf_http_answer(s->service->http, &answer, 1);
    mf_submission_free(s);
}
