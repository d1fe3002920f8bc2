#include "client/cmd/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"

enum { STEP_MS = 20 };

static bool open_lock(const char *dir, int flags, int *fd, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_path_join(dir, "lock", path, sizeof path, err))
        return false;
    *fd = open(path, flags | O_RDWR | O_NOFOLLOW, 0600);
    if (*fd < 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    return true;
}

static bool read_pid(const char *dir, pid_t *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    char path[PATH_MAX];
    uint64_t pid = 0;

    *out = 0;
    if (!mf_path_join(dir, "pid", path, sizeof path, err))
        return false;
    if (!mf_file_read(path, 32, &text, err)) {
        if (err->code != MF_ERR_NOT_FOUND)
            return false;
        mf_err_clear(err);
        return true;
    }
    struct span line = mf_buf_span(&text);
    if (line.n > 0 && line.p[line.n - 1] == '\n')
        line.n--;
    if (!mf_span_decimal(line, &pid) || pid > INT_MAX) {
        mf_err_set(err, MF_ERR_FORMAT, "holds no process number");
        return mf_err_at(err, "%s", path);
    }
    *out = (pid_t)pid;
    return true;
}

static bool write_pid(const char *dir, struct err *err)
{
    char path[PATH_MAX];
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (n < 0 || !mf_path_join(dir, "pid", path, sizeof path, err))
        return false;
    return mf_file_write(path, mf_span_str(text), 0600, MF_FILE_REPLACE, err);
}

/* Alive as far as we may know: a process of another user counts. */
static bool is_alive(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* A lock of the open file, which children that inherit it hold too. Unlike flock it can be asked
 * for without being taken: who asks must not keep out who takes it at that moment. */
static bool take(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static bool is_free(int fd, bool *out, struct err *err)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_GETLK, &whole) != 0)
        return mf_err_sys(err, "cannot ask for the lock");
    *out = whole.l_type == F_UNLCK;
    return true;
}

static bool wait_for_services(const char *dir, int fd, int wait_ms, struct err *err)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    pid_t holder = 0;

    for (int waited = 0; !take(fd); waited += STEP_MS) {
        if (errno != EAGAIN && errno != EACCES)
            return mf_err_sys(err, "cannot lock %s", dir);
        if (!read_pid(dir, &holder, err))
            return false;
        if (is_alive(holder)) {
            mf_err_set(err, MF_ERR_EXISTS, "this instance is running already (process %ld)",
                       (long)holder);
            mf_err_at(err, "%s", dir);
            return mf_err_hint(err, "use it, or stop it with: mayfly down --dir %s", dir);
        }
        if (waited >= wait_ms)
            return mf_err_set(err, MF_ERR_EXISTS, "services of an earlier run still hold %s", dir);
        nanosleep(&step, NULL);
    }
    return true;
}

bool mf_lock_take(const char *dir, int wait_ms, int *fd, struct err *err)
{
    MF_SCOPED(mf_fd_done) int lock = -1;

    /* Not close-on-exec: the services keep it, so that a killed supervisor's are waited for. */
    if (!open_lock(dir, O_CREAT, &lock, err) || !wait_for_services(dir, lock, wait_ms, err) ||
        !write_pid(dir, err))
        return false;
    *fd = lock;
    lock = -1;
    return true;
}

bool mf_lock_holder(const char *dir, pid_t *out, struct err *err)
{
    MF_SCOPED(mf_fd_done) int lock = -1;
    bool nobody = false;

    *out = 0;
    if (!open_lock(dir, O_CLOEXEC, &lock, err)) {
        if (err->code != MF_ERR_NOT_FOUND)
            return false;
        mf_err_clear(err);
        return true;
    }
    if (!is_free(lock, &nobody, err) || (!nobody && !read_pid(dir, out, err)))
        return false;
    if (!is_alive(*out))
        *out = 0;
    return true;
}
