/* The chain of an audit log's lines: writing the next one, and checking those that are there. Used
 * by audit_log.c and by tests; no file, no thread. */
#ifndef MF_CA_STUB_AUDIT_AUDIT_CHAIN_H
#define MF_CA_STUB_AUDIT_AUDIT_CHAIN_H

#include "ca-stub/audit/audit_log.h"
#include "common/crypto/digest.h"

struct audit_chain {
    uint64_t next_seq;
    uint8_t head[MF_SHA256_LEN]; /* hash of the last line; zeros before the first */
};

/* Appends the line of a record, LF included, to *out and moves the chain on. */
MF_MUST_USE bool mf_audit_chain_write(struct audit_chain *chain, struct crypto *c,
                                      struct instant now, const struct audit_record *record,
                                      struct buf *out, struct err *err);

struct audit_line { /* borrows from the line */
    struct span event;
    struct span decision_id; /* empty when it has none */
    struct span rest;        /* further members up to the closing brace, or empty */
};

/* Checks that a line (without its LF) is the chain's next and moves the chain on. MF_ERR_TRUST. */
MF_MUST_USE bool mf_audit_chain_read(struct audit_chain *chain, struct crypto *c, struct span line,
                                     struct audit_line *out, struct err *err);

#endif
