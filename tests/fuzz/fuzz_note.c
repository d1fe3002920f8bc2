/* A note that is read is written back line by line as the same bytes. */
#include "tests/support/fuzz.h"
#include "transparency/note/note.h"
#include "transparency/note/note_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_NOTE_MAX};
    struct err err = {0};

    if (!mf_note_parse((struct span){data, size}, &note, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && note.line_count == 0);
        return 0;
    }
    mf_require(note.line_count >= 1 && note.line_count <= MF_NOTE_LINES_MAX);
    mf_require(note.text.p == data && note.text.n < size);
    mf_require(mf_note_write_text(&again, note.text, &err));
    for (size_t i = 0; i < note.line_count; i++) {
        const struct note_line *l = &note.lines[i];
        mf_require(l->name.p > data && l->name.p + l->name.n < data + size);
        mf_require(mf_note_find(&note, l->name, l->key_id, NULL) <= l);
        mf_require(mf_note_write_line(&again, l->name, l->key_id, l->signature, &err));
    }
    mf_require(mf_span_eq(mf_buf_span(&again), (struct span){data, size}));
    return 0;
}
