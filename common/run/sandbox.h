/* Sandbox: the system calls a process may still make, by libseccomp. Enter before threads start. */
#ifndef MF_COMMON_RUN_SANDBOX_H
#define MF_COMMON_RUN_SANDBOX_H

#include "common/base/err.h"
#include "common/base/scope.h"

enum sandbox_profile {
    MF_SANDBOX_SIGNER, /* read, write, memory, futex, exit on its socket; nothing else */
    MF_SANDBOX_SERVER, /* files, sockets, threads; no exec, no ptrace, no mount */
};

MF_MUST_USE bool mf_sandbox_enter(enum sandbox_profile profile, struct err *err);

#endif
