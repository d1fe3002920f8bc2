#include "common/crypto/secure_heap.h"

#include <openssl/crypto.h>

/* An RSA-4096 key takes about 6 KiB, an EC key less than one; both powers of two. */
enum { HEAP = 128 * 1024, SMALLEST = 32 }; /* bytes */

static bool is_locked;

bool mf_secure_heap_init(struct err *err)
{
    if (CRYPTO_secure_malloc_initialized() == 0) {
        /* 2 says: made, but mlock or a guard page was refused. */
        int made = CRYPTO_secure_malloc_init(HEAP, SMALLEST);
        if (made == 0)
            return mf_err_set(err, MF_ERR_SYSTEM, "cannot make the heap for private keys");
        is_locked = made == 1;
    }
    if (is_locked)
        return true;
    mf_err_set(err, MF_ERR_SYSTEM, "cannot lock the heap for private keys in memory");
    return mf_err_hint(err, "allow %d KiB of locked memory (ulimit -l, LimitMEMLOCK=)",
                       HEAP / 1024);
}

bool mf_secure_heap_is_locked(void)
{
    return is_locked;
}
