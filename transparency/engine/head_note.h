/* Heads of a log as signed notes, read back: what the log itself signed, or a refusal. */
#ifndef MF_TRANSPARENCY_ENGINE_HEAD_NOTE_H
#define MF_TRANSPARENCY_ENGINE_HEAD_NOTE_H

#include "transparency/merkle/merkle_hash.h"
#include "transparency/note/note_key.h"

/* Verifies a note by the log's key (of a CT log: one of MF_NOTE_KEY_RFC6962); gives its head and,
 * of a CT log, its time, else 0. MF_ERR_REJECTED or MF_ERR_FORMAT. */
MF_MUST_USE bool mf_head_note_read(struct crypto *c, const struct note_key *key, struct span note,
                                   struct merkle_head *head, uint64_t *time_ms, struct err *err);

#endif
