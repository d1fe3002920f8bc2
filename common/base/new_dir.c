#include "common/base/new_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"

enum { DESCRIPTORS = 16 }; /* that the walk may open */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    return at->level == 0 ? 0 : remove(path);
}

static bool is_in_use(const char *path, struct err *err)
{
    mf_err_set(err, MF_ERR_EXISTS, "is already there");
    return mf_err_at(err, "%s", path);
}

/* Only an empty folder may be replaced. */
static bool check_free(const char *path, struct err *err)
{
    size_t entries = 0;

    if (access(path, F_OK) != 0)
        return true;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOTDIR ? is_in_use(path, err) : mf_err_sys(err, "cannot open %s", path);
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
    int aside = snprintf(d->aside, sizeof d->aside, "%s.unfinished", d->path);
    if (n == 0 || n >= sizeof d->path || told < 0 || aside < 0 || (size_t)aside >= sizeof d->aside)
        return mf_err_set(err, MF_ERR_USAGE, "name of the directory is empty or too long");
    return true;
}

static bool open_aside(struct new_dir *d, mode_t mode, struct err *err)
{
    if (!mf_dir_make(d->aside, mode, err))
        return false;
    d->fd = open(d->aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (d->fd < 0)
        return mf_err_sys(err, "cannot open %s", d->aside);
    if (flock(d->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return mf_err_sys(err, "cannot lock %s", d->aside);
        mf_err_set(err, MF_ERR_EXISTS, "another process is making it");
        return mf_err_at(err, "%s", d->path);
    }
    return nftw(d->aside, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 ||
           mf_err_sys(err, "cannot empty %s", d->aside);
}

bool mf_new_dir_begin(const char *path, mode_t mode, struct new_dir *out, struct err *err)
{
    *out = (struct new_dir){.fd = -1};
    if (name(path, out, err) && check_free(out->path, err) && open_aside(out, mode, err))
        return true;
    mf_fd_done(&out->fd); /* not ours to remove */
    return false;
}

bool mf_new_dir_finish(struct new_dir *dir, struct err *err)
{
    char parent[PATH_MAX];

    if (rename(dir->aside, dir->path) != 0)
        return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
                   ? is_in_use(dir->path, err)
                   : mf_err_sys(err, "cannot rename %s", dir->aside);
    mf_fd_done(&dir->fd);
    if (snprintf(parent, sizeof parent, "%s/..", dir->path) >= (int)sizeof parent)
        return mf_err_set(err, MF_ERR_LIMIT, "path is too long");
    return mf_dir_sync(parent, err);
}

void mf_new_dir_done(struct new_dir *dir)
{
    if (dir->fd < 0)
        return;
    if (nftw(dir->aside, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0)
        (void)rmdir(dir->aside);
    mf_fd_done(&dir->fd);
}
