/* When to try again, and after how long. Pure. */
#ifndef MF_COMMON_NET_RETRY_H
#define MF_COMMON_NET_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum { MF_RETRY_FLOOR_MS = 500, MF_RETRY_CEILING_MS = 30000 };

/* 408, 425, 429 and 5xx but 501. */
bool mf_retry_status(unsigned http_status);
/* The wait after try number `tries` (1 for the first). With a Retry-After exactly that; else full
 * jitter: anything from the floor to a bound that doubles with each try, up to the ceiling.
 *
 *   random  64 random bits */
uint64_t mf_retry_wait_ms(unsigned tries, unsigned retry_after_s, uint64_t random);

#endif
