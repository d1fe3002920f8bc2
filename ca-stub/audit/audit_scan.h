/* Reading an audit log at start: the whole chain, what of it is incomplete, what was left open.
 * Used by audit_log.c alone. */
#ifndef MF_CA_STUB_AUDIT_AUDIT_SCAN_H
#define MF_CA_STUB_AUDIT_AUDIT_SCAN_H

#include "ca-stub/audit/audit_chain.h"

struct audit_open_intent {
    char decision_id[MF_AUDIT_ID_MAX + 1];
};

struct audit_scan {
    struct audit_chain chain;
    uint64_t good_bytes; /* up to the last LF */
    uint64_t tail_bytes; /* behind it: an incomplete line */
    uint8_t tail_hash[MF_SHA256_LEN];
    struct audit_open_intent *open; /* owned */
    size_t open_count, open_cap;
};

/* Reads fd from its start. MF_ERR_TRUST names the line by number. */
MF_MUST_USE bool mf_audit_scan(int fd, struct crypto *c, struct audit_scan *out, struct err *err);
void mf_audit_scan_done(struct audit_scan *scan);

#endif
