#include "common/net/body_quota.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { LARGE = 4 * 1024 * 1024 }; /* bytes held that are worth giving back */

bool mf_body_quota_take(struct body_quota *quota, size_t n)
{
    size_t before = atomic_fetch_add(&quota->held, n);

    if (before > quota->max || n > quota->max - before) {
        atomic_fetch_sub(&quota->held, n);
        return false;
    }
    if (before + n >= LARGE && !atomic_load(&quota->was_large))
        atomic_store(&quota->was_large, true);
    return true;
}

bool mf_body_quota_fits(struct body_quota *quota, uint64_t n)
{
    size_t held = atomic_load(&quota->held);

    return held <= quota->max && n <= quota->max - held;
}

bool mf_body_quota_give(struct body_quota *quota, size_t n)
{
    return atomic_fetch_sub(&quota->held, n) == n && n > 0 && atomic_load(&quota->was_large);
}

bool mf_body_quota_trim(struct body_quota *quota)
{
    if (atomic_load(&quota->held) > 0 || !atomic_exchange(&quota->was_large, false))
        return false;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    return true;
}
