/* Head file: the newest signed checkpoint, written at each commit without waiting for the disk.
 *
 * It outlives the process but not always a loss of power: one more witness, at a start, of what was
 * signed. What it holds can only make the log refuse to start. */
#ifndef MF_TRANSPARENCY_ENGINE_HEAD_FILE_H
#define MF_TRANSPARENCY_ENGINE_HEAD_FILE_H

#include "common/base/buf.h"
#include "common/crypto/digest.h"

enum { MF_HEAD_FILE_NOTE_MAX = 4000 };                     /* bytes */
enum { MF_HEAD_FILE_SLOT = 4096, MF_HEAD_FILE_SLOTS = 2 }; /* the whole file */

struct head_file;

MF_MUST_USE bool mf_head_file_open(const char *path, struct head_file **out, struct err *err);
/* What it holds is made durable first: a clean end. */
void mf_head_file_free(struct head_file **file);
enum head_slot {
    MF_HEAD_SLOT_EMPTY, /* never written */
    MF_HEAD_SLOT_WHOLE, /* *note borrows from the slot */
    MF_HEAD_SLOT_DAMAGED
};
/* What one slot's bytes hold. */
enum head_slot mf_head_file_slot(struct crypto *c, const uint8_t slot[static MF_HEAD_FILE_SLOT],
                                 struct span *note);
/* The notes it holds, whole ones only: up to two, in any order. */
MF_MUST_USE bool mf_head_file_read(struct head_file *file, struct crypto *c, struct buf out[2],
                                   struct err *err);
MF_MUST_USE bool mf_head_file_write(struct head_file *file, struct crypto *c, struct span note,
                                    struct err *err);

#endif
