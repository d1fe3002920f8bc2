/* What main does before it reads anything: no core file, not dumpable, secure heap on. */
#ifndef MF_COMMON_RUN_HARDEN_H
#define MF_COMMON_RUN_HARDEN_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* Also closes descriptors above 2 that were not meant for us, ignores SIGPIPE, sets umask 077 for
 * servers. */
MF_MUST_USE bool mf_harden_server(struct err *err);
/* A command: the same without the demand that memory can be locked, and the umask stays. */
MF_MUST_USE bool mf_harden_command(struct err *err);

#endif
