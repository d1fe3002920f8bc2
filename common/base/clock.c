#include "common/base/clock.h"

#include <time.h>

static struct instant system_now(void *state)
{
    struct timespec t = {0};

    (void)state;
    clock_gettime(CLOCK_REALTIME, &t);
    return (struct instant){.s = (int64_t)t.tv_sec, .ns = (uint32_t)t.tv_nsec};
}

static uint64_t system_monotonic(void *state)
{
    struct timespec t = {0};

    (void)state;
    clock_gettime(CLOCK_BOOTTIME, &t); /* goes on while the machine sleeps, as the wall does */
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

struct clock mf_clock_system(void)
{
    return (struct clock){.now = system_now, .monotonic_ns = system_monotonic};
}
