/* add-checkpoint: what a client asks of a witness, and the judgement on it. Source: C2SP
 * tlog-witness.
 *
 * Pure. The three steps are to be taken in order, and each gives its refusal a code of its own:
 *
 *   FORMAT, LIMIT    400  a malformed request, or an old size above the checkpoint's
 *   DENIED           403  no good signature by a key of the log
 *   EXISTS           409  the old size is not that of the last cosigned checkpoint
 *   REJECTED         422  the tree is not shown to continue the last cosigned one */
#ifndef MF_TRANSPARENCY_WITNESS_ADD_CHECKPOINT_H
#define MF_TRANSPARENCY_WITNESS_ADD_CHECKPOINT_H

#include "transparency/merkle/proof.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"

enum { MF_ADD_CHECKPOINT_PROOF_MAX = 63 };                         /* hashes */
enum { MF_ADD_CHECKPOINT_MAX = MF_NOTE_MAX + 64 + 63 * (44 + 1) }; /* bytes */
enum { MF_WITNESSED_KEYS_MAX = 4, MF_WITNESSED_ORIGIN_MAX = 255 };

struct witnessed_log { /* whom a witness believes */
    char origin[MF_WITNESSED_ORIGIN_MAX + 1];
    struct note_key keys[MF_WITNESSED_KEYS_MAX];
    size_t key_count; /* 1 or more; never of type COSIGNER */
};

struct add_checkpoint {
    uint64_t old_size;
    struct merkle_proof proof;
    struct span origin; /* the note's first line; borrowed from the request */
    struct note note;   /* owned, borrows from the request */
};

/* body must outlive *out. */
MF_MUST_USE bool mf_add_checkpoint_parse(struct span body, struct add_checkpoint *out,
                                         struct err *err);
void mf_add_checkpoint_done(struct add_checkpoint *request);

/* True when the log's keys signed the note: there is a line by one of them, and every line by any
 * of them verifies. Then *out, borrowing from the request. */
MF_MUST_USE bool mf_add_checkpoint_authenticate(struct crypto *c, const struct witnessed_log *log,
                                                const struct add_checkpoint *request,
                                                struct checkpoint *out, struct err *err);

/* Appends the checkpoint with what authenticated it: one line for each of the log's keys. */
MF_MUST_USE bool mf_add_checkpoint_signed(const struct witnessed_log *log,
                                          const struct add_checkpoint *request, struct buf *out,
                                          struct err *err);

/* May it be cosigned after this one? For a log of which nothing was cosigned yet, `last` is the
 * empty tree. */
MF_MUST_USE bool mf_add_checkpoint_judge(struct crypto *c, const struct merkle_head *last,
                                         const struct add_checkpoint *request,
                                         const struct checkpoint *checkpoint, struct err *err);

#endif
