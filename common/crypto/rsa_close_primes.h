/* RSA moduli whose primes lie so close together that Fermat's method finds them at once. */
#ifndef MF_COMMON_CRYPTO_RSA_CLOSE_PRIMES_H
#define MF_COMMON_CRYPTO_RSA_CLOSE_PRIMES_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

enum { MF_FERMAT_ROUNDS = 100 }; /* as Fulcio's goodkey does; random primes never fall in so few */

/* *close is set when modulus (big-endian, odd) = (a - b)(a + b) is found with a within
 * MF_FERMAT_ROUNDS of its square root. */
MF_MUST_USE bool mf_rsa_has_close_primes(struct span modulus, bool *close, struct err *err);

#endif
