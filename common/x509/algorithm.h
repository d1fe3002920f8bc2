/* AlgorithmIdentifiers, and the signature schemes they name.
 * Sources: RFC 5280 4.1.1.2, RFC 4055, RFC 5758, RFC 8410. */
#ifndef MF_COMMON_X509_ALGORITHM_H
#define MF_COMMON_X509_ALGORITHM_H

#include "common/crypto/verifier.h"

struct algorithm {          /* spans borrow from the bytes it was taken from */
    struct span whole;      /* with tag and length */
    struct span oid;        /* content */
    struct span parameters; /* with tag and length; empty when absent */
};

/* Takes an AlgorithmIdentifier off the front; parameters may be absent, NULL, an OID or a SEQUENCE.
 */
MF_MUST_USE bool mf_algorithm_take(struct span *rest, struct algorithm *out, struct err *err);
/* The scheme that a signature algorithm's OID names; MF_ERR_FORMAT names one that is not known. */
MF_MUST_USE bool mf_algorithm_scheme(struct span oid, enum sig_scheme *out, struct err *err);
/* Refuses a known signature algorithm with other parameters than its RFC gives it. */
MF_MUST_USE bool mf_algorithm_check_signature(const struct algorithm *a, struct err *err);

#endif
