/* The services of an instance: made on the first start, configured, started, watched, stopped. */
#ifndef MF_CLIENT_CMD_SERVICES_H
#define MF_CLIENT_CMD_SERVICES_H

#include <limits.h>

#include "client/cmd/process.h"
#include "common/base/buf.h"

enum { MF_SERVICE_COUNT = 2 }; /* mayfly-log and mayfly-ca; each has signer processes of its own */
/* Ends of processes are seen at once: only one that hangs is waited for so long. */
enum { MF_SERVICE_SILENT_MS = 5 * 60 * 1000 };

struct services {
    const char *dir;
    uint16_t port_base; /* CA at +0, log at +1, CT log at +2, development issuer at +3 */
    int log_fd;         /* where the services' own logs go */
    int signals;        /* signals.h */
    bool asked_to_stop; /* by one of them, in place of success of what waits below */
    struct process process[MF_SERVICE_COUNT];
    uint64_t started_ms[MF_SERVICE_COUNT];
    unsigned restarts[MF_SERVICE_COUNT]; /* in a row, each soon after the last */
};

/* Makes keys, logs and configuration where they are not there yet; what is there stays. */
MF_MUST_USE bool mf_services_prepare(struct services *s, struct err *err);
/* Starts both, the log first, and waits until they serve. */
MF_MUST_USE bool mf_services_start(struct services *s, struct err *err);
/* Takes note of ended children and starts them again; MF_ERR_UNAVAILABLE when one keeps ending. */
MF_MUST_USE bool mf_services_watch(struct services *s, struct err *err);
/* The CA first, since it writes to the log. */
void mf_services_stop(struct services *s);

#endif
