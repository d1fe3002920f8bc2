/* Cache-Control of an answer: for how long it may be kept. Source: RFC 9111 section 5.2.2. Pure. */
#ifndef MF_COMMON_NET_CACHE_CONTROL_H
#define MF_COMMON_NET_CACHE_CONTROL_H

#include "common/base/span.h"

struct cache_control {
    bool refused; /* no-store, no-cache, a malformed or an unreadable max-age: keep nothing */
    bool limited; /* a max-age was there */
    unsigned max_age_s;
};

/* Reads one field line's value into *out, which starts as zeroes; an answer may have several. */
void mf_cache_control_read(struct span value, struct cache_control *out);
/* Seconds; 0 when nobody says how long, or to keep nothing. The smallest of several. */
unsigned mf_cache_control_max_age(const struct cache_control *cache);
/* False when nobody says how long. */
bool mf_cache_control_says(const struct cache_control *cache);

#endif
