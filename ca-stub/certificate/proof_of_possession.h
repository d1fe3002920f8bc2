/* Proof of possession: the key that a certificate is asked for, strong enough and held by whoever
 * asks. Sources: Fulcio, "Certificate issuing"; sigstore cryptoutils goodkey. */
#ifndef MF_CA_STUB_CERTIFICATE_PROOF_OF_POSSESSION_H
#define MF_CA_STUB_CERTIFICATE_PROOF_OF_POSSESSION_H

#include "common/base/buf.h"
#include "common/crypto/verifier.h"

enum proof_refusal { /* each has its own text in Fulcio's API */
                     MF_PROOF_KEY_UNREADABLE,
                     MF_PROOF_KEY_WEAK,
                     MF_PROOF_NOT_PROVEN,
                     MF_PROOF_CSR_UNREADABLE,
                     MF_PROOF_ALGORITHM, /* what: "signing algorithm not permitted: ..." */
                     MF_PROOF_FAULT,     /* ours: nothing is said about key or proof */
};

/* A certification request as PEM; its signature is the proof. Only the key is used.
 *   key  the caller frees it; written only on success
 *   why  written only on failure, where err says more
 */
MF_MUST_USE bool mf_proof_by_csr(struct crypto *c, struct span pem, struct public_key **key,
                                 enum proof_refusal *why, struct err *err);

struct possession {
    struct span key_pem;   /* PUBLIC KEY or RSA PUBLIC KEY, or the DER of the former */
    struct span challenge; /* the message: verified_identity.challenge */
    struct span signature;
};
/* A public key and a signature over the challenge, with the key's natural scheme. */
MF_MUST_USE bool mf_proof_by_signature(struct crypto *c, const struct possession *possession,
                                       struct public_key **key, enum proof_refusal *why,
                                       struct err *err);

#endif
