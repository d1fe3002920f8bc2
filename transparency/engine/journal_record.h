/* One record's bytes: written and read. For the journal's files alone. */
#ifndef MF_TRANSPARENCY_ENGINE_JOURNAL_RECORD_H
#define MF_TRANSPARENCY_ENGINE_JOURNAL_RECORD_H

#include "transparency/engine/journal.h"

struct record_chain { /* where a record stands */
    uint8_t log_id[32];
    uint64_t generation;
    uint8_t previous[32]; /* hash of the record before; zeroes in the very first */
};

/* Bytes of the whole record. */
size_t mf_journal_record_size(const struct journal_record *record);
/* Appends all of it to *out; hash gets the record's own. */
MF_MUST_USE bool mf_journal_record_write(struct crypto *c, const struct record_chain *chain,
                                         const struct journal_record *record, struct buf *out,
                                         uint8_t hash[static 32], struct err *err);

enum record_state {
    MF_RECORD_GOOD,
    MF_RECORD_NONE, /* no record of this generation begins here: the end */
    MF_RECORD_BAD   /* one begins here, and is cut short or damaged */
};
/* Looks at what begins at bytes. The chain's previous hash is not compared here: *previous gets it.
 */
enum record_state mf_journal_record_read(struct crypto *c, const struct record_chain *chain,
                                         struct span bytes, struct journal_record *out,
                                         uint8_t previous[static 32], uint8_t hash[static 32],
                                         size_t *size);

#endif
