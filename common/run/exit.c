#include "common/run/exit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/span.h"
#include "common/run/notify.h"

static const int statuses[] = {
    [MF_OK] = 0,         [MF_ERR_REJECTED] = 1, [MF_ERR_USAGE] = 2,
    [MF_ERR_FORMAT] = 3, [MF_ERR_LIMIT] = 3,    [MF_ERR_NOT_FOUND] = 3,
    [MF_ERR_EXISTS] = 3, [MF_ERR_SYSTEM] = 3,   [MF_ERR_UNAVAILABLE] = 4,
    [MF_ERR_DENIED] = 5, [MF_ERR_TRUST] = 6,    [MF_ERR_INTERNAL] = 70,
};
_Static_assert(MF_LEN(statuses) == MF_ERR_COUNT_, "a status per code");

int mf_exit_status(enum err_code code)
{
    return (unsigned)code < MF_ERR_COUNT_ ? statuses[code] : 70;
}

enum err_code mf_exit_error(int status)
{
    static const enum err_code codes[] = {
        [1] = MF_ERR_REJECTED,    [2] = MF_ERR_USAGE,  [3] = MF_ERR_SYSTEM,
        [4] = MF_ERR_UNAVAILABLE, [5] = MF_ERR_DENIED, [6] = MF_ERR_TRUST,
    };

    if (status == 70)
        return MF_ERR_INTERNAL;
    return status > 0 && (size_t)status < MF_LEN(codes) ? codes[status] : MF_ERR_UNAVAILABLE;
}

int mf_exit_report(const char *program, const struct err *err)
{
    char said[800];

    mf_err_render(err, said, sizeof said);
    fprintf(stderr, "%s: %s\n", program, said);
    mf_notify_status(said);
    return mf_exit_status(err->code);
}

/* Which of two outcomes a run over several inputs reports. */
static int rank(int status)
{
    static const int order[] = {0, 4, 5, 3, 6, 1, 2, 70};

    for (size_t i = 0; i < MF_LEN(order); i++)
        if (order[i] == status)
            return (int)i;
    return (int)MF_LEN(order);
}

int mf_exit_worse(int a, int b)
{
    return rank(a) >= rank(b) ? a : b;
}

/* A pipe or socket whose other end is closed; a file or terminal has none. */
static bool reader_has_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int mf_exit_printed(const char *program, int status)
{
    struct err err = {0};

    if (fflush(stdout) != 0)
        mf_err_sys(&err, "cannot write all that there was to say");
    else if (ferror(stdout)) /* some time ago: errno tells of something else by now */
        mf_err_set(&err, MF_ERR_SYSTEM, "cannot write all that there was to say");
    if (err.code == MF_OK)
        return status;
    if (!reader_has_left()) {
        mf_err_at(&err, "standard output");
        return mf_exit_worse(status, mf_exit_report(program, &err));
    }
    if (status == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        (void)raise(SIGPIPE);
    }
    return status != 0 ? status : 128 + SIGPIPE; /* where the signal is blocked */
}
