#include "transparency/witness/witness_api.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/codec/json.h"
#include "common/net/http_status.h"

enum { RETRY_S = 1, HEALTH_MAX = 1 << 20, SAID_MAX = 700 };

static const char text_type[] = "text/plain; charset=utf-8";

/* C2SP tlog-witness: what does not verify is 422, where other services say 400. */
static unsigned status_of(const struct err *err)
{
    return err->code == MF_ERR_REJECTED ? 422 : mf_http_status_of(err->code);
}

void mf_witness_api_line(struct buf *line, struct http_reply *out)
{
    *out = (struct http_reply){.status = 200, .content_type = text_type, .body = *line};
    *line = (struct buf){0}; /* moved */
}

void mf_witness_api_refusal(const struct witness_log *log, const struct err *err,
                            struct http_reply *out)
{
    char said[SAID_MAX];
    struct err ignored = {0};

    *out = (struct http_reply){.status = status_of(err), .content_type = text_type};
    out->body.max = SAID_MAX + 1;
    if (log != NULL && err->code == MF_ERR_EXISTS) {
        out->content_type = "text/x.tlog.size";
        (void)!mf_buf_printf(&out->body, &ignored, "%" PRIu64 "\n", log->memory.last.size);
        return;
    }
    mf_err_render(err, said, sizeof said);
    (void)!mf_buf_printf(&out->body, &ignored, "%s\n", said);
    if (out->status == 503)
        snprintf(out->retry_after, sizeof out->retry_after, "%d", RETRY_S);
}

static void refuse(struct http_request *request, enum err_code code, const char *what)
{
    struct http_reply reply;
    struct err err = {0};

    mf_err_set(&err, code, "%s", what);
    mf_witness_api_refusal(NULL, &err, &reply);
    mf_http_reply(request, &reply);
}

static void wrong_method(struct http_request *request, const char *allowed)
{
    struct http_reply reply = {
        .status = 405, .content_type = text_type, .headers = {{"Allow", allowed}}};
    struct err ignored = {0};

    reply.body.max = SAID_MAX;
    (void)!mf_buf_printf(&reply.body, &ignored, "use %s here\n", allowed);
    mf_http_reply(request, &reply);
}

static void get_checkpoint(struct witness_service *s, struct http_request *request, struct span hex)
{
    struct http_reply reply = {.status = 200,
                               .content_type = text_type,
                               .body = {.max = MF_NOTE_MAX},
                               .headers = {{"Cache-Control", "no-cache"}}};
    struct err err = {0};

    if (!mf_witness_last(&s->witness, hex, &reply.body, &err)) {
        mf_buf_done(&reply.body);
        mf_witness_api_refusal(NULL, &err, &reply);
    }
    mf_http_reply(request, &reply);
}

static void get_health(struct witness_service *s, struct http_request *request)
{
    struct http_reply reply = {
        .status = 200, .content_type = "application/json", .body = {.max = HEALTH_MAX}};
    struct err ignored = {0};
    struct json_writer w = mf_json_writer(&reply.body, &ignored);

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "status", "SERVING");
    mf_json_member_put_int(&w, "logs", (int64_t)s->witness.log_count);
    mf_json_key(&w, "halted");
    mf_json_begin_array(&w);
    for (size_t i = 0; i < s->witness.log_count; i++) {
        struct witness_log *log = &s->witness.logs[i];
        pthread_mutex_lock(&log->lock);
        bool halted = log->memory.halted;
        pthread_mutex_unlock(&log->lock);
        if (halted)
            mf_json_put_cstr(&w, log->whom->origin);
    }
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    (void)!mf_json_written(&w);
    mf_http_reply(request, &reply);
}

/* "/HEX/checkpoint" behind the prefix. */
static bool names_a_log(struct span path, struct span *hex)
{
    const struct span end = MF_SPAN_INIT("/checkpoint");

    if (path.n != 1 + MF_WITNESS_LOG_HEX + end.n || path.p[0] != '/' || !mf_span_ends(path, end))
        return false;
    *hex = mf_span_first(mf_span_from(path, 1), MF_WITNESS_LOG_HEX);
    return true;
}

void mf_witness_api_request(struct http_request *request, void *state)
{
    struct witness_service *s = state;
    struct span path = mf_http_path(request), prefix = mf_span_str(s->config->prefix);
    struct span hex = {0};
    const char *method = mf_http_method(request);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    bool health = mf_span_is(path, "/healthz");

    if (mf_span_starts(path, prefix))
        path = mf_span_from(path, prefix.n);
    else
        path = (struct span){0};
    if (mf_span_is(path, "/add-checkpoint")) {
        if (strcmp(method, "POST") == 0)
            mf_witness_service_take(s, request);
        else
            wrong_method(request, "POST");
    } else if (!health && !names_a_log(path, &hex)) {
        refuse(request, MF_ERR_NOT_FOUND, "a witness has no such path");
    } else if (!reads) {
        wrong_method(request, "GET");
    } else if (health) {
        get_health(s, request);
    } else {
        get_checkpoint(s, request, hex);
    }
}
