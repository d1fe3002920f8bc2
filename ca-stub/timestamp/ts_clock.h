/* The time of timestamps: trusted, in whole seconds, never going back. */
#ifndef MF_CA_STUB_TIMESTAMP_TS_CLOCK_H
#define MF_CA_STUB_TIMESTAMP_TS_CLOCK_H

#include "common/run/clock_guard.h"

struct ts_clock;

/* The guard is borrowed. */
MF_MUST_USE bool mf_ts_clock_new(struct clock_guard *guard, struct ts_clock **out, struct err *err);
void mf_ts_clock_free(struct ts_clock **clock);

/* Seconds since 1970 for the genTime of a token. MF_ERR_UNAVAILABLE while the guard is unhappy, and
 * when the time lies before one given out already: a token must not seem older than an earlier one.
 * Any thread, also at the same time. */
MF_MUST_USE bool mf_ts_clock_now(struct ts_clock *clock, int64_t *gen_time_s, struct err *err);

#endif
