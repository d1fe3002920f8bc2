/* What the audit log is told about a decision: members of its records, as JSON. */
#ifndef MF_CA_STUB_CERTIFICATE_DECISION_RECORD_H
#define MF_CA_STUB_CERTIFICATE_DECISION_RECORD_H

#include "ca-stub/identity/token_gate.h"

enum { MF_DECISION_ID_LEN = 36 };              /* characters of a UUID */
enum { MF_DECISION_MEMBERS_MAX = 160 * 1024 }; /* bytes; identities are escaped */

struct decision {
    char id[MF_DECISION_ID_LEN + 1];
    const char *remote;                  /* address of the client */
    const struct token_verdict *verdict; /* also of a refused token; null when there was none */
    struct instant at;                   /* trusted time */
    uint64_t began_ns;                   /* monotonic */
};

/* A random UUID (version 4). */
MF_MUST_USE bool mf_decision_id_new(struct crypto *c, char out[static MF_DECISION_ID_LEN + 1],
                                    struct err *err);

struct decision_intent { /* what will be issued */
    struct span serial, spki;
    int64_t not_after_s;
};
MF_MUST_USE bool mf_decision_put_intent(struct crypto *c, const struct decision *decision,
                                        const struct decision_intent *intent, struct buf *out,
                                        struct err *err);
/* reason is a code in capitals; detail the error's text. */
MF_MUST_USE bool mf_decision_put_deny(const struct decision *decision, const char *reason,
                                      const char *detail, struct buf *out, struct err *err);

struct decision_outcome {
    const char *outcome;     /* "issued" or "failed" */
    const char *reason;      /* of a failure, else null */
    const char *detail;      /* likewise */
    struct span certificate; /* DER, of a success */
    const uint8_t *log_id;   /* 32 bytes; null when no SCT was had */
    uint64_t sct_timestamp_ms;
    uint64_t latency_us;
};
MF_MUST_USE bool mf_decision_put_outcome(struct crypto *c, const struct decision_outcome *outcome,
                                         struct buf *out, struct err *err);

#endif
