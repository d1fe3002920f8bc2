/* Key strength: refuses public keys that are well-formed but should not be signed for. Points off
 * the curve, small orders, small factors and exponents are refused where keys are read. Sources:
 * Fulcio's key rules; Nemec et al., "The Return of Coppersmith's Attack" (2017), section 2. */
#ifndef MF_CA_STUB_CERTIFICATE_KEY_STRENGTH_H
#define MF_CA_STUB_CERTIFICATE_KEY_STRENGTH_H

#include "common/crypto/key.h"

/* RSA: exactly 2048, 3072 or 4096 bits, exponent 65537, and no modulus with the fingerprint of
 * Infineon's generator or with primes close to each other. MF_ERR_REJECTED. */
MF_MUST_USE bool mf_key_strength_check(const struct public_key *key, struct err *err);

/* True when the modulus (big-endian) has that fingerprint: modulo every small prime it is a power
 * of 65537. About one other modulus in 2^27 has it. */
bool mf_rsa_is_roca(struct span modulus);

#endif
