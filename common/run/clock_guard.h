/* Clock guard: notices wall time that steps against the monotonic clock, and, where asked, a kernel
 * clock that nobody keeps in step. Certificates and timestamps are refused while it is unhappy. */
#ifndef MF_COMMON_RUN_CLOCK_GUARD_H
#define MF_COMMON_RUN_CLOCK_GUARD_H

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/scope.h"

struct clock_guard;

struct clock_guard_params {
    struct clock clock;
    unsigned step_max_ms; /* a larger step between the clocks is a fault until acknowledged */
    bool require_sync;    /* demand adjtimex without STA_UNSYNC */
};

MF_MUST_USE bool mf_clock_guard_new(const struct clock_guard_params *params,
                                    struct clock_guard **out, struct err *err);
void mf_clock_guard_free(struct clock_guard **guard);
/* Trusted wall time; MF_ERR_UNAVAILABLE says which clock fault stands in the way. Any thread. */
MF_MUST_USE bool mf_clock_guard_now(struct clock_guard *guard, struct instant *out,
                                    struct err *err);

#endif
