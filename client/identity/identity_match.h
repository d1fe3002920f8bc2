/* Identity match: the signer a certificate names against the one that was demanded. */
#ifndef MF_CLIENT_IDENTITY_IDENTITY_MATCH_H
#define MF_CLIENT_IDENTITY_IDENTITY_MATCH_H

#include "client/identity/identity_demand.h"

/* True when of each group of the demand a row holds; the demand is checked first, so an empty one
 * never matches. MF_ERR_REJECTED says what the certificate says and what was demanded. */
MF_MUST_USE bool mf_identity_match(const struct signer_identity *who,
                                   const struct identity_demand *demand, struct err *err);

/* Whether a row of the same group as rows[at] holds: a row that does not is then no fault. */
bool mf_demand_group_holds(const struct signer_identity *who, const struct identity_demand *demand,
                           size_t at);

/* Of rows[at] and its alternatives the one whose text begins most like what the certificate says:
 * the likeliest to have been meant. */
size_t mf_demand_nearest(const struct signer_identity *who, const struct identity_demand *demand,
                         size_t at);

#endif
