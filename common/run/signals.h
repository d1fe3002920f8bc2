/* Signals as events: SIGINT and SIGTERM make a descriptor readable. */
#ifndef MF_COMMON_RUN_SIGNALS_H
#define MF_COMMON_RUN_SIGNALS_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* Blocks SIGINT, SIGTERM, SIGHUP, SIGCHLD in this and later threads; *fd is a signalfd for them. */
MF_MUST_USE bool mf_signals_open(int *fd, struct err *err);
/* Waits for the next one, at most timeout_ms (-1: for ever); returns its number, or 0 on timeout.
 */
int mf_signals_wait(int fd, int timeout_ms);

#endif
