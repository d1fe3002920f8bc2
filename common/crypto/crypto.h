/* Crypto contexts: the one place that opens OpenSSL's library context.
 *
 * A struct crypto belongs to one thread at a time. It holds an OSSL_LIB_CTX of its own with its
 * fetched digests and reusable contexts, so that threads share no lock (OpenSSL 3.0's fetch and
 * decoder locks serialise threads) and no global state is touched. OpenSSL's error queue, which
 * belongs to the thread, is left by every call of this room as it was found. */
#ifndef MF_COMMON_CRYPTO_CRYPTO_H
#define MF_COMMON_CRYPTO_CRYPTO_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

struct crypto;

enum crypto_provider { MF_CRYPTO_DEFAULT, MF_CRYPTO_FIPS };

MF_MUST_USE bool mf_crypto_new(enum crypto_provider provider, struct crypto **out, struct err *err);
void mf_crypto_free(struct crypto **c);

/* Random bytes from OpenSSL's generator; up to 1 MiB. */
MF_MUST_USE bool mf_random(struct crypto *c, uint8_t *out, size_t n, struct err *err);
/* Equal in constant time. */
bool mf_secret_equal(struct span a, struct span b);

#endif
