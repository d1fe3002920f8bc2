/* Troubles of one kind as log lines: the first at once, then one an interval that says how many
 * were left out, so that what goes wrong for every request does not fill the disk. */
#ifndef MF_COMMON_RUN_TROUBLE_H
#define MF_COMMON_RUN_TROUBLE_H

#include <stdatomic.h>

#include "common/base/err.h"
#include "common/run/log.h"

struct trouble {
    uint64_t interval_ms;
    _Atomic uint64_t next_ms; /* not before: monotonic */
    _Atomic uint64_t left_out;
};

/* Any thread. */
void mf_trouble_log(struct trouble *t, enum log_level level, const char *event, const char *origin,
                    const struct err *err);

#endif
