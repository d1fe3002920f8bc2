/* The witness's folder, and its anchor.
 *
 *   identity.json   format version, name, public key; written once by init
 *   key.pem         0600; read by the signer process alone
 *   lock            held while a process uses the folder
 *   known           the logs that have a file in state/: one that is missing is a forgotten promise
 *   state/HEX       of the log with this SHA-256 of its origin: the last checkpoint cosigned
 *   state/HEX.fork  the first two checkpoints of one size with different roots that it signed
 *
 * An anchor is a second folder, on another disk, with the same files of state/ and one that names
 * the witness. It is written after state/ and before a cosignature leaves, so what it knows better
 * tells that the folder was put back to an older state. */
#ifndef MF_TRANSPARENCY_WITNESS_WITNESS_DIR_H
#define MF_TRANSPARENCY_WITNESS_WITNESS_DIR_H

#include <limits.h>

#include "common/base/clock.h"
#include "transparency/note/note_key.h"

struct witness_dir {
    char path[PATH_MAX];
    char anchor[PATH_MAX]; /* "" for none */
    struct note_key key;   /* of type COSIGNER */
    struct buf known;      /* origins, a line each */
    int lock_fd;
};

MF_MUST_USE bool mf_witness_dir_create(const char *path, const struct note_key *key,
                                       struct instant now, struct err *err);
/* Missing, of another format or in use: refused with what to do. Start *out with {.lock_fd = -1}.
 * The anchor is "" for none, or a folder: an empty one, or the one that was this witness's before.
 */
MF_MUST_USE bool mf_witness_dir_open(struct crypto *c, const char *path, const char *anchor,
                                     struct witness_dir *out, struct err *err);
void mf_witness_dir_done(struct witness_dir *dir);
/* The logs of which something is remembered: each of these files must be there. */
bool mf_witness_dir_knows(const struct witness_dir *dir, struct span origin);
/* One more of them, durably. */
MF_MUST_USE bool mf_witness_dir_learn(struct witness_dir *dir, struct span origin, struct err *err);

/* A hint, for what is missing or not as the witness left it. */
extern const char mf_witness_gone[];

#endif
