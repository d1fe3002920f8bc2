#include "transparency/entry/tlog_entry.h"

#include "common/codec/base64.h"
#include "transparency/entry/proto_json.h"

/* Writing */

static void put_optional(struct json_writer *w, const char *name, struct span bytes)
{
    if (bytes.n > 0)
        mf_json_member_put_base64(w, name, bytes);
}

static void put_int(struct json_writer *w, const char *name, int64_t value)
{
    mf_json_key(w, name);
    mf_json_put_int_string(w, value);
}

static void put_proof(struct json_writer *w, const struct tlog_entry *e)
{
    mf_json_begin_object(w);
    put_int(w, "logIndex", e->proof_log_index);
    put_optional(w, "rootHash", e->root);
    put_int(w, "treeSize", e->tree_size);
    mf_json_key(w, "hashes");
    mf_json_begin_array(w);
    for (size_t i = 0; i < e->proof.count; i++)
        mf_json_put_base64(w, MF_SPAN_OF(e->proof.hashes[i]));
    mf_json_end_array(w);
    if (e->checkpoint.n > 0) {
        mf_json_key(w, "checkpoint");
        mf_json_begin_object(w);
        mf_json_member_put(w, "envelope", e->checkpoint);
        mf_json_end_object(w);
    }
    mf_json_end_object(w);
}

static void put_promise(struct json_writer *w, struct span promise)
{
    mf_json_begin_object(w);
    mf_json_member_put_base64(w, "signedEntryTimestamp", promise);
    mf_json_end_object(w);
}

/* In the order of the message. Null stands for what is absent where `complete` is asked for. */
static void put_entry(struct json_writer *w, const struct tlog_entry *e, bool complete)
{
    mf_json_begin_object(w);
    put_int(w, "logIndex", e->log_index);
    mf_json_key(w, "logId");
    mf_json_begin_object(w);
    mf_json_member_put_base64(w, "keyId", e->log_id);
    mf_json_end_object(w);
    mf_json_key(w, "kindVersion");
    mf_json_begin_object(w);
    mf_json_member_put(w, "kind", e->kind);
    mf_json_member_put(w, "version", e->version);
    mf_json_end_object(w);
    put_int(w, "integratedTime", e->integrated_time);
    if (e->promise.n > 0 || complete)
        mf_json_key(w, "inclusionPromise");
    if (e->promise.n > 0)
        put_promise(w, e->promise);
    else if (complete)
        mf_json_put_null(w);
    if (e->has_proof || complete)
        mf_json_key(w, "inclusionProof");
    if (e->has_proof)
        put_proof(w, e);
    else if (complete)
        mf_json_put_null(w);
    if (e->body.n > 0 || complete)
        mf_json_member_put_base64(w, "canonicalizedBody", e->body);
    mf_json_end_object(w);
}

void mf_tlog_entry_put(struct json_writer *w, const struct tlog_entry *e)
{
    put_entry(w, e, false);
}

bool mf_tlog_entry_write(const struct tlog_entry *e, struct buf *out, struct err *err)
{
    struct json_writer w = mf_json_writer(out, err);

    put_entry(&w, e, true);
    return mf_json_written(&w);
}

/* Reading */

enum { LOG_INDEX, LOG_ID, KIND_VERSION, TIME, PROMISE, PROOF, BODY, TOP_COUNT };
enum { PROOF_INDEX, ROOT, TREE_SIZE, HASHES, CHECKPOINT, PROOF_COUNT };

struct fields {
    struct proto_field top[TOP_COUNT];
    struct proto_field key_id, kind[2], promise, proof[PROOF_COUNT], envelope;
};

static const struct fields all_fields = {
    .top =
        {
            [LOG_INDEX] = {"logIndex", "log_index", NULL},
            [LOG_ID] = {"logId", "log_id", NULL},
            [KIND_VERSION] = {"kindVersion", "kind_version", NULL},
            [TIME] = {"integratedTime", "integrated_time", NULL},
            [PROMISE] = {"inclusionPromise", "inclusion_promise", NULL},
            [PROOF] = {"inclusionProof", "inclusion_proof", NULL},
            [BODY] = {"canonicalizedBody", "canonicalized_body", NULL},
        },
    .key_id = {"keyId", "key_id", NULL},
    .kind = {{"kind", NULL, NULL}, {"version", NULL, NULL}},
    .promise = {"signedEntryTimestamp", "signed_entry_timestamp", NULL},
    .proof =
        {
            [PROOF_INDEX] = {"logIndex", "log_index", NULL},
            [ROOT] = {"rootHash", "root_hash", NULL},
            [TREE_SIZE] = {"treeSize", "tree_size", NULL},
            [HASHES] = {"hashes", NULL, NULL},
            [CHECKPOINT] = {"checkpoint", NULL, NULL},
        },
    .envelope = {"envelope", NULL, NULL},
};

/* The members of a message inside; all absent when it is. */
static bool find_inside(const struct proto_field *outer, struct proto_field *inner, size_t count,
                        struct err *err)
{
    return outer->value == NULL || mf_proto_json_read_known(outer->value, inner, count, err) ||
           mf_err_at(err, "%s", outer->name);
}

