/* The CT log's API: add-chain, add-pre-chain, get-roots. Sources: RFC 6962 section 4, C2SP
 * static-ct-api. An SCT is signed once its entry is durable; there is no merge delay. */
#include "common/codec/json.h"
#include "transparency/log/ct_chain.h"
#include "transparency/log/ct_roots.h"
#include "transparency/log/submission.h"
#include "transparency/sct/ct_leaf.h"

enum { ROOTS_ANSWER_MAX = 8 * 1024 * 1024 };

static bool seal(void *state, struct crypto *c, struct append_job *job, uint64_t index,
                 uint64_t time_ms, struct buf *record, uint8_t leaf[static 32], struct err *err)
{
    struct submission *s = (struct submission *)job;
    uint8_t extensions[MF_SCT_LEAF_INDEX_LEN];

    (void)state;
    mf_sct_leaf_index_put(index, extensions);
    const struct ct_leaf l = {
        .timestamp_ms = time_ms,
        .entry = s->ct,
        .extensions = MF_SPAN_OF(extensions),
        .precert = s->precert,
        .issuers = s->issuers,
    };
    s->promised.max = MF_CT_RECORD_MAX;
    if (!mf_ct_leaf_merkle(&l, &s->promised, err) ||
        !mf_ct_leaf_write(&l, mf_buf_span(&s->promised), record, err))
        return false;
    mf_merkle_hash_leaf(c, mf_buf_span(&s->promised), leaf);
    return true;
}

static bool reopen(void *state, struct crypto *c, struct span record, uint8_t leaf[static 32],
                   uint8_t key[static 32], struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf merkle = {.max = MF_CT_RECORD_MAX};
    struct ct_leaf l;

    (void)state;
    if (!mf_ct_leaf_next(&record, &l, err) || !mf_ct_leaf_merkle(&l, &merkle, err))
        return false;
    mf_merkle_hash_leaf(c, mf_buf_span(&merkle), leaf);
    mf_ct_entry_key(c, &l.entry, key);
    return true;
}

static bool skip(struct span *bundle, struct err *err)
{
    struct ct_leaf l;

    return mf_ct_leaf_next(bundle, &l, err);
}

static bool prepare(struct submission *s, struct crypto *c, struct err *err)
{
    if (!mf_ct_chain_read(s, c, err))
        return mf_err_at(err, s->is_precert ? "add-pre-chain" : "add-chain");
    mf_ct_entry_key(c, &s->ct, s->job.key);
    s->job.record_max = 64 + 32 + s->ct.der.n + s->precert.n + s->issuers.n;
    return s->job.record_max <= MF_CT_RECORD_MAX ||
           mf_err_set(err, MF_ERR_LIMIT, "certificate and chain are too large for an entry");
}

/* The first submission's time and index are promised again to a repeated one. */
static bool promise_again(struct submission *s, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf record = {.max = MF_CT_RECORD_MAX};
    struct ct_leaf l;
    struct span rest;

    if (!mf_engine_record(mf_log_opening_engine(s->service->opening), s->job.index, &record, err))
        return false;
    rest = mf_buf_span(&record);
    if (!mf_ct_leaf_next(&rest, &l, err))
        return false;
    if (!mf_span_eq(l.entry.der, s->ct.der))
        return mf_err_set(err, MF_ERR_INTERNAL, "the dedup index names another entry");
    s->job.time_ms = l.timestamp_ms;
    s->promised.max = MF_CT_RECORD_MAX;
    return mf_ct_leaf_merkle(&l, &s->promised, err);
}

/* One round trip to the signer for as many as it takes; returns how many that were. */
static size_t sign_some(struct submission **list, size_t count)
{
    struct buf signatures[MF_ANSWER_BATCH] = {{0}};
    struct span messages[MF_ANSWER_BATCH];
    struct err err = {0};
    size_t bytes = 0;
    size_t n = 0;

    for (; n < count; n++) {
        messages[n] = mf_buf_span(&list[n]->promised);
        bytes += messages[n].n;
        if (n > 0 && bytes > MF_SIGNER_BATCH_BYTES)
            break;
        signatures[n].max = MF_SIGNATURE_MAX;
    }
    bool ok = mf_signer_sign(list[0]->service->signer, messages, n, signatures, &err);
    for (size_t i = 0; i < n; i++) {
        list[i]->signature = signatures[i];
        if (!ok) {
            list[i]->failure = err; /* the entry is kept: asked again, it gets its promise */
            mf_err_as(&list[i]->failure, MF_ERR_UNAVAILABLE);
        }
    }
    return n;
}

static void answer_all(struct submission **list, size_t count, const struct commit *commit)
{
    struct submission *ready[MF_ANSWER_BATCH];
    size_t n = 0;

    (void)commit;
    for (size_t i = 0; i < count; i++)
        if (!list[i]->job.duplicate || promise_again(list[i], &list[i]->failure))
            ready[n++] = list[i];
    for (size_t at = 0; at < n;)
        at += sign_some(ready + at, n - at);
}

static bool answer(struct submission *s, const struct commit *commit, struct http_reply *out,
                   struct err *err)
{
    uint8_t extensions[MF_SCT_LEAF_INDEX_LEN];
    struct sct sct = {
        .timestamp_ms = s->job.time_ms,
        .hash_alg = MF_SCT_HASH_SHA256,
        .sig_alg = MF_SCT_SIG_ECDSA,
        .signature = mf_buf_span(&s->signature),
    };

    (void)commit;
    mf_sct_leaf_index_put(s->job.index, extensions);
    memcpy(sct.log_id, s->service->dir.log_id, sizeof sct.log_id);
    sct.extensions = MF_SPAN_OF(extensions);
    *out = (struct http_reply){.status = 200, .content_type = "application/json"};
    out->body.max = MF_SCT_ANSWER_MAX;
    return mf_sct_write_json(&sct, &out->body, err);
}

static void get_roots(struct log_service *service, struct http_request *request)
{
    struct http_reply reply = {.status = 200, .content_type = "application/json"};
    struct err err = {0};

    reply.body.max = ROOTS_ANSWER_MAX;
    struct json_writer w = mf_json_writer(&reply.body, &err);
    mf_json_begin_object(&w);
    mf_json_key(&w, "certificates");
    mf_json_begin_array(&w);
    for (size_t i = 0; i < service->roots->count; i++)
        mf_json_put_base64(&w, service->roots->certs[i].der);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    if (!mf_json_written(&w))
        mf_submission_refusal(service, &err, &reply);
    mf_http_reply(request, &reply);
}

static bool route(struct log_service *service, struct http_request *request)
{
    static const struct {
        const char *path, *method;
        bool is_precert;
    } calls[] = {
        {"/ct/v1/add-chain", "POST", false},
        {"/ct/v1/add-pre-chain", "POST", true},
        {"/ct/v1/get-roots", "GET", false},
    };
    size_t i = 0;

    while (i < MF_LEN(calls) && !mf_span_is(mf_http_path(request), calls[i].path))
        i++;
    if (i == MF_LEN(calls))
        return false;
    if (strcmp(mf_http_method(request), calls[i].method) != 0)
        mf_submission_wrong_method(request);
    else if (strcmp(calls[i].method, "GET") == 0)
        get_roots(service, request);
    else
        mf_submission_take(service, request, calls[i].is_precert);
    return true;
}

const struct log_kind mf_ct_kind = {
    .body_max = MF_CT_BODY_MAX,
    .format = {.seal = seal, .reopen = reopen, .skip = skip, .records = MF_TILE_DATA},
    .prepare = prepare,
    .answer = answer,
    .answer_all = answer_all,
    .route = route,
};
