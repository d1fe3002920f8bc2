/* mayfly down: stops a running instance. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/cmd/instance.h"
#include "client/cmd/lock.h"
#include "client/cmd/verbs.h"
#include "common/run/exit.h"
#include "common/run/options.h"

enum { STOP_MS = 30000 };

static bool stop_process(pid_t pid, struct err *err)
{
    MF_SCOPED(mf_fd_done) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};

    if (pidfd < 0 || kill(pid, SIGTERM) != 0)
        return mf_err_sys(err, "cannot stop process %ld", (long)pid);
    if (poll(&wait, 1, STOP_MS) <= 0)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "process %ld has not stopped after %d s",
                          (long)pid, STOP_MS / 1000);
    return true;
}

static bool stop_instance(const char *dir, struct err *err)
{
    pid_t holder = 0;

    if (!mf_lock_holder(dir, &holder, err))
        return false;
    if (holder == 0) {
        mf_err_set(err, MF_ERR_NOT_FOUND, "no instance is running here");
        return mf_err_at(err, "%s", dir);
    }
    return stop_process(holder, err);
}

int mf_cmd_down(int argc, char **argv)
{
    const char *dir_option = NULL;
    const struct option options[] = {
        MF_DIR_OPTIONS(&dir_option, "the instance's directory"),
    };
    const struct option_set set = {"mayfly down", "",
                                   "Stops the instance that `mayfly up` started.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    char dir[PATH_MAX];
    int operands = 0;
    int status = 0;
    bool chosen = false;

    if (!mf_verb_options(&set, argc, argv, &operands, &status) ||
        !mf_verb_no_operands(&set, operands, argv, &status))
        return status;
    if (!mf_instance_dir(dir_option, dir, sizeof dir, &chosen, &err) || !stop_instance(dir, &err))
        return mf_exit_report("mayfly", &err);
    printf("stopped the instance in %s\n", dir);
    return 0;
}
