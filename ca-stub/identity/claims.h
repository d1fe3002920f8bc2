/* Claims: a token's payload, and the rules on time and audience. Sources: RFC 7519 section 4.1,
 * OpenID Connect Core 1.0 section 3.1.3.7. */
#ifndef MF_CA_IDENTITY_CLAIMS_H
#define MF_CA_IDENTITY_CLAIMS_H

#include "ca-stub/identity/issuer.h"
#include "ca-stub/identity/refusal.h"
#include "common/base/clock.h"

enum { MF_CLAIM_MAX = 2048 };     /* bytes of one claim that is used */
enum { MF_CLAIMS_LEEWAY_S = 60 }; /* between the issuer's clock and ours */

struct claims { /* spans borrow from doc */
    struct span issuer;
    struct span subject;
    struct span jti; /* empty when there is none */
    const struct json_node *root;
    struct json *doc; /* wiped when freed */
};

/* Reads the payload and who it says it is from and about; nothing in it is believed yet.
 * Reasons: TOKEN_MALFORMED, CLAIM_MISSING:name, CLAIM_TYPE:name. */
MF_MUST_USE bool mf_claims_parse(struct span payload, struct claims *out, struct refusal *why);
void mf_claims_done(struct claims *claims);

struct claim_times {
    int64_t issued_at_s;
    int64_t expires_at_s;
};

/* Issuer, audience, authorised party and times.
 * Reasons: ISSUER_UNKNOWN, AUD_MISMATCH, AZP_MISMATCH, EXPIRED, NOT_YET_VALID, IAT_FUTURE,
 * LIFETIME_TOO_LONG, CLAIM_MISSING:name, CLAIM_TYPE:name. */
MF_MUST_USE bool mf_claims_check(const struct claims *claims, const struct issuer *issuer,
                                 struct instant now, struct claim_times *out, struct refusal *why);

/* The text of a claim: at least one byte, at most MF_CLAIM_MAX. CLAIM_MISSING:name also for an
 * empty one, CLAIM_TYPE:name for one that is no text or too long. */
MF_MUST_USE bool mf_claims_text(const struct claims *claims, const char *name, struct span *out,
                                struct refusal *why);
/* The same of one that may be absent or empty: *out is then empty. */
MF_MUST_USE bool mf_claims_optional(const struct claims *claims, const char *name, struct span *out,
                                    struct refusal *why);
/* A JSON number that is a whole number of 64 bits. */
MF_MUST_USE bool mf_claims_number(const struct claims *claims, const char *name, int64_t *out,
                                  struct refusal *why);

#endif
