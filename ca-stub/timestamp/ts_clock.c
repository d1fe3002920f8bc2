#include "ca-stub/timestamp/ts_clock.h"

#include <pthread.h>

#include "common/base/buf.h"

struct ts_clock {
    struct clock_guard *guard;
    pthread_mutex_t lock;
    int64_t last_s; /* highest time given out; under lock */
};

bool mf_ts_clock_new(struct clock_guard *guard, struct ts_clock **out, struct err *err)
{
    struct ts_clock *clock = mf_array_new(1, sizeof *clock);

    if (clock == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the timestamp clock");
    clock->guard = guard;
    if (pthread_mutex_init(&clock->lock, NULL) != 0) {
        free(clock);
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot make a lock");
    }
    *out = clock;
    return true;
}

void mf_ts_clock_free(struct ts_clock **clock)
{
    if (*clock == NULL)
        return;
    pthread_mutex_destroy(&(*clock)->lock);
    free(*clock);
    *clock = NULL;
}

bool mf_ts_clock_now(struct ts_clock *clock, int64_t *gen_time_s, struct err *err)
{
    struct instant now = {0};

    if (!mf_clock_guard_now(clock->guard, &now, err))
        return false;
    pthread_mutex_lock(&clock->lock);
    /* Two threads that ask at the turn of a second may get here in either order: that is one
     * second at most. More is a clock that went back. */
    int64_t last = clock->last_s;
    if (now.s > last)
        clock->last_s = now.s;
    pthread_mutex_unlock(&clock->lock);
    if (now.s < last - 1)
        return mf_err_set(err, MF_ERR_UNAVAILABLE,
                          "the clock is %lld seconds behind the last token",
                          (long long)(last - now.s));
    *gen_time_s = now.s < last ? last : now.s;
    return true;
}
