#include "transparency/fsck/fsck_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/file.h"

enum { CHUNK = 1024 * 1024 };

/* Not to wait for the other end of a pipe, and not through links on the way either. */
static int open_below(int dir_fd, const char *path)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY;
    const struct open_how how = {.flags = (unsigned)flags,
                                 .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof how);

    if (fd < 0 &&
        (errno == ENOSYS || errno == EPERM)) /* an older kernel, or a container's filter */
        return openat(dir_fd, path, flags);
    return (int)fd;
}

static bool refused(struct err *err)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return mf_err_set(err, MF_ERR_NOT_FOUND, "is missing");
    case ELOOP:
    case EXDEV:
        return mf_err_set(err, MF_ERR_FORMAT, "is behind a symbolic link");
    case EACCES:
    case EPERM:
        return mf_err_set(err, MF_ERR_DENIED, "cannot be read: permission denied");
    default:
        return mf_err_sys(err, "cannot be read");
    }
}

bool mf_fsck_open(int dir_fd, const char *path, uint64_t max, int *fd, uint64_t *size,
                  struct err *err)
{
    MF_SCOPED(mf_fd_done) int opened = open_below(dir_fd, path);
    struct stat st;

    if (opened < 0 || fstat(opened, &st) != 0)
        return refused(err);
    if (!S_ISREG(st.st_mode) || st.st_size < 0)
        return mf_err_set(err, MF_ERR_FORMAT, "is no regular file");
    if ((uint64_t)st.st_size > max)
        return mf_err_set(err, MF_ERR_LIMIT,
                          "has %" PRIu64 " bytes, and may have %" PRIu64 " at most",
                          (uint64_t)st.st_size, max);
    *size = (uint64_t)st.st_size;
    *fd = opened;
    opened = -1;
    return true;
}

bool mf_fsck_read(int dir_fd, const char *path, size_t max, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_fd_done) int fd = -1;
    uint64_t size = 0;

    mf_buf_reset(out);
    out->max = max;
    if (!mf_fsck_open(dir_fd, path, max, &fd, &size, err) ||
        !mf_buf_reserve(out, (size_t)size, err) || !mf_pread_all(fd, out->p, (size_t)size, 0, err))
        return false;
    out->n = (size_t)size;
    return true;
}

bool mf_window_open(struct window *w, int dir_fd, const char *path, uint64_t max, struct err *err)
{
    mf_fd_done(&w->fd);
    mf_buf_reset(&w->bytes);
    w->used = 0;
    w->position = 0;
    w->size = 0;
    return mf_fsck_open(dir_fd, path, max, &w->fd, &w->size, err);
}

void mf_window_done(struct window *w)
{
    mf_fd_done(&w->fd);
    mf_buf_done(&w->bytes);
}

bool mf_window_look(struct window *w, size_t n, struct span *out, struct err *err)
{
    size_t here = w->bytes.n - w->used;
    uint64_t left = w->size - w->position;

    if (here < n && here < left) {
        size_t want = n > CHUNK ? n : CHUNK;
        want = want < left ? want : (size_t)left;
        w->bytes.max = want > w->bytes.max ? want : w->bytes.max;
        if (here > 0)
            memmove(w->bytes.p, w->bytes.p + w->used, here);
        w->bytes.n = here;
        w->used = 0;
        if (!mf_buf_reserve(&w->bytes, want - here, err) ||
            !mf_pread_all(w->fd, w->bytes.p + here, want - here, w->position + here, err))
            return false;
        w->bytes.n = want;
    }
    *out = mf_span_from(mf_buf_span(&w->bytes), w->used);
    return true;
}

void mf_window_skip(struct window *w, uint64_t n)
{
    size_t here = w->bytes.n - w->used;

    w->position += n;
    if (n <= here) {
        w->used += (size_t)n;
    } else {
        mf_buf_reset(&w->bytes);
        w->used = 0;
    }
}

void mf_fsck_tile_name(const struct tile_id *tile, char out[static MF_FSCK_NAME_MAX])
{
    char path[MF_TILE_PATH_MAX];

    mf_tile_path_format(tile, path);
    if (snprintf(out, MF_FSCK_NAME_MAX, "public/%s", path) < 0)
        out[0] = '\0';
}

static bool read_hashes(struct fsck *f, const struct tile_id *tile, struct buf *out,
                        struct err *err)
{
    char name[MF_FSCK_NAME_MAX];
    size_t n = (size_t)tile->width * 32;

    mf_fsck_tile_name(tile, name);
    if (!mf_fsck_read(f->dir_fd, name, MF_TILE_BYTES, out, err))
        return false;
    f->result->bytes += out->n;
    return out->n == n || mf_err_set(err, MF_ERR_FORMAT, "has %zu bytes, not %zu", out->n, n);
}

bool mf_fsck_read_tile(struct fsck *f, const struct tile_id *tile, uint8_t (*out)[32],
                       struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf bytes = {0};
    struct tile_id whole = *tile;

    if (!read_hashes(f, tile, &bytes, err)) {
        if (!f->params->online || err->code != MF_ERR_NOT_FOUND || tile->width == MF_TILE_WIDTH)
            return false;
        mf_err_clear(err);
        whole.width = MF_TILE_WIDTH;
        if (!read_hashes(f, &whole, &bytes, err))
            return false;
    }
    memcpy(out, bytes.p, (size_t)tile->width * 32);
    return true;
}
