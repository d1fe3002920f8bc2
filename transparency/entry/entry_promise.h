/* What a Rekor v1 log signs when it takes an entry: its signed entry timestamp ("SET").
 * Sources: rekor pkg/verify, RFC 8785. */
#ifndef MF_TRANSPARENCY_ENTRY_ENTRY_PROMISE_H
#define MF_TRANSPARENCY_ENTRY_ENTRY_PROMISE_H

#include "transparency/entry/tlog_entry.h"

/* Appends the canonical JSON of body, integrated time, log ID and the entry's index in the whole
 * log (all shards), byte for byte as it was signed. MF_ERR_FORMAT for a number of 2^53 or more:
 * there canonical JSON rounds, and two entries would share one text. */
MF_MUST_USE bool mf_entry_promise_print(const struct tlog_entry *e, struct buf *out,
                                        struct err *err);

#endif
