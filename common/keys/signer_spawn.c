#include "common/keys/signer_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/keys/signer_wire.h"

#define PROGRAM "mayfly-signer"

enum {
    END_WAIT_MS = 2000,    /* a signer ends within a signature; then it is killed */
    CLOSED_WAIT_MS = 1000, /* from a socket that closes by itself to the end of its process */
};

static bool is_program(const char *dir, char *out, size_t cap)
{
    struct err ignored = {0};

    return mf_path_join(dir, PROGRAM, out, cap, &ignored) && access(out, X_OK) == 0;
}

/* Beside a program of this path. */
static bool is_beside(const char *program, char *out, size_t cap)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(program, '/');
    size_t n = slash != NULL ? (size_t)(slash - program) : 0;

    if (n == 0 || n >= sizeof dir)
        return false;
    memcpy(dir, program, n);
    dir[n] = '\0';
    return is_program(dir, out, cap);
}

static bool find_program(char *out, size_t cap, struct err *err)
{
    char self[PATH_MAX];
    const char *folder = secure_getenv("MAYFLY_LIBEXEC");

    if (folder != NULL) { /* said aloud: nothing else is tried */
        if (is_program(folder, out, cap))
            return true;
        return mf_err_set(err, MF_ERR_NOT_FOUND, "no " PROGRAM " in %s (MAYFLY_LIBEXEC)", folder);
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = '\0';
        if (is_beside(self, out, cap))
            return true;
    }
    /* As it was called: a folder of links to programs that lie elsewhere. */
    unsigned long called = getauxval(AT_EXECFN);
    if (called != 0 && is_beside((const char *)called, out, cap)) // NOLINT: the kernel's string
        return true;
    if (is_program(MF_LIBEXECDIR, out, cap))
        return true;
    mf_err_set(err, MF_ERR_NOT_FOUND, "cannot find " PROGRAM " beside this program or in %s",
               MF_LIBEXECDIR);
    return mf_err_hint(err, "name its folder with MAYFLY_LIBEXEC");
}

static int prepare_files(posix_spawn_file_actions_t *files, int socket)
{
    int rc = posix_spawn_file_actions_adddup2(files, socket, MF_SIGNER_FD);

    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(files, MF_SIGNER_FD + 1);
    return rc;
}

/* Its own process group, and no signal blocked: the parent takes its own through a descriptor. */
static int prepare_signals(posix_spawnattr_t *attributes)
{
    sigset_t none;

    sigemptyset(&none);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
}

static int start(const char *path, enum signer_use use, int socket, pid_t *pid)
{
    static const char *const options[] = {
        [MF_SIGNER_BYTES] = "--use=bytes",
        [MF_SIGNER_LOG] = "--use=log",
        [MF_SIGNER_CT] = "--use=ct",
        [MF_SIGNER_WITNESS] = "--use=witness",
    };
    char program[] = PROGRAM;
    char option[16];
    char *argv[] = {program, option, NULL};
    char *envp[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    snprintf(option, sizeof option, "%s", options[use]); /* the longest has 13 characters */
    int rc = posix_spawn_file_actions_init(&files);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = prepare_files(&files, socket);
        if (rc == 0)
            rc = prepare_signals(&attributes);
        if (rc == 0)
            rc = posix_spawn(pid, path, &files, &attributes, argv, envp);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

bool mf_signer_spawn(enum signer_use use, struct signer_child *out, struct err *err)
{
    char path[PATH_MAX];
    int pair[2] = {-1, -1};
    struct signer_child child = {.socket = -1, .pidfd = -1};

    if (!find_program(path, sizeof path, err))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return mf_err_sys(err, "cannot make a socket for the signer");
    int rc = start(path, use, pair[1], &child.pid);
    close(pair[1]);
    child.socket = pair[0];
    if (rc != 0) {
        mf_fd_done(&child.socket);
        errno = rc;
        mf_err_sys(err, "cannot start the signer");
        return mf_err_at(err, "%s", path);
    }
    child.pidfd = pidfd_open(child.pid, 0);
    if (child.pidfd < 0) {
        mf_err_sys(err, "cannot watch the signer");
        mf_signer_reap(&child);
        return false;
    }
    *out = child;
    return true;
}

/* By descriptor, not by number: a number may be another process's by now. */
static void kill_and_wait(const struct signer_child *child, bool kill_it)
{
    siginfo_t how;

    if (child->pidfd < 0)
        (void)kill(child->pid, SIGKILL); /* not waited for yet, so the number is still its own */
    else if (kill_it)
        (void)pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
    idtype_t type = child->pidfd < 0 ? P_PID : P_PIDFD;
    id_t id = child->pidfd < 0 ? (id_t)child->pid : (id_t)child->pidfd;
    while (waitid(type, id, &how, WEXITED) != 0 && errno == EINTR)
        continue;
}

struct signer_end mf_signer_ended(const struct signer_child *child)
{
    struct pollfd ready = {.fd = child->pidfd, .events = POLLIN};
    siginfo_t how = {0};

    if (poll(&ready, 1, CLOSED_WAIT_MS) != 1 ||
        waitid(P_PIDFD, (id_t)child->pidfd, &how, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        how.si_pid == 0)
        return (struct signer_end){0};
    if (how.si_code == CLD_EXITED)
        return (struct signer_end){.has_ended = true, .status = how.si_status};
    return (struct signer_end){.has_ended = true, .signal = how.si_status};
}

void mf_signer_reap(struct signer_child *child)
{
    struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};

    mf_fd_done(&child->socket);
    if (child->pid > 0)
        kill_and_wait(child, child->pidfd >= 0 && poll(&ended, 1, END_WAIT_MS) != 1);
    mf_fd_done(&child->pidfd);
    *child = (struct signer_child){.socket = -1, .pidfd = -1};
}
