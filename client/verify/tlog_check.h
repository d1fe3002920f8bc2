/* Log check: a bundle's Rekor v2 entry against the log's key, its proof and the bundle itself.
 * Sources: rekor-v2-spec.md 6.1.4, RFC 9162 section 2.1.3, C2SP tlog-checkpoint. */
#ifndef MF_CLIENT_VERIFY_TLOG_CHECK_H
#define MF_CLIENT_VERIFY_TLOG_CHECK_H

#include "client/trust/trusted_root.h"
#include "transparency/entry/hashedrekord.h"
#include "transparency/entry/tlog_entry.h"

/* The leaf is rebuilt from what the bundle holds, never taken from the entry, so that an entry of
 * another signature, key or digest cannot fit.
 *
 *   expected  what the log must have taken: digest, signature, certificate, key details
 *   log       the trusted root's entry with the entry's log ID
 *   err       MF_ERR_REJECTED with the part as its place */
MF_MUST_USE bool mf_tlog_check(struct crypto *c, const struct tlog_entry *entry,
                               const struct hashedrekord *expected, const struct trusted_log *log,
                               struct err *err);

/* Host of a log's base URL, with or without a scheme: the name in its notes and its origin. */
MF_MUST_USE bool mf_tlog_host(struct span base_url, struct span *out, struct err *err);

#endif
