#include "common/run/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool mf_signals_open(int *fd, struct err *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    errno = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (errno != 0)
        return mf_err_sys(err, "cannot block signals");
    int opened = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (opened < 0)
        return mf_err_sys(err, "cannot open a signal descriptor");
    *fd = opened;
    return true;
}

int mf_signals_wait(int fd, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct signalfd_siginfo got;

    for (;;) {
        int n = poll(&wait, 1, timeout_ms);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        if (read(fd, &got, sizeof got) == (ssize_t)sizeof got)
            return (int)got.ssi_signo;
        if (errno != EAGAIN && errno != EINTR)
            return 0;
    }
}
