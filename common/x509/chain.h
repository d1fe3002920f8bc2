/* Chains: a leaf up to an anchor, valid at given times. Source: RFC 5280 section 6.
 *
 * Never asks the system clock. Every certificate, anchor included, must be valid at the times given
 * (the hybrid model); unknown critical extensions are refused (subject alternative names are
 * known), and so are name constraints, which are not implemented. Issuers must be CAs, with
 * keyCertSign where they say how their key is used, and a path length that fits; only an anchor may
 * be of version 1. Whether the leaf may itself be a CA, and its key usage, are the caller's rules.
 */
#ifndef MF_COMMON_X509_CHAIN_H
#define MF_COMMON_X509_CHAIN_H

#include "common/x509/cert.h"

enum { MF_CHAIN_MAX = 8 }; /* certificates in a chain */

struct chain_params {
    const struct cert *leaf;
    const struct cert *pool; /* issuing CA first, anchor last: trusted material only */
    size_t pool_count;       /* 1 .. MF_CHAIN_MAX; the last one is the anchor, self-signed or not */
    const struct instant *times; /* every certificate must be valid at each; 1 or more */
    size_t time_count;
    struct span purpose; /* an EKU OID: the leaf must list it; issuers that carry an EKU must list
                            it or anyExtendedKeyUsage */
    struct span leaf_critical; /* one more extension that may be critical in the leaf: a log admits
                                  the precertificate poison so; empty for none */
};

/* By name and key identifiers alone. */
bool mf_chain_may_have_issued(const struct cert *issuer, const struct cert *cert);

/* *issuer gets the index in pool of the leaf's issuer (may be null). MF_ERR_REJECTED names the
 * certificate and the rule. */
MF_MUST_USE bool mf_chain_verify(struct crypto *c, const struct chain_params *params,
                                 size_t *issuer, struct err *err);

#endif
