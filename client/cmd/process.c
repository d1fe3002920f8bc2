#include "client/cmd/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cmd/words.h"
#include "common/base/span.h"
#include "common/run/exit.h"
#include "common/run/signals.h"

static bool join(const char *dir, size_t dir_length, const char *name, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%.*s/%s", (int)dir_length, dir, name);
    return n > 0 && (size_t)n < cap && access(out, X_OK) == 0;
}

static bool find_beside(const char *name, char *out, size_t cap)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return false;
    self[n] = '\0';
    const char *slash = strrchr(self, '/');
    return slash != NULL && join(self, (size_t)(slash - self), name, out, cap);
}

static bool find_in_path(const char *name, char *out, size_t cap)
{
    const char *path = getenv("PATH");

    while (path != NULL && *path != '\0') {
        const char *colon = strchr(path, ':');
        size_t n = colon == NULL ? strlen(path) : (size_t)(colon - path);
        if (n > 0 && path[0] == '/' && join(path, n, name, out, cap))
            return true;
        path = colon == NULL ? NULL : colon + 1;
    }
    return false;
}

bool mf_program_path(const char *name, char *out, size_t cap, struct err *err)
{
    const char *dir = getenv("MAYFLY_BIN_DIR");

    if (dir != NULL && dir[0] == '/' && join(dir, strlen(dir), name, out, cap))
        return true;
    if (find_beside(name, out, cap) || find_in_path(name, out, cap))
        return true;
    mf_err_set(err, MF_ERR_NOT_FOUND, "%s is neither beside this program nor in PATH", name);
    return mf_err_hint(err, "install all of mayfly's programs in one folder");
}

struct launch {
    char path[PATH_MAX];
    char words_name[64]; /* "NOTIFY_SOCKET=.." */
    char *const *argv;
    int log_fd;
    bool detached; /* lives on when we end */
    pid_t parent;
};

static const char *const token_variables[] = {"SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                                              "ACTIONS_ID_TOKEN_REQUEST_URL"};

/* In the child, between fork and exec: only calls that are safe there. */
static void become(struct launch *l)
{
    sigset_t none;

    if (l->detached && setsid() < 0)
        _exit(127);
    if (!l->detached && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != l->parent))
        _exit(127); /* the parent died before it could take us with it */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (l->log_fd >= 0 &&
        (dup2(l->log_fd, STDOUT_FILENO) < 0 || dup2(l->log_fd, STDERR_FILENO) < 0))
        _exit(127);
    /* Services ask for no tokens, and live longer than one should be readable in /proc. */
    for (size_t i = 0; i < MF_LEN(token_variables); i++)
        unsetenv(token_variables[i]);
    if (putenv(l->words_name) != 0)
        _exit(127);
    execv(l->path, l->argv);
    _exit(127);
}

static bool launch(struct launch *l, const char *name, struct process *out, struct err *err)
{
    MF_SCOPED(mf_fd_done) int words_fd = -1;

    l->parent = getpid();
    if (!mf_words_open(&words_fd, l->words_name, sizeof l->words_name, err))
        return false;
    pid_t pid = fork();
    if (pid < 0)
        return mf_err_sys(err, "cannot start %s", name);
    if (pid == 0)
        become(l);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        mf_err_sys(err, "cannot watch %s", name);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return false;
    }
    *out = (struct process){.name = name, .pid = pid, .pidfd = pidfd, .words_fd = words_fd};
    words_fd = -1;
    return true;
}

bool mf_process_start(const char *name, char *const *argv, int log_fd, struct process *out,
                      struct err *err)
{
    struct launch l = {.argv = argv, .log_fd = log_fd};

    return mf_program_path(name, l.path, sizeof l.path, err) && launch(&l, name, out, err);
}

bool mf_process_detach(const char *name, char *const *argv, int log_fd, struct process *out,
                       struct err *err)
{
    struct launch l = {.argv = argv, .log_fd = log_fd, .detached = true};
    ssize_t n = readlink("/proc/self/exe", l.path, sizeof l.path - 1);

    if (n <= 0)
        return mf_err_sys(err, "cannot find this program");
    l.path[n] = '\0';
    return launch(&l, name, out, err);
}

static bool silence(const struct process *p, int silent_ms, struct err *err)
{
    if (p->said[0] != '\0')
        mf_err_set(err, MF_ERR_UNAVAILABLE, "has said nothing for %d s, its last word being: %s",
                   silent_ms / 1000, p->said);
    else
        mf_err_set(err, MF_ERR_UNAVAILABLE, "is not ready after %d s", silent_ms / 1000);
    return mf_err_at(err, "%s", p->name);
}

static bool has_ended(struct process *p, bool want_end, struct err *err)
{
    int status = mf_process_wait(p);

    if (status == 0 && want_end)
        return true;
    mf_err_set(err, mf_exit_error(status), "ended with status %d%s%s", status,
               p->said[0] != '\0' ? ": " : "", p->said);
    return mf_err_at(err, "%s", p->name);
}

static bool is_asked_to_stop(const struct patience *patience, struct err *err)
{
    int got = mf_signals_wait(patience->signals, 0);

    *patience->asked = got == SIGINT || got == SIGTERM;
    return *patience->asked && !mf_err_set(err, MF_ERR_UNAVAILABLE, "asked to stop");
}

static bool wait_for(struct process *p, bool want_end, const struct patience *patience,
                     struct err *err)
{
    struct pollfd wait[] = {{.fd = p->words_fd, .events = POLLIN},
                            {.fd = p->pidfd, .events = POLLIN},
                            {.fd = patience->signals, .events = POLLIN}};

    for (;;) {
        int n = poll(wait, MF_LEN(wait), patience->silent_ms);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return silence(p, patience->silent_ms, err);
        bool is_ready = wait[0].revents != 0 && mf_words_hear(p->words_fd, p->said, sizeof p->said);
        if (is_ready && !want_end)
            return true;
        if (wait[1].revents != 0)
            return has_ended(p, want_end, err);
        if (wait[2].revents != 0 && is_asked_to_stop(patience, err))
            return false;
    }
}

bool mf_process_wait_ready(struct process *p, const struct patience *patience, struct err *err)
{
    return wait_for(p, false, patience, err);
}

bool mf_process_wait_done(struct process *p, const struct patience *patience, struct err *err)
{
    return wait_for(p, true, patience, err);
}

int mf_process_wait(struct process *p)
{
    int status = 0;

    if (p->pid == 0)
        return 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (p->words_fd >= 0)
        (void)mf_words_hear(p->words_fd, p->said, sizeof p->said); /* the last ones */
    mf_fd_done(&p->pidfd);
    mf_fd_done(&p->words_fd);
    p->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void mf_process_stop(struct process *p, int grace_ms)
{
    struct pollfd wait = {.fd = p->pidfd, .events = POLLIN};

    if (p->pid == 0)
        return;
    kill(p->pid, SIGTERM);
    if (poll(&wait, 1, grace_ms) <= 0)
        kill(p->pid, SIGKILL);
    (void)mf_process_wait(p);
}
