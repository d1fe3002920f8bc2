/* Digests, one call or streamed. Source: FIPS 180-4. */
#ifndef MF_COMMON_CRYPTO_DIGEST_H
#define MF_COMMON_CRYPTO_DIGEST_H

#include "common/crypto/crypto.h"

enum digest_alg { MF_SHA256, MF_SHA384, MF_SHA512, MF_SHA1 /* key identifiers only */ };

enum { MF_SHA256_LEN = 32, MF_SHA384_LEN = 48, MF_SHA512_LEN = 64, MF_SHA1_LEN = 20 }; /* bytes */
enum { MF_DIGEST_MAX = 64 };

size_t mf_digest_length(enum digest_alg alg);
/* "sha256" */
const char *mf_digest_name(enum digest_alg alg);

/* Nothing to refuse, so no error to return. SHA-256 is set up with the context; the others at their
 * first use, which needs memory and a provider that has them. Where OpenSSL fails all the same,
 * these assert: no digest is better than a wrong one. */
void mf_sha256(struct crypto *c, struct span bytes, uint8_t out[static 32]);
/* Over several spans, as if joined: Merkle leaves and nodes without a copy. */
void mf_sha256_parts(struct crypto *c, const struct span *parts, size_t n, uint8_t out[static 32]);
void mf_digest(struct crypto *c, enum digest_alg alg, struct span bytes, uint8_t *out);

struct digest; /* a stream; belongs to the thread of its crypto context */
MF_MUST_USE bool mf_digest_new(struct crypto *c, enum digest_alg alg, struct digest **out,
                               struct err *err);
void mf_digest_update(struct digest *d, struct span bytes);
/* Writes mf_digest_length bytes; the stream starts afresh. */
void mf_digest_final(struct digest *d, uint8_t *out);
void mf_digest_free(struct digest **d);

#endif
