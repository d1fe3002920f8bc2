/* Promise check: a Rekor v1 entry's signed entry timestamp, which gives its time. */
#ifndef MF_CLIENT_VERIFY_PROMISE_CHECK_H
#define MF_CLIENT_VERIFY_PROMISE_CHECK_H

#include "client/trust/trusted_root.h"
#include "transparency/entry/tlog_entry.h"

/* Verifies entry->promise with the log's key. Only then are the entry's integratedTime and logIndex
 * the log's word. Whether the time lies in the log's window is the caller's. MF_ERR_REJECTED. */
MF_MUST_USE bool mf_promise_check(struct crypto *c, const struct tlog_entry *entry,
                                  const struct trusted_log *log, struct instant *time,
                                  struct err *err);

#endif
