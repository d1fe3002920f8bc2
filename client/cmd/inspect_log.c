/* What logs sign: checkpoints, and promises for certificates. */
#include "client/cmd/inspect_kinds.h"
#include "common/codec/base64.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note.h"
#include "transparency/sct/sct.h"

static bool show_checkpoint(struct inspect_view *v, const struct checkpoint *head, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf root = {.max = 64};
    struct span extensions = head->extensions;
    struct span line;

    if (!mf_base64_append(&root, MF_SPAN_OF(head->root), err))
        return false;
    mf_view_text(v, "origin", head->origin);
    mf_view_number(v, "tree_size", (int64_t)head->size); /* below 2^63 */
    mf_view_text(v, "root_hash", mf_buf_span(&root));    /* as it stands in the text */
    mf_view_begin_list(v, "extensions");
    while (mf_span_line(&extensions, &line))
        mf_view_element(v, "extension", line);
    mf_view_end_list(v);
    return true;
}

bool mf_inspect_checkpoint(struct inspect_view *v, struct span text, struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct checkpoint head;

    if (!mf_note_parse(text, &note, err) || !mf_checkpoint_parse(note.text, &head, err) ||
        !show_checkpoint(v, &head, err))
        return false;
    mf_view_begin_list(v, "signatures");
    for (size_t i = 0; i < note.line_count; i++) {
        const struct note_line *l = &note.lines[i];
        uint8_t id[4] = {(uint8_t)(l->key_id >> 24), (uint8_t)(l->key_id >> 16),
                         (uint8_t)(l->key_id >> 8), (uint8_t)l->key_id};
        mf_view_begin_item(v, "signature");
        mf_view_text(v, "name", l->name);
        mf_view_hex(v, "key_id", MF_SPAN_OF(id));
        mf_view_number(v, "signature_bytes", (int64_t)l->signature.n);
        mf_view_end_item(v);
    }
    mf_view_end_list(v);
    return true;
}

static bool show_sct(struct inspect_view *v, const struct sct *sct, struct err *err)
{
    uint64_t index = 0;
    bool found = false;

    if (!mf_sct_leaf_index_find(sct->extensions, &found, &index, err))
        return mf_err_at(err, "extensions");
    mf_view_begin_item(v, "signed certificate timestamp");
    mf_view_hex(v, "log_id", MF_SPAN_OF(sct->log_id));
    mf_view_time(v, "timestamp", mf_instant_of_ms(sct->timestamp_ms));
    if (found)
        mf_view_number(v, "leaf_index", (int64_t)index);
    mf_view_word(v, "signature_algorithm",
                 sct->sig_alg == MF_SCT_SIG_ECDSA ? "ECDSA with SHA-256"
                 : sct->sig_alg == MF_SCT_SIG_RSA ? "RSA with SHA-256"
                                                  : "unknown");
    mf_view_number(v, "signature_bytes", (int64_t)sct->signature.n);
    mf_view_end_item(v);
    return true;
}

static bool read_scts(struct span text, struct buf *storage, struct sct_list *out, struct err *err)
{
    struct err list = {0};

    out->count = 1;
    if (text.p[0] == '{' || text.p[0] == ' ' || text.p[0] == '\n')
        return mf_sct_parse_json(text, storage, &out->scts[0], err);
    if (mf_sct_list_parse(text, out, &list))
        return true;
    out->count = 1;
    return mf_sct_parse(text, &out->scts[0], err);
}

bool mf_inspect_sct(struct inspect_view *v, struct span text, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_SCT_ANSWER_MAX};
    struct sct_list list = {0};

    if (!read_scts(text, &storage, &list, err))
        return false;
    mf_view_begin_list(v, "scts");
    for (size_t i = 0; i < list.count; i++)
        if (!show_sct(v, &list.scts[i], err))
            return false;
    mf_view_end_list(v);
    return true;
}
