#include "transparency/witness/add_checkpoint.h"

#include <inttypes.h>

#include "common/codec/base64.h"
#include "transparency/note/note_write.h"
#include "transparency/sct/ct_head.h"

static bool parse_old(struct span *rest, uint64_t *out, struct err *err)
{
    const struct span word = MF_SPAN_INIT("old ");
    struct span line;

    if (!mf_span_line(rest, &line) || !mf_span_starts(line, word) ||
        !mf_span_decimal(mf_span_from(line, word.n), out)) {
        mf_err_set(err, MF_ERR_FORMAT, "is not 'old' and a tree size");
        return mf_err_at(err, "line 1");
    }
    return true;
}

static bool parse_proof(struct span *rest, struct merkle_proof *out, struct err *err)
{
    struct span line;

    for (out->count = 0;; out->count++) {
        if (!mf_span_line(rest, &line))
            return mf_err_set(err, MF_ERR_FORMAT, "no empty line parts proof and checkpoint");
        if (line.n == 0)
            return true;
        if (out->count == MF_ADD_CHECKPOINT_PROOF_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d lines of proof",
                              MF_ADD_CHECKPOINT_PROOF_MAX);
        if (!mf_base64_decode_exact(line, out->hashes[out->count], MF_MERKLE_HASH_LEN, err))
            return mf_err_at(err, "line %zu", out->count + 2);
    }
}

bool mf_add_checkpoint_parse(struct span body, struct add_checkpoint *out, struct err *err)
{
    struct add_checkpoint request = {.old_size = 0};

    if (body.n > MF_ADD_CHECKPOINT_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_ADD_CHECKPOINT_MAX);
    if (!parse_old(&body, &request.old_size, err) || !parse_proof(&body, &request.proof, err))
        return false;
    if (!mf_note_parse(body, &request.note, err))
        return mf_err_at(err, "checkpoint");
    struct span text = request.note.text;
    if (!mf_span_line(&text, &request.origin) || request.origin.n == 0) {
        mf_note_done(&request.note);
        mf_err_set(err, MF_ERR_FORMAT, "origin is missing");
        return mf_err_at(err, "checkpoint");
    }
    *out = request;
    return true;
}

void mf_add_checkpoint_done(struct add_checkpoint *request)
{
    mf_note_done(&request->note);
}

/* A CT log's signature covers neither the origin nor what follows the root, so ct_head.h demands
 * that the one is the key's name and that the other is nothing. */
static bool verify_by(struct crypto *c, const struct note_key *key, const struct note *note,
                      struct err *err)
{
    struct checkpoint head;
    uint64_t timestamp_ms;

    if (key->type == MF_NOTE_KEY_RFC6962)
        return mf_ct_head_verify(c, key, note, &head, &timestamp_ms, err);
    return mf_note_key_verify(c, key, note, err);
}

static bool denied(struct err *err)
{
    if (err->code == MF_ERR_REJECTED || err->code == MF_ERR_FORMAT)
        mf_err_as(err, MF_ERR_DENIED);
    return false;
}

bool mf_add_checkpoint_authenticate(struct crypto *c, const struct witnessed_log *log,
                                    const struct add_checkpoint *request, struct checkpoint *out,
                                    struct err *err)
{
    size_t signed_by = 0;

    if (!mf_span_is(request->origin, log->origin))
        return mf_err_set(err, MF_ERR_INTERNAL, "checkpoint of another log than %s", log->origin);
    for (size_t i = 0; i < log->key_count; i++) {
        const struct note_key *key = &log->keys[i];
        if (mf_note_find(&request->note, mf_note_key_name(key), key->id, NULL) == NULL)
            continue;
        if (!verify_by(c, key, &request->note, err))
            return denied(err);
        signed_by++;
    }
    if (signed_by == 0)
        return mf_err_set(err, MF_ERR_DENIED, "no signature by a key of the log %s", log->origin);
    return mf_checkpoint_parse(request->note.text, out, err) || mf_err_at(err, "checkpoint");
}

bool mf_add_checkpoint_signed(const struct witnessed_log *log, const struct add_checkpoint *request,
                              struct buf *out, struct err *err)
{
    if (!mf_note_write_text(out, request->note.text, err))
        return false;
    for (size_t i = 0; i < log->key_count; i++) {
        const struct note_key *key = &log->keys[i];
        const struct note_line *line = mf_note_find(&request->note, mf_note_key_name(key), key->id,
                                                    NULL);
        if (line != NULL &&
            !mf_note_write_line(out, line->name, line->key_id, line->signature, err))
            return false;
    }
    return true;
}

/* The empty tree has one root, and from it on everything is a continuation: no proof to give. */
static bool judge_from_nothing(const struct add_checkpoint *request,
                               const struct checkpoint *checkpoint, struct err *err)
{
    if (checkpoint->size == 0 &&
        memcmp(checkpoint->root, mf_merkle_hash_empty, MF_MERKLE_HASH_LEN) != 0)
        return mf_err_set(err, MF_ERR_REJECTED, "root of size 0 is not that of the empty tree");
    if (request->proof.count > 0)
        return mf_err_set(err, MF_ERR_REJECTED, "a proof from size 0 has no hashes");
    return true;
}

bool mf_add_checkpoint_judge(struct crypto *c, const struct merkle_head *last,
                             const struct add_checkpoint *request,
                             const struct checkpoint *checkpoint, struct err *err)
{
    struct merkle_head later = {.size = checkpoint->size};

    if (request->old_size > checkpoint->size)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "old size %" PRIu64 " is above the checkpoint's, %" PRIu64,
                          request->old_size, checkpoint->size);
    if (request->old_size != last->size)
        return mf_err_set(err, MF_ERR_EXISTS,
                          "old size is %" PRIu64 ", the last cosigned one %" PRIu64,
                          request->old_size, last->size);
    if (last->size == 0)
        return judge_from_nothing(request, checkpoint, err);
    memcpy(later.root, checkpoint->root, sizeof later.root);
    return mf_proof_verify_consistency(c, &request->proof, last, &later, err);
}
