/* TSTInfo: what a timestamp authority says. Source: RFC 3161 section 2.4.2. */
#ifndef MF_CLIENT_VERIFY_TST_INFO_H
#define MF_CLIENT_VERIFY_TST_INFO_H

#include "client/verify/tsr.h"

/* Parses t->tst_info into the fields of *t that come from it. Unknown critical extensions, which we
 * know none of, are refused. */
MF_MUST_USE bool mf_tst_info_parse(struct tsr *t, struct err *err);

/* Takes an AlgorithmIdentifier of SHA-256, SHA-384 or SHA-512 off the front of *rest. */
MF_MUST_USE bool mf_tsr_digest_alg(struct span *rest, enum digest_alg *out, struct err *err);

#endif
