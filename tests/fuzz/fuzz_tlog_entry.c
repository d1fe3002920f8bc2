/* A log entry that is read is written as JSON that reads as the same entry. */
#include "tests/support/fuzz.h"
#include "transparency/entry/tlog_entry.h"

static const struct json_limits limits = {
    .bytes = MF_TLOG_ENTRY_JSON_MAX, .depth = 16, .nodes = 1000};

static bool parse(struct span text, struct tlog_entry *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    return mf_json_parse(text, &limits, &doc, err) &&
           mf_tlog_entry_parse(mf_json_root(doc), out, err);
}

static void require_same(const struct tlog_entry *a, const struct tlog_entry *b)
{
    mf_require(a->log_index == b->log_index && a->integrated_time == b->integrated_time);
    mf_require(mf_span_eq(a->log_id, b->log_id) && mf_span_eq(a->kind, b->kind));
    mf_require(mf_span_eq(a->version, b->version) && mf_span_eq(a->promise, b->promise));
    mf_require(a->has_proof == b->has_proof && a->proof_log_index == b->proof_log_index);
    mf_require(mf_span_eq(a->root, b->root) && a->tree_size == b->tree_size);
    mf_require(a->proof.count == b->proof.count);
    mf_require(memcmp(a->proof.hashes, b->proof.hashes, a->proof.count * MF_MERKLE_HASH_LEN) == 0);
    mf_require(mf_span_eq(a->checkpoint, b->checkpoint) && mf_span_eq(a->body, b->body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0}, again = {0};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_TLOG_ENTRY_JSON_MAX};
    struct err err = {0};

    if (!parse((struct span){data, size}, &e, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && e.owned.p == NULL);
        return 0;
    }
    mf_require(e.log_index >= 0 && e.proof_log_index >= 0 && e.tree_size >= 0);
    mf_require((e.log_id.n == 0 || e.log_id.n == 32) && (e.root.n == 0 || e.root.n == 32));
    mf_require(mf_tlog_entry_write(&e, &text, &err));
    mf_require(parse(mf_buf_span(&text), &again, &err));
    require_same(&e, &again);
    return 0;
}
