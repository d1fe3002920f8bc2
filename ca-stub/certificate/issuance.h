/* Issuance: from a decision to a certificate, each step durable before the next.
 *
 * audit intent -> precertificate signed -> CT log -> SCT verified -> certificate signed -> checked
 * -> audit outcome -> the caller may answer. */
#ifndef MF_CA_STUB_CERTIFICATE_ISSUANCE_H
#define MF_CA_STUB_CERTIFICATE_ISSUANCE_H

#include "ca-stub/audit/audit_log.h"
#include "ca-stub/certificate/ca_keys.h"
#include "ca-stub/certificate/decision_record.h"

struct ct_door;
struct http_client;
struct refusal_budget;
struct signer;

struct issuer_ca { /* what all workers share; read-only; all borrowed */
    const struct ca_chain *chain;
    struct signer *signer; /* holds the key of chain->cert[0] */
    struct audit_log *audit;
    struct ct_door *ct;
    struct clock clock; /* for latencies */
};

struct issue_worker { /* one thread's; borrowed */
    struct crypto *crypto;
    struct http_client *client;
};

enum issue_failure {
    MF_ISSUE_IDENTITY, /* it makes a certificate too large: the caller's fault, nothing recorded yet
                        */
    MF_ISSUE_CA,
    MF_ISSUE_CT,
    MF_ISSUE_AUDIT
};

/* Issues for an accepted token and a proven key. On success *der (give it a maximum of
 * MF_LEAF_MAX) has the certificate and the outcome is durable. On failure *why is set, no
 * certificate leaves, and what is known of it is in the audit log. A failure of the audit log is
 * MF_ISSUE_AUDIT whatever else went well. May wait for some seconds. */
MF_MUST_USE bool mf_issue(const struct issuer_ca *ca, const struct issue_worker *worker,
                          const struct decision *decision, const struct public_key *key,
                          struct buf *der, enum issue_failure *why, struct err *err);

/* Records a refusal. MF_ERR_UNAVAILABLE when the audit log cannot take it. */
MF_MUST_USE bool mf_issue_deny(const struct issuer_ca *ca, const struct decision *decision,
                               const char *reason, const struct err *cause, struct err *err);
/* Records how many refusals the budget has left out since the last time; *count may be 0, and then
 * nothing is recorded. Likewise, and the budget then keeps the count. */
MF_MUST_USE bool mf_issue_unrecorded(const struct issuer_ca *ca, struct refusal_budget *budget,
                                     uint64_t *count, struct err *err);

#endif
