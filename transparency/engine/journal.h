/* Journal: the commits of a log that its public tree does not hold yet, each durable by one
 * fdatasync.
 *
 * Fixed-size segments, reserved ahead and recycled. Each begins with its head, durable before
 * anything else is in it:
 *
 *   magic "MFJ1" | format u32 | log ID 32 | generation u64 | tag 32 | SHA-256 of all before 32
 *
 * The tag is random, and of this one use of the file. A commit is one chained record:
 *
 *   magic "MFJ1" | format u32 | tag 32 | generation u64 | first index u64 | count u32 |
 *   checkpoint length u32 | payload length u64 | time in ms u64 | hash of the previous record 32 |
 *   root after it 32 | checkpoint of the previous commit | entries, each u32 length and bytes |
 *   SHA-256 of all before 32
 *
 * Each begins at a multiple of 4096, so that writing one never touches a sector of another: what
 * was durable cannot be torn by what comes later. Whoever sends entries does not know the tag, so
 * no bytes inside of one pass for a record, here or where the file is used again.
 *
 * Format 1, which is read and not written, has no heads, and the log ID in place of the tag.
 *
 * On reading, only an incomplete LAST record may be dropped: it was never acknowledged. A bad
 * record that any valid one follows means that something acknowledged was damaged, and is refused.
 */
#ifndef MF_TRANSPARENCY_ENGINE_JOURNAL_H
#define MF_TRANSPARENCY_ENGINE_JOURNAL_H

#include "common/base/buf.h"
#include "transparency/merkle/merkle_hash.h"

enum { MF_JOURNAL_FORMAT = 2, MF_JOURNAL_FORMAT_UNTAGGED = 1 };
enum { MF_JOURNAL_HEAD_LEN = 4 + 4 + 32 + 8 + 8 + 4 + 4 + 8 + 8 + 32 + 32 };
enum { MF_JOURNAL_ALIGN = 4096 };
enum { MF_JOURNAL_SEGMENT = 16 * 1024 * 1024 };    /* bytes of a segment file */
enum { MF_JOURNAL_PAYLOAD_MAX = 8 * 1024 * 1024 }; /* bytes of one commit's entries */
enum { MF_JOURNAL_CHECKPOINT_MAX = 4096 };         /* bytes */

struct journal_record { /* spans borrow */
    uint64_t first_index;
    uint32_t count;
    uint64_t time_ms; /* of the commit: never below an earlier one's */
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

struct journal_reader { /* hears of each record, oldest first; may append to the journal */
    bool (*record)(void *state, struct journal *journal, const struct journal_record *record,
                   struct err *err);
    void *state;
};

/* Reads what is there and tells the reader, which writes again what is still needed: records that
 * are appended before mf_journal_settle go to a new segment that begins a chain of its own
 * (previous hash zero) and counts only from then on. Before anything is signed after a start the
 * tail must have been rewritten so: a page cache after a failed flush lies. An incomplete last
 * record is reported in *dropped (its bytes) and left behind. MF_ERR_FORMAT refuses to start, with
 * what to do.
 */
MF_MUST_USE bool mf_journal_open(struct crypto *c, const struct journal_params *params,
                                 const struct journal_reader *reader, struct journal **out,
                                 uint64_t *dropped, struct err *err);
void mf_journal_free(struct journal **journal);

struct journal_place { /* where a record's payload is */
    uint64_t generation;
    uint64_t offset;
};

/* Writes one record and, once settled, makes it durable. MF_ERR_UNAVAILABLE when the disk is full,
 * or when there are as many segments as there may be, since the public tree lags behind (nothing
 * has happened, try again later); any other failure means that the process must end: what
 * the page cache says from now on cannot be believed. */
MF_MUST_USE bool mf_journal_append(struct crypto *c, struct journal *journal,
                                   const struct journal_record *record, struct journal_place *place,
                                   struct err *err);
/* Makes the new segment durable and puts it in place of all older ones. Once, before any use. */
MF_MUST_USE bool mf_journal_settle(struct journal *journal, struct err *err);
/* Segments whose records all lie below this size may be used again. Not while another thread
 * reads. */
void mf_journal_release(struct journal *journal, uint64_t size);
/* Reads bytes that were appended since the journal was settled, or with its tail. Any thread, but
 * not while a segment is released. */
MF_MUST_USE bool mf_journal_read(const struct journal *journal, const struct journal_place *place,
                                 size_t n, struct buf *out, struct err *err);

/* Takes one entry off a payload. */
MF_MUST_USE bool mf_journal_entry(struct span *payload, struct span *entry, struct err *err);

#endif
