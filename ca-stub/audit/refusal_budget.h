/* Refusal budget: how many refusals of callers that proved nothing are written down one by one.
 *
 * Anybody can send what is refused before a token's signature is verified. A durable record for
 * each would let strangers fill the disk and keep it busy for those who have a token, so a burst is
 * recorded in full and after it one in MF_REFUSAL_EVERY_S seconds; the others are counted, and the
 * count is recorded. Decisions on tokens that an issuer did sign are not the budget's business:
 * each of them is recorded. */
#ifndef MF_CA_STUB_AUDIT_REFUSAL_BUDGET_H
#define MF_CA_STUB_AUDIT_REFUSAL_BUDGET_H

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/scope.h"

/* At most 17,280 records of strangers a day beside the burst: some 10 MB, 80 at the very worst. */
enum { MF_REFUSAL_BURST = 256, MF_REFUSAL_EVERY_S = 5 };

struct refusal_budget; /* any thread, also at the same time */

/* The clock's monotonic time fills it; MF_ERR_SYSTEM. */
MF_MUST_USE bool mf_refusal_budget_new(struct clock clock, struct refusal_budget **out,
                                       struct err *err);
void mf_refusal_budget_free(struct refusal_budget **budget);

/* True when this refusal is to be written down; *left_out is then how many were not since the last
 * time, for the caller to write down as well. False counts it as left out. */
bool mf_refusal_budget_take(struct refusal_budget *budget, uint64_t *left_out);
/* The count that nobody has been told yet; it starts again at 0. */
uint64_t mf_refusal_budget_left_out(struct refusal_budget *budget);

#endif
