#include "common/run/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/base/span.h"

/* What signing takes: its socket, memory that is never code, locks, time and randomness. No open:
 * the key is read before. */
static const int signer_calls[] = {
    SCMP_SYS(read),         SCMP_SYS(write),        SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),      SCMP_SYS(recvfrom),     SCMP_SYS(sendto),
    SCMP_SYS(poll),         SCMP_SYS(ppoll),        SCMP_SYS(close),
    SCMP_SYS(futex),        SCMP_SYS(munmap),       SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(brk),          SCMP_SYS(mlock),
    SCMP_SYS(munlock),      SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(getpid),       SCMP_SYS(gettid),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),  SCMP_SYS(sched_yield),  SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),
};

/* For servers a list of what is refused, not of what is allowed: libcurl's resolver, OpenSSL,
 * LMDB and each new C library use calls that no test of ours would meet, and a service that dies in
 * the field for one of them gets its sandbox switched off. What an intruder wants is known: another
 * program, another process's memory, the kernel's own programs, another view of the machine. */
static const int server_refused[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(open_tree),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(reboot),
    SCMP_SYS(syslog),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(personality),
};

static bool failed(int rc, struct err *err)
{
    errno = -rc;
    return mf_err_sys(err, "cannot build the system call filter");
}

static int add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = seccomp_rule_add(ctx, action, calls[i], 0);
    return rc;
}

static int fill_signer(scmp_filter_ctx ctx)
{
    const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    int rc = add_all(ctx, SCMP_ACT_ALLOW, signer_calls, MF_LEN(signer_calls));

    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code);
    return rc;
}

static int fill_server(scmp_filter_ctx ctx)
{
    const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
    const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
    const struct scmp_arg_cmp written_code = SCMP_A2(SCMP_CMP_MASKED_EQ, both, both);
    const struct scmp_arg_cmp new_user = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER);
    /* AF_UNIX, the two internet families and netlink (address look-up) are at most 16. */
    const struct scmp_arg_cmp odd_family = SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0);
    /* A foreground instance shares the user's terminal: nothing may be typed into it. The kernel
     * looks at 32 bits of the request. */
    const struct scmp_arg_cmp typed = SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCSTI);
    const struct scmp_arg_cmp pasted = SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCLINUX);
    int rc = add_all(ctx, refuse, server_refused, MF_LEN(server_refused));

    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(ioctl), 1, typed);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(ioctl), 1, pasted);

#ifndef __SANITIZE_ADDRESS__ /* the leak checker traces its own process at exit */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(ptrace), 0);
#endif
    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(mmap), 1, written_code);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(mprotect), 1, written_code);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(pkey_mprotect), 1, written_code);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, refuse, SCMP_SYS(clone), 1, new_user);
    /* Its flags lie in memory, out of a filter's sight; the C library falls back to clone. */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, odd_family);
    return rc;
}

bool mf_sandbox_enter(enum sandbox_profile profile, struct err *err)
{
    bool signer = profile == MF_SANDBOX_SIGNER;
    scmp_filter_ctx ctx = seccomp_init(signer ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW);

    if (ctx == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the system call filter");
    int rc = signer ? fill_signer(ctx) : fill_server(ctx);
    if (rc == 0) /* also threads that a library may have started */
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc == 0 || failed(rc, err);
}
