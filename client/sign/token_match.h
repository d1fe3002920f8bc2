/* Token match: would a certificate for this token name this signer? Source: Fulcio, "OID
 * information" and the identity rules of each issuer type. */
#ifndef MF_CLIENT_SIGN_TOKEN_MATCH_H
#define MF_CLIENT_SIGN_TOKEN_MATCH_H

#include "client/identity/signer_identity.h"
#include "client/token/token_source.h"

/* The signer's issuer must be the token's, and the signer's name the one that a CA makes from this
 * token: the e-mail address, the workflow or pipeline definition, the subject. A workflow that
 * several repositories share counts for the token's repository alone. The token is believed: this
 * tells the caller's own signatures from others', it lets nobody in.
 * MF_ERR_REJECTED says what differs. */
MF_MUST_USE bool mf_token_match(const struct token_claims *token, const struct signer_identity *who,
                                struct err *err);

/* For a CA's answer, whose names it makes by rules of its own: the subject and the e-mail address,
 * where both token and certificate have one, must be the same. MF_ERR_REJECTED says what differs.
 */
MF_MUST_USE bool mf_token_may_be(const struct token_claims *token,
                                 const struct signer_identity *who, struct err *err);

#endif
