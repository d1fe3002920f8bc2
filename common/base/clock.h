/* Clocks: time comes in as a parameter, so that a test can repeat it. */
#ifndef MF_COMMON_BASE_CLOCK_H
#define MF_COMMON_BASE_CLOCK_H

#include <stdint.h>

/* An instant: seconds since 1970-01-01T00:00:00Z without leap seconds, and a fraction. */
struct instant {
    int64_t s;
    uint32_t ns; /* 0 .. 999,999,999 */
};

struct clock {
    struct instant (*now)(void *state);    /* wall time */
    uint64_t (*monotonic_ns)(void *state); /* never goes back; its zero means nothing */
    void *state;                           /* borrowed */
};

/* The system's clocks; needs no clean-up, any thread. */
struct clock mf_clock_system(void);

static inline struct instant mf_clock_now(const struct clock *clock)
{
    return clock->now(clock->state);
}

static inline uint64_t mf_clock_monotonic_ns(const struct clock *clock)
{
    return clock->monotonic_ns(clock->state);
}

/* Milliseconds since 1970, as RFC 6962 has them. */
static inline uint64_t mf_instant_ms(struct instant t)
{
    return (uint64_t)t.s * 1000 + t.ns / 1000000;
}

static inline struct instant mf_instant_of_ms(uint64_t ms)
{
    return (struct instant){.s = (int64_t)(ms / 1000), .ns = (uint32_t)(ms % 1000) * 1000000};
}

/* Below, equal or above zero as a is before, at or after b. */
static inline int mf_instant_cmp(struct instant a, struct instant b)
{
    if (a.s != b.s)
        return a.s < b.s ? -1 : 1;
    return a.ns < b.ns ? -1 : a.ns > b.ns;
}

#endif
