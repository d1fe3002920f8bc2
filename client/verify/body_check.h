/* Body check: a log entry's body against the bundle. Sources: rekor-v2-spec.md 6.1.4, Rekor v1.
 *
 * An entry proves something of a signature only when it is of that signature: without this check
 * any genuine entry would do for any bundle. */
#ifndef MF_CLIENT_VERIFY_BODY_CHECK_H
#define MF_CLIENT_VERIFY_BODY_CHECK_H

#include "client/verify/logged_content.h"
#include "transparency/entry/tlog_entry.h"

/* Computes the leaf's hash. In Rekor v2 the leaf is rebuilt from content, never taken from the
 * entry; in v1 it is the entry's body, whose signature, certificate or key, and digest (of artifact
 * or payload) must be those of content, and whose kind must be the one kindVersion says.
 *
 *   is_v1  whether the entry is of Rekor v1
 *   err    MF_ERR_REJECTED */
MF_MUST_USE bool mf_body_check(struct crypto *c, const struct tlog_entry *entry,
                               const struct logged_content *content, bool is_v1,
                               uint8_t leaf[static 32], struct err *err);

#endif
