/* Signed notes: text, a blank line, signature lines. Source: C2SP signed-note.
 *
 * Parsing checks the form of every line; whose keys are trusted is note_key.h. */
#ifndef MF_TRANSPARENCY_NOTE_NOTE_H
#define MF_TRANSPARENCY_NOTE_NOTE_H

#include "common/base/buf.h"

enum { MF_NOTE_MAX = 128 * 1024 }; /* bytes; 16 ML-DSA lines need 54,000 */
enum { MF_NOTE_LINES_MAX = 100 };  /* signature lines */
enum { MF_NOTE_NAME_MAX = 255 };   /* bytes of a key name; ours */

struct note_line {
    struct span name;      /* borrowed from the note's bytes */
    uint32_t key_id;       /* read big-endian */
    struct span signature; /* bytes after the key ID, 1 or more; in note.decoded */
};

struct note {
    struct span text; /* the signed bytes: with its last LF, without the blank line; borrowed */
    struct note_line lines[MF_NOTE_LINES_MAX];
    size_t line_count;  /* 1 or more */
    struct buf decoded; /* owned */
};

/* Parses a whole note; bytes must outlive *out. MF_ERR_LIMIT or MF_ERR_FORMAT. */
MF_MUST_USE bool mf_note_parse(struct span bytes, struct note *out, struct err *err);
void mf_note_done(struct note *note);

/* The next line with this name and key ID after `after` (null: from the start); null when none. */
const struct note_line *mf_note_find(const struct note *note, struct span name, uint32_t key_id,
                                     const struct note_line *after);

/* True for a key name: 1 .. MF_NOTE_NAME_MAX bytes of UTF-8 without space, control or '+'. */
bool mf_note_name_is_valid(struct span name);

#endif
