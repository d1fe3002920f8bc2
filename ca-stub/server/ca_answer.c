#include "ca-stub/server/ca_answer.h"

#include "common/codec/json.h"
#include "common/codec/pem.h"
#include "common/net/http_status.h"

enum { ANSWER_MAX = 256 * 1024 }; /* bytes */

static void put_details(struct json_writer *w, const struct ca_refusal *refusal)
{
    if (refusal->reason[0] == '\0')
        return;
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
    mf_json_member_put_cstr(w, "reason", refusal->reason);
    mf_json_member_put_cstr(w, "domain", "mayfly");
    mf_json_key(w, "metadata");
    mf_json_begin_object(w);
    if (refusal->decision_id[0] != '\0')
        mf_json_member_put_cstr(w, "decision_id", refusal->decision_id);
    if (refusal->detail[0] != '\0')
        mf_json_member_put_cstr(w, "detail", refusal->detail);
    mf_json_end_object(w);
    mf_json_end_object(w);
}

void mf_ca_refuse(const struct ca_refusal *refusal, struct http_reply *out)
{
    struct err err = {0};
    struct buf body = {.max = ANSWER_MAX};
    struct json_writer w = mf_json_writer(&body, &err);

    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "code", mf_grpc_code_of(refusal->status));
    mf_json_member_put_cstr(&w, "message", refusal->message);
    mf_json_key(&w, "details");
    mf_json_begin_array(&w);
    put_details(&w, refusal);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    if (!mf_json_written(&w)) /* no memory: the status says it all */
        mf_buf_done(&body);
    *out = (struct http_reply){
        .status = refusal->status, .content_type = "application/json", .body = body};
    if (refusal->retry_after_s > 0)
        snprintf(out->retry_after, sizeof out->retry_after, "%u", refusal->retry_after_s);
}

static struct span trim(struct span text)
{
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    return text;
}

void mf_ca_put_pem_blocks(struct json_writer *w, struct span pem, bool trimmed)
{
    struct span end = MF_SPAN("-----END CERTIFICATE-----\n");

    while (pem.n > 0) {
        const uint8_t *at = memmem(pem.p, pem.n, end.p, end.n);
        size_t n = at == NULL ? pem.n : (size_t)(at - pem.p) + end.n;
        struct span block = mf_span_first(pem, n);
        mf_json_put_string(w, trimmed ? trim(block) : block);
        pem = mf_span_from(pem, n);
    }
}

bool mf_ca_answer_v2(struct span leaf_der, struct span chain_pem, struct http_reply *out,
                     struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf leaf = {.max = ANSWER_MAX};
    MF_SCOPED(mf_buf_done) struct buf body = {.max = ANSWER_MAX};
    struct json_writer w = mf_json_writer(&body, err);

    if (!mf_pem_append(&leaf, "CERTIFICATE", leaf_der, err) ||
        !mf_buf_reserve(&body, leaf.n + chain_pem.n + 512, err))
        return false;
    mf_json_begin_object(&w);
    mf_json_key(&w, "signedCertificateEmbeddedSct");
    mf_json_begin_object(&w);
    mf_json_key(&w, "chain");
    mf_json_begin_object(&w);
    mf_json_key(&w, "certificates");
    mf_json_begin_array(&w);
    mf_ca_put_pem_blocks(&w, mf_buf_span(&leaf), true);
    mf_ca_put_pem_blocks(&w, chain_pem, true);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    mf_json_end_object(&w);
    mf_json_end_object(&w);
    if (!mf_json_written(&w))
        return false;
    *out = (struct http_reply){.status = 200, .content_type = "application/json", .body = body};
    body = (struct buf){0}; /* moved */
    return true;
}

bool mf_ca_answer_v1(struct span leaf_der, struct span chain_pem, struct http_reply *out,
                     struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = ANSWER_MAX};

    if (!mf_pem_append(&body, "CERTIFICATE", leaf_der, err) ||
        !mf_buf_append(&body, trim(chain_pem), err))
        return false;
    *out = (struct http_reply){
        .status = 201, .content_type = "application/pem-certificate-chain", .body = body};
    body = (struct buf){0}; /* moved */
    return true;
}
