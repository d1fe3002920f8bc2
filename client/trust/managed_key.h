/* Managed keys: a signer's own long-lived public key, which the verifier was given. */
#ifndef MF_CLIENT_TRUST_MANAGED_KEY_H
#define MF_CLIENT_TRUST_MANAGED_KEY_H

#include "client/trust/validity.h"
#include "common/crypto/key.h"

struct managed_key {
    struct public_key *key;  /* owned */
    struct validity valid;   /* when it may have signed; open at both ends unless a caller says */
    uint8_t fingerprint[32]; /* SHA-256 of its SubjectPublicKeyInfo */
};

/* From PEM ("PUBLIC KEY", alone in its text) or DER. Every error is MF_ERR_TRUST. */
MF_MUST_USE bool mf_managed_key_parse(struct crypto *c, struct span text, struct managed_key *out,
                                      struct err *err);
MF_MUST_USE bool mf_managed_key_read(struct crypto *c, const char *path, struct managed_key *out,
                                     struct err *err);
void mf_managed_key_done(struct managed_key *key);

#endif
