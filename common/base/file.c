#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/input.h"

static bool read_to_end(struct input *in, struct buf *b, struct err *err)
{
    uint8_t chunk[16 * 1024];
    size_t n = 0;
    bool ok;

    do
        ok = mf_input_read(in, chunk, sizeof chunk, &n, err) &&
             mf_buf_append(b, (struct span){chunk, n}, err);
    while (ok && n > 0);
    if (b->secret)
        explicit_bzero(chunk, sizeof chunk);
    return ok;
}

bool mf_file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
    /* Not the size that fstat gives: a pipe has none, and a file may grow as we read. */
    MF_SCOPED(mf_buf_done) struct buf b = {.max = max, .secret = out->secret};
    MF_SCOPED(mf_input_done) struct input in = {.fd = -1};

    if (!mf_input_open(path, &in, err))
        return false;
    if (!read_to_end(&in, &b, err))
        return mf_err_at(err, "%s", path);

    *out = b;
    b = (struct buf){0}; /* moved: the caller owns it now */
    return true;
}

bool mf_write_all(int fd, struct span bytes, struct err *err)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mf_err_sys(err, "cannot write");
        bytes = mf_span_from(bytes, (size_t)n);
    }
    return true;
}

bool mf_pwrite_all(int fd, struct span bytes, uint64_t offset, struct err *err)
{
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mf_err_sys(err, "cannot write");
        bytes = mf_span_from(bytes, (size_t)n);
        offset += (uint64_t)n;
    }
    return true;
}

bool mf_pread_all(int fd, uint8_t *out, size_t n, uint64_t offset, struct err *err)
{
    while (n > 0) {
        ssize_t got = pread(fd, out, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mf_err_sys(err, "cannot read");
        if (got == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "file ends early");
        out += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

bool mf_path_append(const char *path, const char *ending, char *out, size_t cap, struct err *err)
{
    int n = snprintf(out, cap, "%s%s", path, ending);

    if (n < 0 || (size_t)n >= cap)
        return mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap);
    return true;
}

bool mf_path_join(const char *dir, const char *name, char *out, size_t cap, struct err *err)
{
    size_t len = strlen(dir);
    int n = snprintf(out, cap, "%s%s%s", dir, len > 0 && dir[len - 1] == '/' ? "" : "/", name);

    if (n < 0 || (size_t)n >= cap)
        return mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap);
    return true;
}

static bool parent_of(const char *path, char *out, size_t cap, struct err *err)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

    if (n >= cap)
        return mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap);
    if (slash == NULL) {
        out[0] = '.';
        n = 1;
    } else {
        memcpy(out, path, n);
    }
    out[n] = '\0';
    return true;
}

bool mf_dir_sync(const char *path, struct err *err)
{
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        mf_err_sys(err, "cannot make the directory durable");
        return mf_err_at(err, "%s", path);
    }
    return true;
}

static bool make_one(const char *path, mode_t mode, struct err *err)
{
    char parent[PATH_MAX];

    if (mkdir(path, mode) != 0) {
        struct stat st;
        if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            return true;
        mf_err_sys(err, "cannot make the directory");
        return mf_err_at(err, "%s", path);
    }
    return parent_of(path, parent, sizeof parent, err) && mf_dir_sync(parent, err);
}

bool mf_dir_make(const char *path, mode_t mode, struct err *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof part)
        return mf_err_set(err, MF_ERR_LIMIT, "path is empty or longer than %d bytes", PATH_MAX);
    memcpy(part, path, len + 1);
    for (size_t i = 1; i < len; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        if (!make_one(part, mode, err))
            return false;
        part[i] = '/';
    }
    return make_one(part, mode, err);
}

/* A name that a directory listing shows as ours, and that a second writer does not share. */
static bool open_temporary(const char *path, mode_t mode, char *name, size_t cap, int *fd,
                           struct err *err)
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int n = snprintf(name, cap, "%s.tmp-%ld-%u", path, (long)getpid(), attempt);
        if (n < 0 || (size_t)n >= cap)
            return mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap);
        *fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (*fd >= 0)
            return true;
        if (errno != EEXIST)
            return mf_err_sys(err, "cannot create a file beside it");
    }
    return mf_err_set(err, MF_ERR_SYSTEM, "too many unfinished temporary files beside it");
}

static bool put_in_place(const char *name, const char *path, enum file_write_how how,
                         struct err *err)
{
    if (how == MF_FILE_REPLACE) {
        if (rename(name, path) != 0)
            return mf_err_sys(err, "cannot rename into place");
        return true;
    }
    if (link(name, path) != 0)
        return mf_err_sys(err, "cannot create");
    (void)unlink(name);
    return true;
}

static bool write_beside(const char *path, struct span bytes, mode_t mode, enum file_write_how how,
                         struct err *err)
{
    char name[PATH_MAX];
    char parent[PATH_MAX];
    MF_SCOPED(mf_fd_done) int fd = -1;

    if (!parent_of(path, parent, sizeof parent, err) ||
        !open_temporary(path, mode, name, sizeof name, &fd, err))
        return false;
    bool ok = mf_write_all(fd, bytes, err);
    if (ok && fsync(fd) != 0)
        ok = mf_err_sys(err, "cannot make the bytes durable");
    if (!ok || !put_in_place(name, path, how, err)) {
        (void)unlink(name);
        return false;
    }
    return mf_dir_sync(parent, err);
}

bool mf_file_write(const char *path, struct span bytes, mode_t mode, enum file_write_how how,
                   struct err *err)
{
    if (!write_beside(path, bytes, mode, how, err))
        return mf_err_at(err, "%s", path);
    return true;
}
