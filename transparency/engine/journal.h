/* Journal: the commits of a log that its public tree does not hold yet, each durable by one
 * fdatasync.
 *
 * Fixed-size segments, reserved ahead and recycled. A commit is one chained record:
 *
 *   magic "MFJ1" | format u32 | log ID 32 | generation u64 | first index u64 | count u32 |
 *   checkpoint length u32 | payload length u64 | hash of the previous record 32 | root after it 32
 * | checkpoint of the previous commit | entries, each u32 length and bytes | SHA-256 of all before
 * 32
 *
 * On reading, only an incomplete LAST record may be dropped: it was never acknowledged. A bad
 * record that any valid one follows means that something acknowledged was damaged, and is refused.
 */
#ifndef MF_TRANSPARENCY_ENGINE_JOURNAL_H
#define MF_TRANSPARENCY_ENGINE_JOURNAL_H

#include "common/base/buf.h"
#include "transparency/merkle/merkle_hash.h"

enum { MF_JOURNAL_FORMAT = 1 };
enum { MF_JOURNAL_HEAD_LEN = 4 + 4 + 32 + 8 + 8 + 4 + 4 + 8 + 32 + 32 };
enum { MF_JOURNAL_SEGMENT = 64 * 1024 * 1024 };     /* bytes of a segment file */
enum { MF_JOURNAL_PAYLOAD_MAX = 32 * 1024 * 1024 }; /* bytes of one commit's entries */
enum { MF_JOURNAL_CHECKPOINT_MAX = 4096 };          /* bytes */

struct journal_record { /* spans borrow */
    uint64_t first_index;
    uint32_t count;
    uint8_t root[32];
    struct span checkpoint; /* of the commit before; empty in the first */
    struct span payload;    /* u32 length and bytes of each entry */
};

struct journal;

struct journal_params {
    const char *path; /* folder of the segments */
    uint8_t log_id[32];
    size_t segment_size; /* MF_JOURNAL_SEGMENT; tests take less */
};

struct journal_reader { /* hears of each record, oldest first */
    bool (*record)(void *state, const struct journal_record *record, struct err *err);
    void *state;
};

/* Reads what is there, tells the reader, and is then ready for the tail to be written again:
 * appended records go to a new segment that begins a chain of its own (previous hash zero) and
 * counts only once mf_journal_settle has made it so. Before anything is signed after a start the
 * tail must have been rewritten: a page cache after a failed flush lies. An incomplete last record
 * is reported in *dropped (its bytes) and overwritten. MF_ERR_FORMAT refuses to start, with what to
 * do. */
MF_MUST_USE bool mf_journal_open(struct crypto *c, const struct journal_params *params,
                                 const struct journal_reader *reader, struct journal **out,
                                 uint64_t *dropped, struct err *err);
void mf_journal_free(struct journal **journal);

/* Writes one record and makes it durable. MF_ERR_UNAVAILABLE when the disk is full (nothing has
 * happened, try again later); any other failure means that the process must end: what the page
 * cache says from now on cannot be believed. */
MF_MUST_USE bool mf_journal_append(struct crypto *c, struct journal *journal,
                                   const struct journal_record *record, struct err *err);
/* Puts the new segment in place of all older ones. Once, after the tail was appended. */
MF_MUST_USE bool mf_journal_settle(struct journal *journal, struct err *err);
/* Segments whose records all lie below this size may be used again. */
void mf_journal_release(struct journal *journal, uint64_t size);

/* Takes one entry off a payload. */
MF_MUST_USE bool mf_journal_entry(struct span *payload, struct span *entry, struct err *err);

#endif
