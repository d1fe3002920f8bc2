/* Log check: a bundle's log entry against the log's key, its proof and the bundle itself.
 * Sources: rekor-v2-spec.md 6.1.4, RFC 9162 section 2.1.3; Rekor v1: client-spec.md. */
#ifndef MF_CLIENT_VERIFY_TLOG_CHECK_H
#define MF_CLIENT_VERIFY_TLOG_CHECK_H

#include "client/trust/trusted_root.h"
#include "client/verify/logged_content.h"
#include "transparency/entry/tlog_entry.h"

struct logged_at { /* what an entry that was checked proves */
    int64_t index; /* in the log; of a Rekor v1 entry without a promise: in its tree */
    bool has_time; /* the log itself said when: Rekor v1 with a promise */
    struct instant time;
};

/* Kind, body, promise, checkpoint and inclusion proof, in this order. Proof and checkpoint are
 * demanded of every entry, a promise of none; but one that is there must verify.
 *
 *   log  the trusted root's entry with the entry's log ID; its window is the caller's to check
 *   out  written only on success
 *   err  MF_ERR_REJECTED with the part as its place */
MF_MUST_USE bool mf_tlog_check(struct crypto *c, const struct tlog_entry *entry,
                               const struct logged_content *content, const struct trusted_log *log,
                               struct logged_at *out, struct err *err);

#endif
