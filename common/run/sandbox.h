/* Sandbox: the system calls a process may still make, by libseccomp. Enter before threads start.
 *
 * It cannot be left, and children inherit it: a server starts its signer processes first. */
#ifndef MF_COMMON_RUN_SANDBOX_H
#define MF_COMMON_RUN_SANDBOX_H

#include "common/base/err.h"
#include "common/base/scope.h"

enum sandbox_profile {
    MF_SANDBOX_SIGNER, /* read, write, memory, futex, exit on its socket; all else kills it */
    MF_SANDBOX_SERVER, /* files, sockets, threads; no exec, ptrace, mount, other's memory: EPERM */
};

MF_MUST_USE bool mf_sandbox_enter(enum sandbox_profile profile, struct err *err);

#endif
