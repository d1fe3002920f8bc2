/* A crypto context and keys of a test's own; each of these fails the test when it cannot. */
#ifndef MF_TESTS_SUPPORT_FRESH_CRYPTO_H
#define MF_TESTS_SUPPORT_FRESH_CRYPTO_H

#include "common/crypto/key.h"

struct crypto *fresh_crypto(void);
struct private_key *fresh_key(struct crypto *c, enum key_kind kind);
struct public_key *public_of(struct crypto *c, const struct private_key *key);

#endif
