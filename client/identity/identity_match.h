/* Identity match: the signer a certificate names against the one that was demanded. */
#ifndef MF_CLIENT_IDENTITY_IDENTITY_MATCH_H
#define MF_CLIENT_IDENTITY_IDENTITY_MATCH_H

#include "client/identity/signer_identity.h"

/* What the user asked for. Both are compared byte for byte with what the certificate says. */
struct identity_demand {
    struct span
        identity;       /* subject alternative name: "dev@example.org", "https://github.com/..." */
    struct span issuer; /* URL of the token's issuer */
};

/* MF_ERR_USAGE for a demand without identity or issuer: an empty demand never matches.
 * MF_ERR_REJECTED says what the certificate says and what was demanded. */
MF_MUST_USE bool mf_identity_match(const struct signer_identity *who,
                                   const struct identity_demand *demand, struct err *err);

#endif
