#include "client/verify/tlog_check.h"

#include "common/codec/url.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"

static bool check_kind(const struct tlog_entry *e, struct err *err)
{
    if (mf_span_is(e->kind, "hashedrekord") && mf_span_is(e->version, "0.0.2"))
        return true;
    mf_err_set(err, MF_ERR_REJECTED, "entries of kind %.*s %.*s are not verified yet",
               MF_SPAN_ARG(e->kind), MF_SPAN_ARG(e->version));
    return mf_err_at(err, "kindVersion");
}

static bool check_presence(const struct tlog_entry *e, struct err *err)
{
    if (e->promise.n > 0)
        return mf_err_set(err, MF_ERR_REJECTED, "a Rekor v2 entry has no inclusion promise");
    if (!e->has_proof)
        return mf_err_set(err, MF_ERR_REJECTED, "inclusion proof is missing");
    if (e->checkpoint.n == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "checkpoint is missing");
    if (e->body.n == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "canonicalizedBody is missing");
    return true;
}

/* What the log hashed into its tree. The body that comes along must be the very same bytes: the
 * leaf would hold without it, but verifiers that read it would see another bundle than we do. */
static bool rebuild_leaf(struct crypto *c, const struct tlog_entry *e,
                         const struct hashedrekord *expected, uint8_t leaf[static 32],
                         struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_HASHEDREKORD_BODY_MAX};

    if (!mf_hashedrekord_print(expected, &body, err))
        return false;
    if (!mf_span_eq(e->body, mf_buf_span(&body)))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the entry is not of this signature, certificate and digest");
    mf_merkle_hash_leaf(c, mf_buf_span(&body), leaf);
    return true;
}

bool mf_tlog_host(struct span base_url, struct span *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf full = {.max = MF_URL_MAX};
    bool has_scheme = mf_span_starts(base_url, MF_SPAN("https://")) ||
                      mf_span_starts(base_url, MF_SPAN("http://"));
    struct url url;

    if (base_url.n == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "the trusted root gives the log no baseUrl");
    if (!has_scheme && !mf_buf_append_str(&full, "https://", err))
        return false;
    if (!mf_buf_append(&full, base_url, err) || !mf_url_parse(mf_buf_span(&full), &url, err))
        return mf_err_at(err, "baseUrl");
    /* Borrow from the caller's bytes, not from our copy. */
    size_t skipped = (size_t)(url.host.p - full.p) - (full.n - base_url.n);
    *out = (struct span){base_url.p + skipped, url.host.n};
    return true;
}

static bool init_key(struct crypto *c, const struct trusted_log *log, struct span name,
                     struct note_key *out, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;

    if (!mf_public_key_from_spki(c, mf_buf_span(&log->spki), &key, err) ||
        !mf_note_key_init(c, mf_note_key_type_of(mf_public_key_kind(key)), name,
                          mf_buf_span(&log->spki), out, err))
        return mf_err_at(err, "log key");
    out->id = mf_be32(log->checkpoint_key_id);
    return true;
}

/* Signature, name and origin first: only then is the text of the log's making. */
static bool check_checkpoint(struct crypto *c, const struct tlog_entry *e,
                             const struct trusted_log *log, struct merkle_head *head,
                             struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    struct checkpoint checkpoint;
    struct span host;

    if (!mf_tlog_host(log->base_url, &host, err) || !init_key(c, log, host, &key, err) ||
        !mf_note_parse(e->checkpoint, &note, err) || !mf_note_key_verify(c, &key, &note, err) ||
        !mf_checkpoint_parse(note.text, &checkpoint, err))
        return false;
    if (!mf_span_eq(checkpoint.origin, host))
        return mf_err_set(err, MF_ERR_REJECTED, "origin is '%.*s', not '%.*s'",
                          MF_SPAN_ARG(checkpoint.origin), MF_SPAN_ARG(host));
    head->size = checkpoint.size;
    memcpy(head->root, checkpoint.root, sizeof head->root);
    return true;
}

/* What counts is the entry's index and the checkpoint's head. There are verifiers that go by the
 * copies inside the proof: all must say the same. An absent number is 0 (proto3). */
static bool check_copies(const struct tlog_entry *e, const struct merkle_head *head,
                         struct err *err)
{
    if (!mf_span_eq(e->root, (struct span){head->root, sizeof head->root}))
        return mf_err_set(err, MF_ERR_REJECTED, "rootHash is not the checkpoint's");
    if ((uint64_t)e->tree_size != head->size)
        return mf_err_set(err, MF_ERR_REJECTED, "treeSize is not the checkpoint's");
    if (e->proof_log_index != e->log_index)
        return mf_err_set(err, MF_ERR_REJECTED, "logIndex of the proof is not the entry's");
    return true;
}

bool mf_tlog_check(struct crypto *c, const struct tlog_entry *entry,
                   const struct hashedrekord *expected, const struct trusted_log *log,
                   struct err *err)
{
    struct merkle_head head;
    uint8_t leaf[32];

    if (!check_kind(entry, err) || !check_presence(entry, err))
        return false;
    if (!rebuild_leaf(c, entry, expected, leaf, err)) {
        mf_err_as(err, MF_ERR_REJECTED);
        return mf_err_at(err, "body");
    }
    if (!check_checkpoint(c, entry, log, &head, err)) {
        mf_err_as(err, MF_ERR_REJECTED);
        return mf_err_at(err, "checkpoint");
    }
    if (!check_copies(entry, &head, err) ||
        !mf_proof_verify_inclusion(c, &entry->proof, (uint64_t)entry->log_index, leaf, &head,
                                   err)) {
        mf_err_as(err, MF_ERR_REJECTED);
        return mf_err_at(err, "inclusion proof");
    }
    return true;
}
