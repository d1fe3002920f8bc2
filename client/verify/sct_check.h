/* SCT check: the leaf was shown to a CT log of the trusted root. Source: RFC 6962 section 3. */
#ifndef MF_CLIENT_VERIFY_SCT_CHECK_H
#define MF_CLIENT_VERIFY_SCT_CHECK_H

#include "client/trust/trusted_root.h"

/* At least one SCT by a log of the root whose window holds at the SCT's time; one by such a log
 * that does not verify condemns the certificate. SCTs of other logs are passed over.
 *
 *   issuer  the certificate that signed the leaf in the chain just verified */
MF_MUST_USE bool mf_sct_check(struct crypto *c, const struct cert *leaf, const struct cert *issuer,
                              const struct trusted_root *root, struct err *err);

#endif
