/* Refusal budget: how many refusals are written down one by one.
 *
 * Anybody can send what no issuer signed, and whoever has seen a signed token can send it again for
 * ever: its signature holds long after its time is over. A durable record for each would let them
 * fill the disk and keep it busy for those who are served, so a burst is recorded in full and after
 * it one in a while; the others are counted, and the count is recorded.
 *
 * Strangers and holders of signed tokens have a budget each, so that a crowd of the former takes
 * nothing from a workload whose token is refused. Of the latter's budget one token takes no more
 * than its own share: a token sent over and over leaves the rest to the others. */
#ifndef MF_CA_STUB_AUDIT_REFUSAL_BUDGET_H
#define MF_CA_STUB_AUDIT_REFUSAL_BUDGET_H

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/scope.h"

enum { /* records in a row, and then one in so many seconds */
       MF_REFUSAL_STRANGER_BURST = 256,
       MF_REFUSAL_STRANGER_EVERY_S = 5,
       MF_REFUSAL_SIGNED_BURST = 1024,
       MF_REFUSAL_SIGNED_EVERY_S = 2,
       MF_REFUSAL_TOKEN_BURST = 8,
       MF_REFUSAL_TOKEN_EVERY_S = 60,
};

struct refusal_budget; /* any thread, also at the same time */

/* The clock's monotonic time fills it; MF_ERR_SYSTEM. */
MF_MUST_USE bool mf_refusal_budget_new(struct clock clock, struct refusal_budget **out,
                                       struct err *err);
void mf_refusal_budget_free(struct refusal_budget **budget);

/* True when this refusal is to be written down; false counts it as left out. token is the SHA-256
 * of what an issuer signed; null when no issuer did. */
bool mf_refusal_budget_take(struct refusal_budget *budget, const uint8_t *token);
/* The count of those left out that nobody has been told yet; it starts again at 0. */
uint64_t mf_refusal_budget_left_out(struct refusal_budget *budget);
/* Gives back what mf_refusal_budget_left_out told, when it could not be written down. */
void mf_refusal_budget_keep(struct refusal_budget *budget, uint64_t left_out);

#endif
