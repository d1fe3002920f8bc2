/* OpenSSL's secure heap: where private keys live. Called once by main, before any thread. */
#ifndef MF_COMMON_CRYPTO_SECURE_HEAP_H
#define MF_COMMON_CRYPTO_SECURE_HEAP_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* MF_ERR_SYSTEM when the heap cannot be locked: a server then refuses to start; `mayfly sign`
 * goes on and says so. */
MF_MUST_USE bool mf_secure_heap_init(struct err *err);
bool mf_secure_heap_is_locked(void);

#endif
