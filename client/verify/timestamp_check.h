/* Timestamp check: a token over these bytes by an authority of the trusted root. RFC 3161, RFC
 * 5816. */
#ifndef MF_CLIENT_VERIFY_TIMESTAMP_CHECK_H
#define MF_CLIENT_VERIFY_TIMESTAMP_CHECK_H

#include "client/trust/trusted_root.h"
#include "client/verify/tsr.h"

/* Checks the whole of specs "RFC 3161 tokens": imprint over message, signer, signed attributes,
 * signing certificate, its usage, its chain and the authority's window at genTime.
 *
 *   tsr      DER of a TimeStampResp
 *   message  what was stamped: the raw signature bytes of a bundle
 *   out      the time it states
 *   known    false when no authority of the root could have signed it (then it counts for nothing);
 *            written also on failure
 *   err      MF_ERR_REJECTED */
MF_MUST_USE bool mf_timestamp_check(struct crypto *c, struct span tsr, struct span message,
                                    const struct trusted_root *root, struct instant *out,
                                    bool *known, struct err *err);

#endif
