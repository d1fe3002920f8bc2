/* What main does before it reads anything: no core file, not dumpable, secure heap on. */
#ifndef MF_COMMON_RUN_HARDEN_H
#define MF_COMMON_RUN_HARDEN_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* Also closes descriptors above 2 that were not meant for us (sockets handed over by LISTEN_FDS
 * stay), raises the soft limit of descriptors to the hard one, ignores SIGPIPE, sets umask 077.
 * MF_ERR_SYSTEM when memory for keys cannot be locked. */
MF_MUST_USE bool mf_harden_server(struct err *err);
/* The same for a process that is handed its only socket as descriptor 3. */
MF_MUST_USE bool mf_harden_signer(struct err *err);
/* A command: without the demand that memory can be locked, the umask stays, and descriptors stay
 * open (`fd:N` arguments name them) but are not passed on. */
MF_MUST_USE bool mf_harden_command(struct err *err);

#endif
