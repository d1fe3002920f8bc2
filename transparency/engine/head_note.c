#include "transparency/engine/head_note.h"

#include "transparency/engine/engine_parts.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_write.h"
#include "transparency/sct/ct_head.h"

static struct tree_head tree_head_of(const struct merkle_head *head, uint64_t time_ms)
{
    struct tree_head t = {.size = head->size, .timestamp_ms = time_ms};

    memcpy(t.root, head->root, sizeof t.root);
    return t;
}

bool mf_head_note_sign(struct engine *e, const struct merkle_head *head, uint64_t time_ms,
                       struct buf *note, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_buf_done) struct buf stamped = {.max = MF_SIGNATURE_MAX + 16};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CHECKPOINT_TEXT_MAX};
    struct checkpoint checkpoint = {.origin = mf_note_key_name(&e->key), .size = head->size};
    struct tree_head t = tree_head_of(head, time_ms);
    bool ct = e->params.dir->type == MF_LOG_CT;

    memcpy(checkpoint.root, head->root, sizeof checkpoint.root);
    mf_buf_reset(note);
    return mf_signer_sign_head(e->params.signer, &t, &signature, err) &&
           mf_checkpoint_format(&checkpoint, &text, err) &&
           mf_note_write_text(note, mf_buf_span(&text), err) &&
           (!ct || mf_ct_head_signature(time_ms, mf_buf_span(&signature), &stamped, err)) &&
           mf_note_write_line(note, mf_note_key_name(&e->key), e->key.id,
                              mf_buf_span(ct ? &stamped : &signature), err);
}

bool mf_head_note_read(struct crypto *c, const struct note_key *key, struct span bytes,
                       struct merkle_head *head, uint64_t *time_ms, struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {.line_count = 0};
    struct checkpoint checkpoint;

    *time_ms = 0;
    if (!mf_note_parse(bytes, &note, err))
        return false;
    if (key->type == MF_NOTE_KEY_RFC6962) {
        if (!mf_ct_head_verify(c, key, &note, &checkpoint, time_ms, err))
            return false;
    } else if (!mf_note_key_verify(c, key, &note, err) ||
               !mf_checkpoint_parse(note.text, &checkpoint, err)) {
        return false;
    }
    if (!mf_span_eq(checkpoint.origin, mf_note_key_name(key)))
        return mf_err_set(err, MF_ERR_REJECTED, "checkpoint is of another origin");
    head->size = checkpoint.size;
    memcpy(head->root, checkpoint.root, sizeof head->root);
    return true;
}

bool mf_head_note_recall(struct engine *e, const struct merkle_head *head, uint64_t time_ms,
                         struct err *err)
{
    struct tree_head t = tree_head_of(head, time_ms);

    return mf_signer_recall_head(e->params.signer, &t, err);
}
