/* Audit log: decisions as JSON lines, each bound to the one before it by hash, durable before the
 * caller goes on.
 *
 *   {"seq":0,"prev":"00..00","time":"2026-11-24T14:00:00.000Z","event":"create","format":1}
 *   {"seq":1,"prev":"9f..","time":"..","event":"intent","decision_id":"..", more members}
 *
 * prev is the SHA-256, in hexadecimal, of the line before without its LF. Waiting appends share one
 * write and one fdatasync. A failed write is taken back and refused; after a failed fdatasync, or a
 * write that cannot be taken back, nothing is appended any more until a restart has read the file
 * again: what the page cache holds then is no evidence of what the disk does. */
#ifndef MF_CA_STUB_AUDIT_AUDIT_LOG_H
#define MF_CA_STUB_AUDIT_AUDIT_LOG_H

#include "common/base/buf.h"
#include "common/base/clock.h"

struct audit_log;

enum { MF_AUDIT_FORMAT = 1 };              /* of the file; in its first record */
enum { MF_AUDIT_LINE_MAX = 192 * 1024 };   /* bytes, LF included */
enum { MF_AUDIT_ID_MAX = 64 };             /* bytes of a decision_id */
enum { MF_AUDIT_OPEN_INTENTS_MAX = 4096 }; /* more in a file is refused as damage */

#define MF_AUDIT_INTENT  "intent"  /* a decision that is about to be carried out */
#define MF_AUDIT_OUTCOME "outcome" /* how an intent ended; exactly one for each */
#define MF_AUDIT_DENY    "deny"    /* a decision that needs nothing carried out */
/* A number of refusals without records of their own, see refusal_budget.h. */
#define MF_AUDIT_UNRECORDED "unrecorded"

struct audit_start {       /* what opening found and did */
    uint64_t records;      /* in the file now */
    uint64_t cut_bytes;    /* of an incomplete last line; cut off and recorded as "repair" */
    size_t closed_intents; /* open intents that got the outcome "unknown" */
    bool created;
};

/* Opens or creates (0600) the log, checks the whole chain, cuts an incomplete last line, closes
 * open intents as {"outcome":"unknown","reason":"PROCESS_ENDED"}, and starts the writing thread.
 * MF_ERR_TRUST for a file whose chain does not hold (the record is named), MF_ERR_EXISTS when
 * another process has it open, MF_ERR_FORMAT for a newer format. */
MF_MUST_USE bool mf_audit_log_open(const char *path, struct clock clock, struct audit_log **out,
                                   struct audit_start *start, struct err *err);
/* Ends the thread. Nothing may be waiting. */
void mf_audit_log_free(struct audit_log **log);

struct audit_record {
    const char *event;       /* a literal, lower-case letters */
    struct span decision_id; /* letters, digits and '-'; empty for none */
    struct span members;     /* further JSON members: `"a":1,"b":"x"`; valid JSON, or empty */
};

/* Appends and waits until the record is durable. MF_ERR_UNAVAILABLE when it cannot be: then the
 * decision must not be carried out. Any thread, also at the same time; never an I/O thread. */
MF_MUST_USE bool mf_audit_log_append(struct audit_log *log, const struct audit_record *record,
                                     struct err *err);
/* False once the log refuses for good; for health answers. */
bool mf_audit_log_is_healthy(struct audit_log *log);

#endif
