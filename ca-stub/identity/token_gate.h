/* Token gate: from an OIDC token to a verified identity, or a refusal with a reason.
 *
 * The order is: size and shape, header, exact issuer, algorithm, key, signature, times and
 * audience, then the identity by the issuer's type. Keys come from a static file, or are fetched on
 * a thread of the gate's own and cached; what a token says decides only which configured issuer is
 * asked, and an unknown key name makes it ask again at most once every 30 s. */
#ifndef MF_CA_IDENTITY_TOKEN_GATE_H
#define MF_CA_IDENTITY_TOKEN_GATE_H

#include "ca-stub/identity/key_cache.h"
#include "ca-stub/identity/principal.h"

struct token_gate;

struct token_gate_params {
    /* Array of issuers from the configuration, see ca-stub/identity/issuer.h; read at once. */
    const struct json_node *issuers;
    const char *config_path; /* relative paths in it are taken from its folder */
    struct clock clock;      /* its monotonic time ages the keys */
    struct key_fetch fetch;  /* .get null: HTTP */
    struct key_report report;
    unsigned waiters_max; /* callers that may wait for keys at a time; 0 gives 4. Above it the
                             answer is MF_ERR_UNAVAILABLE at once, so that a dead issuer holds
                             up no more workers than these */
};

/* Starts the fetching thread. Errors name the issuer and the member. */
MF_MUST_USE bool mf_token_gate_new(const struct token_gate_params *params, struct token_gate **out,
                                   struct err *err);
/* Asks the issuers for their keys, without waiting for them; see key_cache.h. */
void mf_token_gate_warm(struct token_gate *gate);
/* No check may be running. */
void mf_token_gate_free(struct token_gate **gate);

enum { MF_TOKEN_NOTE_MAX = 512 }; /* bytes with NUL */

/* What is known about a token, also a refused one: for the audit log. Texts of refused tokens are
 * what the token claims, escaped and cut to fit. */
struct token_verdict {
    /* "" when accepted; else a code in capitals: TOKEN_MALFORMED, ISSUER_UNKNOWN, EXPIRED,
     * "CLAIM_MISSING:job_workflow_ref" ... */
    char reason[MF_TOKEN_REASON_MAX];
    char issuer[MF_TOKEN_NOTE_MAX];
    char subject[MF_TOKEN_NOTE_MAX];
    char jti[MF_TOKEN_NOTE_MAX];
    char kid[MF_TOKEN_NOTE_MAX];
    bool is_signed; /* by the issuer: the texts are its word. Else anybody may have made them up */
    bool has_digest;
    uint8_t digest[32];                /* SHA-256 of the signing input: header.payload */
    struct verified_identity identity; /* of an accepted token; else empty */
};

void mf_token_verdict_done(struct token_verdict *verdict);

/* Judges one token. Any thread that may wait (at most 10 s, only for an issuer's keys); never an
 * I/O thread.
 *
 *   token    compact JWS, borrowed; what is copied of it is wiped
 *   now      trusted wall time
 *   out      start it as {0}; written in every case; the caller ends it with
 *            mf_token_verdict_done
 *   err      MF_ERR_DENIED for a token that is refused, MF_ERR_UNAVAILABLE when its issuer's keys
 *            cannot be had now
 */
MF_MUST_USE bool mf_token_gate_check(struct token_gate *gate, struct crypto *c, struct span token,
                                     struct instant now, struct token_verdict *out,
                                     struct err *err);

/* Appends the configured issuers as Fulcio's GET /api/v2/configuration lists them: one array of
 * {"issuerUrl","audience","challengeClaim","spiffeTrustDomain","issuerType","subjectDomain"}. */
void mf_token_gate_describe(const struct token_gate *gate, struct json_writer *w);

#endif
