/* The lock of an instance directory: held by `mayfly up` and, inherited, by the services it starts.
 */
#ifndef MF_CLIENT_CMD_LOCK_H
#define MF_CLIENT_CMD_LOCK_H

#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/scope.h"

/* Takes DIR/lock and writes our process id into DIR/pid. While another `mayfly up` is alive this is
 * MF_ERR_EXISTS naming its process; when it was killed, waits up to wait_ms for its services to
 * end. *fd keeps the lock for as long as it, or a copy that a child inherited, is open. */
MF_MUST_USE bool mf_lock_take(const char *dir, int wait_ms, int *fd, struct err *err);

/* The process that holds the lock, 0 when none does. */
MF_MUST_USE bool mf_lock_holder(const char *dir, pid_t *out, struct err *err);

#endif
