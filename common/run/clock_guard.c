#include "common/run/clock_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/timex.h>

#include "common/base/buf.h"

struct clock_guard {
    struct clock_guard_params params;
    pthread_mutex_t lock;
    int64_t offset_ns; /* wall minus monotonic when last seen in order */
};

static int64_t wall_ns(struct instant t)
{
    return t.s * 1000000000 + t.ns;
}

static int64_t offset_of(const struct clock *clock, struct instant *now)
{
    *now = mf_clock_now(clock);
    return wall_ns(*now) - (int64_t)mf_clock_monotonic_ns(clock);
}

bool mf_clock_guard_new(const struct clock_guard_params *params, struct clock_guard **out,
                        struct err *err)
{
    struct clock_guard *guard = mf_array_new(1, sizeof *guard);
    struct instant now;

    if (guard == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the clock guard");
    guard->params = *params;
    pthread_mutex_init(&guard->lock, NULL);
    guard->offset_ns = offset_of(&params->clock, &now);
    *out = guard;
    return true;
}

void mf_clock_guard_free(struct clock_guard **guard)
{
    if (*guard == NULL)
        return;
    pthread_mutex_destroy(&(*guard)->lock);
    free(*guard);
    *guard = NULL;
}

/* The kernel marks its clock unsynchronised until a time service keeps it in step. */
static bool kernel_is_in_step(void)
{
    struct timex state = {0};

    return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

bool mf_clock_guard_now(struct clock_guard *guard, struct instant *out, struct err *err)
{
    int64_t limit = (int64_t)guard->params.step_max_ms * 1000000;
    struct instant now;

    pthread_mutex_lock(&guard->lock);
    int64_t offset = offset_of(&guard->params.clock, &now);
    int64_t moved = offset - guard->offset_ns;
    bool stepped = moved > limit || moved < -limit;
    /* Small corrections are followed, or a slowly slewed clock would be a fault after some days. */
    if (!stepped)
        guard->offset_ns = offset;
    pthread_mutex_unlock(&guard->lock);

    if (stepped) {
        mf_err_set(err, MF_ERR_UNAVAILABLE, "the system clock stepped by %lld ms",
                   (long long)(moved / 1000000));
        return mf_err_hint(err, "check the time service, then restart this server");
    }
    if (guard->params.require_sync && !kernel_is_in_step()) {
        mf_err_set(err, MF_ERR_UNAVAILABLE, "no time service keeps the system clock in step");
        return mf_err_hint(err, "start one, or set require_clock_sync to false");
    }
    *out = now;
    return true;
}
