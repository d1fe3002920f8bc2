/* Cosignatures: a witness's word that a checkpoint continues every earlier one that it saw of this
 * log. Source: C2SP tlog-cosignature, "Ed25519 signed message". */
#ifndef MF_TRANSPARENCY_NOTE_COSIGNATURE_H
#define MF_TRANSPARENCY_NOTE_COSIGNATURE_H

#include "transparency/note/note_key.h"

enum { MF_COSIGNATURE_LEN = 8 + 64 }; /* bytes: time, Ed25519 signature */

/* Verifies the witness's lines in a note: *signed_by says whether there is one. A line of its name
 * and ID that does not verify condemns the note, as signed-note has it. The times in them are the
 * witness's own, and are not judged.
 *
 *   key        of type COSIGNER; other types are MF_ERR_INTERNAL
 *   signed_by  false on failure
 *   err        MF_ERR_REJECTED with name and ID as its place */
MF_MUST_USE bool mf_cosignature_verify(struct crypto *c, const struct note_key *key,
                                       const struct note *note, bool *signed_by, struct err *err);

/* Appends the message that is signed: two lines of its own, then the note's text. MF_ERR_REJECTED
 * for a time above INT64_MAX. */
MF_MUST_USE bool mf_cosignature_message(uint64_t seconds, struct span text, struct buf *out,
                                        struct err *err);

#endif
