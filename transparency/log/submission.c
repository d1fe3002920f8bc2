#include "transparency/log/submission.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/codec/json.h"
#include "common/net/http_status.h"

enum { RETRY_S = 2 };

struct submission *mf_submission_new(struct log_service *service, struct http_request *request)
{
    struct submission *s = mf_array_new(1, sizeof *s);
    struct span body = mf_http_body(request);
    struct err err = {0};

    if (s == NULL)
        return NULL;
    s->service = service;
    s->request.max = MF_LOG_BODY_MAX;
    if (!mf_buf_append(&s->request, body, &err)) {
        free(s);
        return NULL;
    }
    return s;
}

void mf_submission_free(struct submission *s)
{
    mf_buf_done(&s->request);
    mf_buf_done(&s->entry);
    mf_buf_done(&s->signature);
    free(s);
}

/* {"code":..,"message":"..","details":[{"@type":"..ErrorInfo","reason":"..","domain":"mayfly"}]} */
void mf_submission_refusal(const struct err *err, struct http_reply *out)
{
    unsigned status = mf_http_status_of(err->code);
    char said[700];
    struct err failed = {0};

    *out = (struct http_reply){.status = status, .content_type = "application/json"};
    out->body.max = 8192;
    struct json_writer w = mf_json_writer(&out->body, &failed);
    size_t n = mf_err_render(err, said, sizeof said);
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

    mf_submission_refusal(err, &answer.reply);
    mf_http_answer(s->service->http, &answer, 1);
    mf_submission_free(s);
}
