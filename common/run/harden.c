#include "common/run/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/span.h"
#include "common/crypto/secure_heap.h"

enum { FIRST_FD = 3, LISTEN_FDS_MAX = 64 };

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4U /* Linux 5.11; glibc's own name appears with _GNU_SOURCE */
#endif

/* A file opened later must not become standard output by accident. */
static bool fill_standard_descriptors(struct err *err)
{
    for (int fd = 0; fd < FIRST_FD; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The lowest free number is this one, since those below are open. */
        if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
            return mf_err_sys(err, "cannot open /dev/null in place of descriptor %d", fd);
    }
    return true;
}

/* Sockets handed over by the service manager: LISTEN_FDS, if LISTEN_PID names this process. */
static unsigned handed_over(void)
{
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    uint64_t pid = 0, count = 0;

    if (pid_text == NULL || count_text == NULL || !mf_span_decimal(mf_span_str(pid_text), &pid) ||
        !mf_span_decimal(mf_span_str(count_text), &count) || pid != (uint64_t)getpid())
        return 0;
    return count <= LISTEN_FDS_MAX ? (unsigned)count : LISTEN_FDS_MAX;
}

static bool limit_traces(struct err *err)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return mf_err_sys(err, "cannot switch core files off");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return mf_err_sys(err, "cannot make the process undumpable");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return mf_err_sys(err, "cannot ignore SIGPIPE");
    return fill_standard_descriptors(err);
}

static bool harden_service(unsigned keep, struct err *err)
{
    if (!limit_traces(err))
        return false;
    (void)umask(077);
    if (close_range(FIRST_FD + keep, ~0U, 0) != 0)
        return mf_err_sys(err, "cannot close inherited descriptors");
    return mf_secure_heap_init(err);
}

/* The low default is for programs that use select; ours have a descriptor for each client. */
static bool raise_descriptors(struct err *err)
{
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return mf_err_sys(err, "cannot read the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return mf_err_sys(err, "cannot raise the limit of descriptors");
    return true;
}

bool mf_harden_server(struct err *err)
{
    return raise_descriptors(err) && harden_service(handed_over(), err);
}

bool mf_harden_signer(struct err *err)
{
    return harden_service(1, err);
}

bool mf_harden_command(struct err *err)
{
    struct err unlocked = {0}; /* mf_secure_heap_is_locked tells those who must say so */

    if (!limit_traces(err))
        return false;
    if (close_range(FIRST_FD, ~0U, CLOSE_RANGE_CLOEXEC) != 0 && errno != EINVAL && errno != ENOSYS)
        return mf_err_sys(err, "cannot mark inherited descriptors");
    return mf_secure_heap_init(&unlocked) || unlocked.code != MF_OK;
}
