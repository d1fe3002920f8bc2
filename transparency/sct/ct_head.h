/* Tree heads of a CT log and their note signatures (type 05). Sources: RFC 6962 section 3.5, C2SP
 * static-ct-api "Checkpoints". */
#ifndef MF_TRANSPARENCY_SCT_CT_HEAD_H
#define MF_TRANSPARENCY_SCT_CT_HEAD_H

#include "transparency/merkle/merkle_hash.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"

enum { MF_CT_HEAD_SIGNED_LEN = 50 };

/* The bytes that a tree head signature covers; the origin is not among them. */
void mf_ct_head_signed(const struct merkle_head *head, uint64_t timestamp_ms,
                       uint8_t out[static MF_CT_HEAD_SIGNED_LEN]);
/* Appends the note signature: u64 milliseconds, 04 03, u16 length, DER. Give it to
 * mf_note_write_line with the key ID of an MF_NOTE_KEY_RFC6962 key. */
MF_MUST_USE bool mf_ct_head_signature(uint64_t timestamp_ms, struct span der, struct buf *out,
                                      struct err *err);

/* Verifies a CT log's checkpoint by its MF_NOTE_KEY_RFC6962 key: origin is the key's name, no
 * extension lines, every line of the key verifies. Then *out (borrowing from the note) and the
 * signature's time. MF_ERR_REJECTED or MF_ERR_FORMAT. */
MF_MUST_USE bool mf_ct_head_verify(struct crypto *c, const struct note_key *key,
                                   const struct note *note, struct checkpoint *out,
                                   uint64_t *timestamp_ms, struct err *err);

#endif
