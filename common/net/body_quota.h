/* Body quota: how many bytes of requests a server holds at a time, over all its connections. Each
 * request has its own limit; this is what keeps many of them from taking all memory.
 *
 * Inside the room only. Any thread. */
#ifndef MF_COMMON_NET_BODY_QUOTA_H
#define MF_COMMON_NET_BODY_QUOTA_H

#include <stdatomic.h>

#include "common/base/scope.h"

struct body_quota {
    size_t max; /* bytes */
    atomic_size_t held;
    atomic_bool was_large; /* since memory was last given back */
};

/* Takes so many bytes, or none and gives false. */
MF_MUST_USE bool mf_body_quota_take(struct body_quota *quota, size_t n);
/* Whether so many could be had now. */
bool mf_body_quota_fits(struct body_quota *quota, uint64_t n);
/* True when nothing is held any more after a lot was: time for mf_body_quota_trim, soon but not at
 * once, as more may be on its way. */
bool mf_body_quota_give(struct body_quota *quota, size_t n);
/* Gives the freed memory back to the system, which free does not. Does nothing, and gives false,
 * while something is held, or when not much was since the last time. */
bool mf_body_quota_trim(struct body_quota *quota);

#endif
