/* Signatures: verifying with a public key, making with a private one.
 * Sources: FIPS 186-5, RFC 8017, RFC 8032. ECDSA signatures are DER (r, s). */
#ifndef MF_COMMON_CRYPTO_VERIFIER_H
#define MF_COMMON_CRYPTO_VERIFIER_H

#include "common/crypto/digest.h"
#include "common/crypto/key.h"

enum sig_scheme {
    MF_SIG_ECDSA_SHA256,
    MF_SIG_ECDSA_SHA384,
    MF_SIG_ECDSA_SHA512,
    MF_SIG_RSA_PKCS1_SHA256,
    MF_SIG_RSA_PKCS1_SHA384,
    MF_SIG_RSA_PKCS1_SHA512,
    MF_SIG_ED25519,   /* over the whole message */
    MF_SIG_ED25519PH, /* over SHA-512 of it; refused by name where the library lacks it */
};

/* The natural scheme of a key: P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512, RSA
 * PKCS#1 v1.5 with SHA-256, Ed25519 pure. */
enum sig_scheme mf_sig_scheme_of(enum key_kind kind);
/* The digest the scheme hashes the message with; MF_SHA512 for both Ed25519 schemes. */
enum digest_alg mf_sig_digest(enum sig_scheme scheme);

/* MF_ERR_REJECTED "signature does not verify" when it does not, or when scheme and key differ in
 * kind. DER of ECDSA signatures must be strict (one spelling). The key may come from another
 * thread's struct crypto, also one that is freed by now. */
MF_MUST_USE bool mf_verify(struct crypto *c, const struct public_key *key, enum sig_scheme scheme,
                           struct span message, struct span signature, struct err *err);
/* The same when only the message's digest (of mf_sig_digest) is at hand; pure Ed25519 is refused.
 */
MF_MUST_USE bool mf_verify_digest(struct crypto *c, const struct public_key *key,
                                  enum sig_scheme scheme, struct span digest, struct span signature,
                                  struct err *err);

/* Appends the signature to *out (give it a maximum of MF_SIGNATURE_MAX or more). */
MF_MUST_USE bool mf_sign(struct crypto *c, const struct private_key *key, enum sig_scheme scheme,
                         struct span message, struct buf *out, struct err *err);

/* The numbers r and s of a DER signature, borrowed from it: positive, and in their one spelling. */
MF_MUST_USE bool mf_ecdsa_numbers(struct span der, struct span *r, struct span *s, struct err *err);
/* The same when only the message's digest (of mf_sig_digest) is at hand; Ed25519 is refused. */
MF_MUST_USE bool mf_sign_digest(struct crypto *c, const struct private_key *key,
                                enum sig_scheme scheme, struct span digest, struct buf *out,
                                struct err *err);

/* JWS ES256/384/512: fixed-width r||s to DER, and back. MF_ERR_FORMAT when it is not such. */
MF_MUST_USE bool mf_ecdsa_from_raw(struct span raw, size_t width, struct buf *der, struct err *err);
MF_MUST_USE bool mf_ecdsa_to_raw(struct span der, size_t width, struct buf *raw, struct err *err);

#endif
