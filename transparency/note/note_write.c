#include "transparency/note/note_write.h"

#include "common/codec/base64.h"
#include "transparency/note/note.h"

bool mf_note_write_text(struct buf *out, struct span text, struct err *err)
{
    if (!mf_span_ends(text, MF_SPAN("\n")))
        return mf_err_set(err, MF_ERR_FORMAT, "note text does not end in LF");
    return mf_buf_append(out, text, err) && mf_buf_append_byte(out, '\n', err);
}

bool mf_note_write_line(struct buf *out, struct span name, uint32_t key_id, struct span signature,
                        struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf payload = {.max = MF_NOTE_MAX};

    if (!mf_note_name_is_valid(name))
        return mf_err_set(err, MF_ERR_FORMAT, "no key name: \"%.*s\"", MF_SPAN_ARG(name));
    if (signature.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "signature is empty");
    return mf_buf_append_be(&payload, key_id, 4, err) && mf_buf_append(&payload, signature, err) &&
           mf_buf_append_str(out, "\xE2\x80\x94 ", err) && mf_buf_append(out, name, err) &&
           mf_buf_append_byte(out, ' ', err) && mf_base64_append(out, mf_buf_span(&payload), err) &&
           mf_buf_append_byte(out, '\n', err);
}
