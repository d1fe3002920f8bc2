/* Refusal: why a token is not accepted, as a stable code for audit and metrics, beside the error.
 */
#ifndef MF_CA_IDENTITY_REFUSAL_H
#define MF_CA_IDENTITY_REFUSAL_H

#include "common/base/err.h"

enum { MF_TOKEN_REASON_MAX = 96 }; /* bytes with NUL */

struct refusal {
    struct err *err;                  /* borrowed: gets the text */
    char reason[MF_TOKEN_REASON_MAX]; /* "" until refused: "EXPIRED", "CLAIM_MISSING:sha" */
};

/* Sets the reason, and the error as MF_ERR_DENIED. Always false. */
bool mf_refusal_set(struct refusal *why, const char *reason, const char *fmt, ...) MF_PRINTF(3, 4);
/* The same about one claim: the reason becomes "REASON:claim". */
bool mf_refusal_claim(struct refusal *why, const char *reason, const char *claim, const char *what);
/* An error that a lower room has set becomes MF_ERR_DENIED with this reason; a fault of ours
 * (MF_ERR_SYSTEM, MF_ERR_INTERNAL, MF_ERR_UNAVAILABLE) keeps its code and is INTERNAL. Always
 * false. */
bool mf_refusal_take(struct refusal *why, const char *reason);

#endif
