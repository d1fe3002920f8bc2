/* Writing signed notes: the text, then a line for each signature. Source: C2SP signed-note. */
#ifndef MF_TRANSPARENCY_NOTE_NOTE_WRITE_H
#define MF_TRANSPARENCY_NOTE_NOTE_WRITE_H

#include "common/base/buf.h"

/* Appends text (which must end in LF) and the blank line behind it. */
MF_MUST_USE bool mf_note_write_text(struct buf *out, struct span text, struct err *err);
/* Appends one signature line; signature is what follows the key ID. */
MF_MUST_USE bool mf_note_write_line(struct buf *out, struct span name, uint32_t key_id,
                                    struct span signature, struct err *err);

#endif
