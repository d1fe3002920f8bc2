/* Checkpoint: the text by which a log commits to its tree at one size.
 * Source: C2SP tlog-checkpoint, "Note text".
 *
 * This module reads and writes the text only. Signatures are note.h and note_key.h; verify first,
 * so that only text signed by a known key reaches this parser. */
#ifndef MF_TRANSPARENCY_NOTE_CHECKPOINT_H
#define MF_TRANSPARENCY_NOTE_CHECKPOINT_H

#include "common/base/buf.h"

enum { MF_CHECKPOINT_TEXT_MAX = 4096 }; /* bytes; ours, the source sets none */
enum { MF_CHECKPOINT_HASH_LEN = 32 };   /* bytes, SHA-256 (RFC 6962 section 2.1) */

struct checkpoint {
    struct span origin;                   /* borrowed from the text, 1 byte or more */
    uint64_t size;                        /* leaves, 0 .. INT64_MAX */
    uint8_t root[MF_CHECKPOINT_HASH_LEN]; /* Merkle tree hash at that size */
    struct span extensions;               /* borrowed; whole lines with LF, or empty */
};

/* Parses the text of a note, from the origin to the LF that ends its last line.
 *
 *   text  at most MF_CHECKPOINT_TEXT_MAX bytes; must outlive *out
 *   out   written only on success
 *   err   MF_ERR_LIMIT, or MF_ERR_FORMAT with the line number as its place
 */
MF_MUST_USE bool mf_checkpoint_parse(struct span text, struct checkpoint *out, struct err *err);

/* Appends the text; parsing it gives the same checkpoint. MF_ERR_FORMAT when a field could not be
 * read back (an origin with a line break, an extension without its LF). */
MF_MUST_USE bool mf_checkpoint_format(const struct checkpoint *checkpoint, struct buf *out,
                                      struct err *err);

#endif
