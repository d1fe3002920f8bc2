#include "common/net/retry.h"

bool mf_retry_status(unsigned http_status)
{
    return http_status == 408 || http_status == 425 || http_status == 429 ||
           (http_status >= 500 && http_status <= 599 && http_status != 501);
}

uint64_t mf_retry_wait_ms(unsigned tries, unsigned retry_after_s, uint64_t random)
{
    uint64_t bound = MF_RETRY_FLOOR_MS;

    if (retry_after_s > 0)
        return (uint64_t)retry_after_s * 1000;
    for (unsigned i = 0; i < tries && bound < MF_RETRY_CEILING_MS; i++)
        bound *= 2;
    if (bound > MF_RETRY_CEILING_MS)
        bound = MF_RETRY_CEILING_MS;
    return MF_RETRY_FLOOR_MS + random % (bound - MF_RETRY_FLOOR_MS + 1);
}
