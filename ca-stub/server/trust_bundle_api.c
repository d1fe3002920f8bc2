#include "ca-stub/server/trust_bundle_api.h"

#include <stdlib.h>

#include "ca-stub/identity/token_gate.h"
#include "ca-stub/server/ca_answer.h"

enum { DOCUMENT_MAX = 1024 * 1024 }; /* bytes */

static const char pem_type[] = "application/pem-certificate-chain";
static const char json_type[] = "application/json";

struct trust_bundle {
    struct buf documents[MF_TRUST_DOCUMENT_COUNT_];
};

static bool write_bundle(const struct ca_chain *chain, struct buf *out, struct err *err)
{
    struct json_writer w = mf_json_writer(out, err);

    mf_json_begin_object(&w);
    mf_json_key(&w, "chains");
    mf_json_begin_array(&w);
    mf_json_begin_object(&w);
    mf_json_key(&w, "certificates");
    mf_json_begin_array(&w);
    mf_ca_put_pem_blocks(&w, mf_buf_span(&chain->pem), false);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

static bool write_configuration(const struct token_gate *gate, struct buf *out, struct err *err)
{
    struct json_writer w = mf_json_writer(out, err);

    mf_json_begin_object(&w);
    mf_json_key(&w, "issuers");
    mf_token_gate_describe(gate, &w);
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

bool mf_trust_bundle_new(const struct ca_chain *chain, const struct ca_chain *timestamp_chain,
                         const struct token_gate *gate, struct trust_bundle **out, struct err *err)
{
    struct trust_bundle *bundle = mf_array_new(1, sizeof *bundle);

    if (bundle == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the trust bundle");
    struct buf *docs = bundle->documents;
    for (size_t i = 0; i < MF_LEN(bundle->documents); i++)
        docs[i].max = DOCUMENT_MAX;
    if (!write_bundle(chain, &docs[MF_TRUST_BUNDLE], err) ||
        !write_configuration(gate, &docs[MF_TRUST_CONFIGURATION], err) ||
        !mf_buf_append(&docs[MF_TRUST_ROOT_CERT], mf_buf_span(&chain->pem), err) ||
        !mf_buf_append(&docs[MF_TRUST_TIMESTAMP_CHAIN], mf_buf_span(&timestamp_chain->pem), err)) {
        mf_trust_bundle_free(&bundle);
        return mf_err_at(err, "trust bundle");
    }
    *out = bundle;
    return true;
}

void mf_trust_bundle_free(struct trust_bundle **bundle)
{
    if (*bundle == NULL)
        return;
    for (size_t i = 0; i < MF_LEN((*bundle)->documents); i++)
        mf_buf_done(&(*bundle)->documents[i]);
    free(*bundle);
    *bundle = NULL;
}

void mf_trust_bundle_reply(const struct trust_bundle *bundle, enum trust_document document,
                           struct http_request *request)
{
    bool pem = document == MF_TRUST_ROOT_CERT || document == MF_TRUST_TIMESTAMP_CHAIN;
    struct http_reply reply = {.status = 200, .content_type = pem ? pem_type : json_type};
    struct err err = {0};

    reply.body.max = DOCUMENT_MAX;
    /* No long life in caches: a rotation must be seen. */
    reply.headers[0] = (struct http_header){"Cache-Control", "no-cache"};
    if (!mf_buf_append(&reply.body, mf_buf_span(&bundle->documents[document]), &err)) {
        mf_http_reply_status(request, 500,
                             MF_SPAN("error retrieving trust bundle from CA backend"));
        return;
    }
    mf_http_reply(request, &reply);
}
