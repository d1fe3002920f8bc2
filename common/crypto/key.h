/* Public keys from SubjectPublicKeyInfo by DER walk, and private keys that stay in locked memory.
 * Sources: RFC 5280 4.1.2.7, RFC 5480, RFC 8017 A.1.1, RFC 8410. */
#ifndef MF_COMMON_CRYPTO_KEY_H
#define MF_COMMON_CRYPTO_KEY_H

#include "common/base/buf.h"
#include "common/base/secret.h"
#include "common/crypto/crypto.h"

enum key_kind { MF_KEY_P256, MF_KEY_P384, MF_KEY_P521, MF_KEY_RSA, MF_KEY_ED25519 };

enum { MF_SPKI_MAX = 1200 };      /* bytes; RSA-8192 has 1,062 */
enum { MF_SIGNATURE_MAX = 1024 }; /* bytes */

struct public_key;

/* From a DER SubjectPublicKeyInfo, at most MF_SPKI_MAX bytes, nothing behind it.
 * Refused with MF_ERR_FORMAT: points off the curve, compressed points, the identity, RSA other
 * than 2048 .. 8192 bits in whole bytes or with an even or small exponent, the small-order points
 * of Ed25519 and their non-canonical spellings, other algorithms (named by OID).
 * The key may be used by any number of threads at a time, and may outlive c. Nothing is tested
 * that costs milliseconds: whether an RSA modulus is a prime is not. */
MF_MUST_USE bool mf_public_key_from_spki(struct crypto *c, struct span spki,
                                         struct public_key **out, struct err *err);
/* From a JWK's or a PKCS#1 key's numbers (big-endian, unsigned). */
MF_MUST_USE bool mf_public_key_from_rsa(struct crypto *c, struct span n, struct span e,
                                        struct public_key **out, struct err *err);
/* From a 04||X||Y point, or a 32-byte Ed25519 key. */
MF_MUST_USE bool mf_public_key_from_raw(struct crypto *c, enum key_kind kind, struct span raw,
                                        struct public_key **out, struct err *err);
void mf_public_key_free(struct public_key **key);

enum key_kind mf_public_key_kind(const struct public_key *key);
unsigned mf_public_key_bits(const struct public_key *key);
/* The canonical DER SubjectPublicKeyInfo; borrowed from the key. */
struct span mf_public_key_spki(const struct public_key *key);
/* The bytes of the subjectPublicKey BIT STRING; borrowed. For Ed25519 the 32-byte key. */
struct span mf_public_key_raw(const struct public_key *key);
const char *mf_key_kind_name(enum key_kind kind); /* "ECDSA P-256" */

/* In OpenSSL's secure heap, but for an RSA key that was read: OpenSSL 3.0 keeps its numbers in
 * ordinary memory, wiped when freed. One thread at a time; may outlive its crypto. */
struct private_key;

/* RSA keys get 3072 bits. */
MF_MUST_USE bool mf_private_key_generate(struct crypto *c, enum key_kind kind,
                                         struct private_key **out, struct err *err);
/* From an unencrypted PKCS#8 DER in secret memory. A public half that does not match, or that
 * mf_public_key_from_spki would refuse, is MF_ERR_FORMAT. */
MF_MUST_USE bool mf_private_key_from_pkcs8(struct crypto *c, const struct secret *der,
                                           struct private_key **out, struct err *err);
MF_MUST_USE bool mf_private_key_to_pkcs8(struct crypto *c, const struct private_key *key,
                                         struct secret *out, struct err *err);
void mf_private_key_free(struct private_key **key);
enum key_kind mf_private_key_kind(const struct private_key *key);
/* Its public half; the caller frees it. */
MF_MUST_USE bool mf_private_key_public(struct crypto *c, const struct private_key *key,
                                       struct public_key **out, struct err *err);

#endif
