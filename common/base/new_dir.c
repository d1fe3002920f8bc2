#include "common/base/new_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"

enum { DEPTH_MAX = 12 }; /* folders in folders; no init makes as many */

static bool empty(int fd, int depth);

static bool remove_one(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0)
        return true;
    if (errno != EISDIR)
        return false;
    MF_SCOPED(mf_fd_done)
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && empty(fd, depth + 1) && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

/* By descriptors: whoever may rename a folder on the way cannot lead it elsewhere. */
static bool empty(int fd, int depth)
{
    const struct dirent *e = NULL;
    bool removed = true;

    if (depth > DEPTH_MAX) {
        errno = ELOOP;
        return false;
    }
    int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;
    if (folder == NULL) {
        mf_fd_done(&own);
        return false;
    }
    while (removed) {
        errno = 0;
        if ((e = readdir(folder)) == NULL)
            break;
        removed = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                  remove_one(fd, e->d_name, depth);
    }
    int why = errno;
    closedir(folder);
    errno = why;
    return removed && why == 0;
}

/* The name may have gone to another folder while we waited for this one's lock. */
static bool is_still_aside(const struct new_dir *d)
{
    struct stat ours, named;

    return fstat(d->fd, &ours) == 0 && lstat(d->aside, &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

static bool is_made_by_another(const struct new_dir *d, struct err *err)
{
    mf_err_set(err, MF_ERR_EXISTS, "another process is making it");
    return mf_err_at(err, "%s", d->path);
}

static bool is_in_use(const char *path, struct err *err)
{
    mf_err_set(err, MF_ERR_EXISTS, "is already there");
    return mf_err_at(err, "%s", path);
}

/* Only an empty folder may be replaced, and under its own name. */
static bool check_free(const char *path, struct err *err)
{
    struct stat st;
    size_t entries = 0;

    if (lstat(path, &st) != 0)
        return errno == ENOENT || mf_err_sys(err, "cannot look at %s", path);
    if (!S_ISDIR(st.st_mode))
        return is_in_use(path, err);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return mf_err_sys(err, "cannot open %s", path);
    while (readdir(folder) != NULL)
        entries++;
    closedir(folder);
    return entries <= 2 /* . and .. */ || is_in_use(path, err);
}

static bool name(const char *path, struct new_dir *d, struct err *err)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    int told = snprintf(d->path, sizeof d->path, "%.*s", (int)n, path);
    if (n == 0 || n >= sizeof d->path || told < 0)
        return mf_err_set(err, MF_ERR_USAGE, "name of the directory is empty or too long");
    const char *slash = strrchr(d->path, '/');
    const char *last = slash != NULL ? slash + 1 : d->path;
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
        mf_err_set(err, MF_ERR_USAGE, "%s is there and cannot be replaced", d->path);
        return mf_err_hint(err, "name a directory that is to be made in it");
    }
    int aside = snprintf(d->aside, sizeof d->aside, "%.*s.%s.mayfly-init", (int)(last - d->path),
                         d->path, last);
    if (aside < 0 || (size_t)aside >= sizeof d->aside)
        return mf_err_set(err, MF_ERR_USAGE, "name of the directory is empty or too long");
    return true;
}

/* What an earlier one left may have been made by anybody, and with any mode. */
static bool make_ours(const struct new_dir *d, mode_t mode, struct err *err)
{
    struct stat st;

    if (fstat(d->fd, &st) != 0)
        return mf_err_sys(err, "cannot look at %s", d->aside);
    if (st.st_uid != geteuid()) {
        mf_err_set(err, MF_ERR_SYSTEM, "belongs to another user (uid %u)", (unsigned)st.st_uid);
        mf_err_at(err, "%s", d->aside);
        return mf_err_hint(err, "remove it, and choose a place where nobody else may write");
    }
    return fchmod(d->fd, mode) == 0 || mf_err_sys(err, "cannot set the mode of %s", d->aside);
}

static bool open_aside(struct new_dir *d, mode_t mode, struct err *err)
{
    if (!mf_dir_make(d->aside, mode, err))
        return mf_err_hint(err, "it is built beside its place: choose one in a directory that you "
                                "may write to");
    d->fd = open(d->aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (d->fd < 0)
        return mf_err_sys(err, "cannot open %s", d->aside);
    if (!make_ours(d, mode, err))
        return false;
    if (flock(d->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? is_made_by_another(d, err)
                                    : mf_err_sys(err, "cannot lock %s", d->aside);
    if (!is_still_aside(d))
        return is_made_by_another(d, err);
    return empty(d->fd, 0) || mf_err_sys(err, "cannot empty %s", d->aside);
}

bool mf_new_dir_begin(const char *path, mode_t mode, struct new_dir *out, struct err *err)
{
    *out = (struct new_dir){.fd = -1};
    if (name(path, out, err) && check_free(out->path, err) && open_aside(out, mode, err))
        return true;
    mf_fd_done(&out->fd); /* not ours to remove */
    return false;
}

static bool put_in_place(const struct new_dir *dir, struct err *err)
{
    if (!is_still_aside(dir))
        return is_made_by_another(dir, err);
    if (rename(dir->aside, dir->path) == 0)
        return true;
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
        return is_in_use(dir->path, err);
    if (errno != EBUSY)
        return mf_err_sys(err, "cannot rename %s", dir->aside);
    mf_err_sys(err, "%s cannot be replaced", dir->path);
    return mf_err_hint(err, "a mount point stays: name a directory that is to be made in it");
}

bool mf_new_dir_finish(struct new_dir *dir, struct err *err)
{
    char parent[PATH_MAX];

    if (!put_in_place(dir, err))
        return false;
    mf_fd_done(&dir->fd);
    if (snprintf(parent, sizeof parent, "%s/..", dir->path) >= (int)sizeof parent)
        return mf_err_set(err, MF_ERR_LIMIT, "path is too long");
    return mf_dir_sync(parent, err);
}

void mf_new_dir_done(struct new_dir *dir)
{
    if (dir->fd < 0)
        return;
    if (empty(dir->fd, 0) && is_still_aside(dir))
        (void)rmdir(dir->aside);
    mf_fd_done(&dir->fd);
}
