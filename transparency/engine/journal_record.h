/* The bytes of a segment's head and of a record: written and read. For the journal's files, and for
 * who checks them. */
#ifndef MF_TRANSPARENCY_ENGINE_JOURNAL_RECORD_H
#define MF_TRANSPARENCY_ENGINE_JOURNAL_RECORD_H

#include "transparency/engine/journal.h"

enum {
    MF_JOURNAL_RECORD_MAX = MF_JOURNAL_HEAD_LEN + MF_JOURNAL_CHECKPOINT_MAX +
                            MF_JOURNAL_PAYLOAD_MAX + 32
}; /* bytes */

struct record_chain { /* where a record stands */
    uint32_t format;
    uint8_t tag[32]; /* of the segment; of format 1: the log ID */
    uint64_t generation;
    uint8_t previous[32]; /* hash of the record before; zeroes in the very first */
};

/* Makes *out, empty, the first block of a segment of this chain's generation and tag. */
MF_MUST_USE bool mf_journal_head_write(struct crypto *c, const uint8_t log_id[static 32],
                                       const struct record_chain *chain, struct buf *out,
                                       struct err *err);
/* From a segment's bytes: format and tag of its records, and where the first may begin, which is
 * the end when none was written. The chain's generation is that of the segment's name. */
MF_MUST_USE bool mf_journal_head_read(struct crypto *c, const uint8_t log_id[static 32],
                                      struct span bytes, struct record_chain *chain, size_t *first,
                                      struct err *err);
/* Refuses what begins at bytes for its format. */
bool mf_journal_unknown_format(struct span bytes, struct err *err);

/* Bytes of the whole record. */
size_t mf_journal_record_size(const struct journal_record *record);
/* Appends all of it to *out; hash gets the record's own. */
MF_MUST_USE bool mf_journal_record_write(struct crypto *c, const struct record_chain *chain,
                                         const struct journal_record *record, struct buf *out,
                                         uint8_t hash[static 32], struct err *err);

/* The bytes that a record says it has, where the first MF_JOURNAL_HEAD_LEN of it are at hand: at
 * most MF_JOURNAL_RECORD_MAX. 0 when no record of this segment begins here; 1 when one does
 * that is of another format or larger. */
size_t mf_journal_record_length(const struct record_chain *chain, struct span bytes);

enum record_state {
    MF_RECORD_GOOD,
    MF_RECORD_NONE, /* no record of this segment begins here: the end */
    MF_RECORD_BAD   /* one begins here, and is cut short or damaged */
};
/* Looks at what begins at bytes. The chain's previous hash is not compared here: *previous gets it.
 */
enum record_state mf_journal_record_read(struct crypto *c, const struct record_chain *chain,
                                         struct span bytes, struct journal_record *out,
                                         uint8_t previous[static 32], uint8_t hash[static 32],
                                         size_t *size);

#endif
