#include "common/run/trouble.h"

#include "common/base/clock.h"

void mf_trouble_log(struct trouble *t, enum log_level level, const char *event, const char *origin,
                    const struct err *err)
{
    const struct clock clock = mf_clock_system();
    uint64_t now = mf_clock_monotonic_ns(&clock) / 1000000;
    uint64_t next = atomic_load(&t->next_ms);

    if (now < next || !atomic_compare_exchange_strong(&t->next_ms, &next, now + t->interval_ms)) {
        atomic_fetch_add(&t->left_out, 1);
        return;
    }
    mf_log(level, event, MF_LOG_TEXT("origin", origin), MF_LOG_TEXT("code", mf_err_name(err->code)),
           MF_LOG_TEXT("where", err->where), MF_LOG_TEXT("reason", err->what),
           MF_LOG_TEXT("hint", err->hint),
           MF_LOG_NUMBER("left_out", atomic_exchange(&t->left_out, 0)));
}
