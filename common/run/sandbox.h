/* Sandbox: the system calls a process may still make, by libseccomp. Holds for every thread, those
 * that run already included.
 *
 * It cannot be left, and children inherit it: a server starts its signer processes first. */
#ifndef MF_COMMON_RUN_SANDBOX_H
#define MF_COMMON_RUN_SANDBOX_H

#include "common/base/err.h"
#include "common/base/scope.h"

enum sandbox_profile {
    /* Its open descriptors, memory that is never code, locks, time, randomness, its end: any other
     * call kills it. */
    MF_SANDBOX_SIGNER,
    /* All but a list of calls: other programs, other processes' memory, mounts and name spaces, the
     * kernel itself, memory that is both written and code, text typed into the terminal. These fail
     * with EPERM; sockets of odd families fail with EAFNOSUPPORT, clone3 with ENOSYS. */
    MF_SANDBOX_SERVER,
};

MF_MUST_USE bool mf_sandbox_enter(enum sandbox_profile profile, struct err *err);

#endif
