/* Chain check: the leaf under an authority of the trusted root, at every verified time, and the
 * leaf's own profile. Source: RFC 5280, Fulcio's certificate specification. */
#ifndef MF_CLIENT_VERIFY_CHAIN_CHECK_H
#define MF_CLIENT_VERIFY_CHAIN_CHECK_H

#include "client/trust/trusted_root.h"

/* *issuer gets the certificate that signed the leaf, borrowed from the root. One chain must hold at
 * all times; no time at all is refused. MF_ERR_REJECTED says which time and which certificate. */
MF_MUST_USE bool mf_chain_check(struct crypto *c, const struct cert *leaf,
                                const struct trusted_root *root, const struct instant *times,
                                size_t time_count, const struct cert **issuer, struct err *err);

#endif
