/* Rekor v2's write API: POST /api/v2/log/entries. Source: rekor-tiles, api/proto/rekor/v2. */
#include "common/base/file.h"
#include "transparency/entry/hashedrekord.h"
#include "transparency/entry/tlog_entry.h"
#include "transparency/log/submission.h"
#include "transparency/tile/entry_bundle.h"

enum { RESPONSE_MAX = 256 * 1024 };

static bool seal(void *state, struct crypto *c, struct append_job *job, uint64_t index,
                 uint64_t time_ms, struct buf *record, uint8_t leaf[static 32], struct err *err)
{
    const struct submission *s = (const struct submission *)job;

    (void)state;
    (void)c;
    (void)index;
    (void)time_ms;
    memcpy(leaf, job->key, 32); /* hashed by the worker: the same body is the same entry */
    return mf_entry_bundle_append(record, mf_buf_span(&s->entry), err);
}

static bool reopen(void *state, struct crypto *c, struct span record, uint8_t leaf[static 32],
                   uint8_t key[static 32], struct err *err)
{
    struct span body;

    (void)state;
    if (!mf_entry_bundle_next(&record, &body, err))
        return false;
    mf_merkle_hash_leaf(c, body, leaf);
    memcpy(key, leaf, 32);
    return true;
}

static bool skip(struct span *bundle, struct err *err)
{
    struct span entry;

    return mf_entry_bundle_next(bundle, &entry, err);
}

static bool prepare(struct submission *s, struct crypto *c, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_HASHEDREKORD_REQUEST_MAX};
    struct hashedrekord r;

    s->entry.max = MF_HASHEDREKORD_BODY_MAX;
    if (!mf_hashedrekord_parse_request(c, mf_buf_span(&s->request), &storage, &r, err) ||
        !mf_hashedrekord_verify(c, &r, err) || !mf_hashedrekord_print(&r, &s->entry, err))
        return mf_err_at(err, "hashedrekord request");
    mf_merkle_hash_leaf(c, mf_buf_span(&s->entry), s->job.key);
    s->job.record_max = 2 + s->entry.n;
    return true;
}

/* A duplicate is answered with the first entry's place and a proof for the current head. */
static bool prove(struct submission *s, const struct commit *commit, struct merkle_proof *proof,
                  struct err *err)
{
    uint8_t leaf[32];

    if (!s->job.duplicate)
        return mf_proof_build_inclusion(commit->crypto, commit->nodes, s->job.index,
                                        commit->head.size, proof, err);
    if (!mf_engine_prove(mf_log_opening_engine(s->service->opening), commit->crypto, s->job.index,
                         commit->head.size, proof, leaf, err))
        return false;
    return memcmp(leaf, s->job.key, 32) == 0 ||
           mf_err_set(err, MF_ERR_INTERNAL, "the dedup index names another entry");
}

static bool answer(struct submission *s, const struct commit *commit, struct http_reply *out,
                   struct err *err)
{
    struct tlog_entry e = {
        .log_index = (int64_t)s->job.index,
        .log_id = {s->service->dir.log_id, 32},
        .kind = MF_SPAN("hashedrekord"),
        .version = MF_SPAN("0.0.2"),
        .has_proof = true,
        .proof_log_index = (int64_t)s->job.index,
        .root = {commit->head.root, 32},
        .tree_size = (int64_t)commit->head.size,
        .checkpoint = commit->note,
        .body = mf_buf_span(&s->entry),
    };

    *out = (struct http_reply){.status = 201, .content_type = "application/json"};
    out->body.max = RESPONSE_MAX;
    return prove(s, commit, &e.proof, err) && mf_tlog_entry_write(&e, &out->body, err);
}

static bool route(struct log_service *service, struct http_request *request)
{
    if (!mf_span_is(mf_http_path(request), "/api/v2/log/entries"))
        return false;
    if (strcmp(mf_http_method(request), "POST") == 0)
        mf_submission_take(service, request, false);
    else
        mf_submission_wrong_method(request);
    return true;
}

const struct log_kind mf_rekor_kind = {
    .body_max = MF_HASHEDREKORD_REQUEST_MAX, /* DSSE carries its payload */
    .format = {.seal = seal, .reopen = reopen, .skip = skip, .records = MF_TILE_ENTRIES},
    .prepare = prepare,
    .answer = answer,
    .route = route,
};
