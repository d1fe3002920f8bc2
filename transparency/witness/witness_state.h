/* Witness state: what a witness remembers of each log, in files of its folder and of its anchor.
 *
 * A file is three lines (format, origin, whether the witness still cosigns this log), an empty
 * line, and the checkpoint with the log's and the witness's lines, or nothing. */
#ifndef MF_TRANSPARENCY_WITNESS_WITNESS_STATE_H
#define MF_TRANSPARENCY_WITNESS_WITNESS_STATE_H

#include "transparency/merkle/merkle_hash.h"
#include "transparency/witness/witness_dir.h"

enum { MF_WITNESS_RECORD_MAX = MF_NOTE_MAX + 1024 }; /* bytes */
enum { MF_WITNESS_LOG_HEX = 64 };                    /* digits */

struct witness_record {
    struct span origin;
    bool halted;
    struct span note; /* empty: nothing was cosigned yet */
};

/* Spans borrow from text. MF_ERR_FORMAT or MF_ERR_LIMIT. */
MF_MUST_USE bool mf_witness_record_parse(struct span text, struct witness_record *out,
                                         struct err *err);
/* Parsing it gives the same record; MF_ERR_FORMAT for an origin that is no line. */
MF_MUST_USE bool mf_witness_record_format(const struct witness_record *record, struct buf *out,
                                          struct err *err);

struct witness_memory { /* of one log */
    char hex[MF_WITNESS_LOG_HEX + 1];
    struct merkle_head last; /* the empty tree when nothing was cosigned */
    bool halted;
    struct buf note; /* owned; empty when nothing was cosigned */
};

/* Reads what is remembered of a log, and holds it to the witness's own signature; of one that is
 * new, remembers durably that nothing was cosigned. MF_ERR_FORMAT when something is there that the
 * witness did not write, or gone what it wrote, or older than the anchor. */
MF_MUST_USE bool mf_witness_recall(struct crypto *c, struct witness_dir *dir, struct span origin,
                                   struct witness_memory *out, struct err *err);
void mf_witness_memory_done(struct witness_memory *memory);
/* Durable and whole before it returns true; on failure the file is the old or the new one. Any
 * thread, one at a time for a log. */
MF_MUST_USE bool mf_witness_remember(const struct witness_dir *dir, const char *hex,
                                     const struct witness_record *record, struct err *err);
/* Two checkpoints that prove a fork, into state/HEX.fork; MF_ERR_EXISTS when one is kept already.
 */
MF_MUST_USE bool mf_witness_keep_fork(const struct witness_dir *dir, const char *hex,
                                      struct span one, struct span other, struct err *err);

#endif