static bool find_fields(const struct json_node *node, struct fields *f, struct err *err)
{
    if (!mf_proto_json_read_known(node, f->top, TOP_COUNT, err) ||
        !find_inside(&f->top[LOG_ID], &f->key_id, 1, err) ||
        !find_inside(&f->top[KIND_VERSION], f->kind, MF_LEN(f->kind), err) ||
        !find_inside(&f->top[PROMISE], &f->promise, 1, err) ||
        !find_inside(&f->top[PROOF], f->proof, PROOF_COUNT, err))
        return false;
    return find_inside(&f->proof[CHECKPOINT], &f->envelope, 1, err) ||
           mf_err_at(err, "inclusionProof");
}

/* Room for everything, once, so that no later value moves what an earlier one borrows. */
static bool reserve(const struct fields *f, struct buf *owned, struct err *err)
{
    const struct proto_field *texts[] = {
        &f->key_id,      &f->kind[0],  &f->kind[1],   &f->promise,
        &f->proof[ROOT], &f->envelope, &f->top[BODY],
    };
    size_t need = 0;

    for (size_t i = 0; i < MF_LEN(texts); i++) {
        struct span text;
        if (!mf_proto_json_string(texts[i], &text, err))
            return false;
        need += text.n; /* spans of one document in memory: no overflow */
    }
    return mf_buf_reserve(owned, need, err);
}

static bool copy_text(const struct proto_field *f, struct buf *owned, struct span *out,
                      struct err *err)
{
    struct span text;
    size_t start = owned->n;

    if (!mf_proto_json_string(f, &text, err) || !mf_buf_append(owned, text, err))
        return false;
    *out = mf_span_from(mf_buf_span(owned), start);
    return true;
}

static bool read_count(const struct proto_field *f, int64_t *out, struct err *err)
{
    if (!mf_proto_json_int64(f, out, err))
        return false;
    if (*out >= 0)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "is negative");
    return mf_err_at(err, "%s", f->name);
}

static bool read_hash(const struct proto_field *f, struct buf *owned, struct span *out,
                      struct err *err)
{
    if (!mf_proto_json_bytes(f, owned, out, err))
        return false;
    if (out->n == 0 || out->n == MF_MERKLE_HASH_LEN)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "has %zu bytes, not 32", out->n);
    return mf_err_at(err, "%s", f->name);
}

static bool read_hashes(const struct json_node *list, struct merkle_proof *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf hash = {.max = 1024};
    struct span text;

    if (list == NULL)
        return true;
    if (!mf_json_is_array(list))
        return mf_err_set(err, MF_ERR_FORMAT, "is not an array");
    for (const struct json_node *n = NULL; (n = mf_json_next(list, n)) != NULL;) {
        if (out->count == MF_PROOF_MAX)
            return mf_err_set(err, MF_ERR_FORMAT, "has more than %d hashes", MF_PROOF_MAX);
        mf_buf_reset(&hash);
        if (!mf_json_string(n, &text, err) ||
            !mf_base64_decode(text, MF_BASE64_LENIENT, &hash, err))
            return mf_err_at(err, "[%zu]", out->count);
        if (hash.n != MF_MERKLE_HASH_LEN)
            return mf_err_set(err, MF_ERR_FORMAT, "hash %zu has %zu bytes, not 32", out->count,
                              hash.n);
        memcpy(out->hashes[out->count++], hash.p, MF_MERKLE_HASH_LEN);
    }
    return true;
}

static bool read_proof(const struct fields *f, struct tlog_entry *e, struct err *err)
{
    const struct proto_field *p = f->proof;

    e->has_proof = f->top[PROOF].value != NULL;
    if (!read_count(&p[PROOF_INDEX], &e->proof_log_index, err) ||
        !read_hash(&p[ROOT], &e->owned, &e->root, err) ||
        !read_count(&p[TREE_SIZE], &e->tree_size, err))
        return false;
    if (!read_hashes(p[HASHES].value, &e->proof, err))
        return mf_err_at(err, "hashes");
    return copy_text(&f->envelope, &e->owned, &e->checkpoint, err) || mf_err_at(err, "checkpoint");
}

static bool read_entry(const struct fields *f, struct tlog_entry *e, struct err *err)
{
    if (!reserve(f, &e->owned, err) || !read_count(&f->top[LOG_INDEX], &e->log_index, err))
        return false;
    if (!read_hash(&f->key_id, &e->owned, &e->log_id, err))
        return mf_err_at(err, "logId");
    if (!copy_text(&f->kind[0], &e->owned, &e->kind, err) ||
        !copy_text(&f->kind[1], &e->owned, &e->version, err))
        return mf_err_at(err, "kindVersion");
    if (!read_count(&f->top[TIME], &e->integrated_time, err))
        return false;
    if (!mf_proto_json_bytes(&f->promise, &e->owned, &e->promise, err))
        return mf_err_at(err, "inclusionPromise");
    if (!read_proof(f, e, err))
        return mf_err_at(err, "inclusionProof");
    return mf_proto_json_bytes(&f->top[BODY], &e->owned, &e->body, err);
}

bool mf_tlog_entry_parse(const struct json_node *node, struct tlog_entry *out, struct err *err)
{
    MF_SCOPED(mf_tlog_entry_done)
    struct tlog_entry e = {
        .owned = {.max = MF_TLOG_ENTRY_JSON_MAX},
    };
    struct fields f = all_fields;

    if (!find_fields(node, &f, err) || !read_entry(&f, &e, err))
        return false;
    *out = e;
    e.owned = (struct buf){0}; /* moved: the caller owns it now */
    return true;
}

void mf_tlog_entry_done(struct tlog_entry *e)
{
    mf_buf_done(&e->owned);
    *e = (struct tlog_entry){0};
}
