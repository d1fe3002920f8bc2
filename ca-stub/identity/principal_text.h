/* What principal.c and principal_ci.c share: putting texts into an identity under construction. */
#ifndef MF_CA_IDENTITY_PRINCIPAL_TEXT_H
#define MF_CA_IDENTITY_PRINCIPAL_TEXT_H

#include "ca-stub/identity/principal.h"

/* Copies text into the identity; *out is its copy. The buffer never moves: its whole maximum was
 * reserved at the start. */
MF_MUST_USE bool mf_principal_text_keep(struct verified_identity *id, struct span text,
                                        struct span *out, struct refusal *why);
/* Adds an extension; value is kept as it is. */
MF_MUST_USE bool mf_principal_text_extension(struct verified_identity *id, unsigned number,
                                             struct span value, struct refusal *why);
/* Sets the SAN to a URI, escaped. */
MF_MUST_USE bool mf_principal_text_uri(struct verified_identity *id, struct span uri,
                                       struct refusal *why);

/* The extensions between .1 and .24 and the SAN of a build service's token. */
MF_MUST_USE bool mf_principal_ci_build(const struct claims *claims, const struct issuer *issuer,
                                       struct verified_identity *id, struct refusal *why);

#endif
