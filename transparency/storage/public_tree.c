#include "transparency/storage/public_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"

enum { STAGED_NAME = 96, STAGED_MAX = 1 << 20 };

struct staged {
    char path[STAGED_NAME];
};

struct public_tree {
    char root[PATH_MAX];
    int dir_fd;
    struct staged *staged;
    size_t staged_count, staged_cap;
};

bool mf_public_tree_open(const char *path, struct public_tree **out, struct err *err)
{
    struct public_tree *t = mf_array_new(1, sizeof *t);

    if (t == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the public tree");
    int n = snprintf(t->root, sizeof t->root, "%s", path);
    t->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (n < 0 || (size_t)n >= sizeof t->root || t->dir_fd < 0) {
        mf_err_sys(err, "cannot open %s", path);
        mf_public_tree_free(&t);
        return false;
    }
    *out = t;
    return true;
}

void mf_public_tree_free(struct public_tree **tree)
{
    if (*tree == NULL)
        return;
    mf_fd_done(&(*tree)->dir_fd);
    free((*tree)->staged);
    free(*tree);
    *tree = NULL;
}

/* Makes the folders of a path; their names become durable with the syncfs of the commit. */
static bool make_folders(const struct public_tree *t, const char *path, struct err *err)
{
    char part[STAGED_NAME];
    size_t n = strlen(path);

    for (size_t i = 0; i < n; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdirat(t->dir_fd, part, 0755) != 0 && errno != EEXIST)
            return mf_err_sys(err, "cannot make the folder %s", part);
    }
    return true;
}

static bool temporary(const char *path, char out[static STAGED_NAME + 8], struct err *err)
{
    int n = snprintf(out, STAGED_NAME + 8, "%s.tmp", path);

    return (n > 0 && n < STAGED_NAME + 8) ||
           mf_err_set(err, MF_ERR_INTERNAL, "path in the public tree is too long");
}

/* A full disk is waited out; nothing of the staged set is visible yet. */
static bool full_or_broken(struct err *err)
{
    return errno == ENOSPC || errno == EDQUOT
               ? mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk of the public tree is full")
               : mf_err_sys(err, "cannot write the public tree");
}

static bool write_staged(const struct public_tree *t, const char *path, struct span bytes,
                         struct err *err)
{
    char name[STAGED_NAME + 8];
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;

    if (!temporary(path, name, err))
        return false;
    MF_SCOPED(mf_fd_done) int fd = openat(t->dir_fd, name, flags, 0644);
    if (fd < 0 && errno == ENOENT) {
        if (!make_folders(t, path, err))
            return false;
        fd = openat(t->dir_fd, name, flags, 0644);
    }
    if (fd < 0)
        return full_or_broken(err);
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return full_or_broken(err);
        bytes = mf_span_from(bytes, (size_t)n);
    }
    return true;
}

static bool note_staged(struct public_tree *t, const char *path, struct err *err)
{
    if (t->staged_count == t->staged_cap) {
        size_t cap = t->staged_cap == 0 ? 64 : t->staged_cap * 2;
        struct staged *grown = cap > STAGED_MAX ? NULL : realloc(t->staged, cap * sizeof *grown);
        if (grown == NULL)
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the public tree");
        t->staged = grown;
        t->staged_cap = cap;
    }
    memcpy(t->staged[t->staged_count++].path, path, strlen(path) + 1);
    return true;
}

bool mf_public_tree_put_path(struct public_tree *t, const char *path, struct span bytes,
                             struct err *err)
{
    if (strlen(path) >= STAGED_NAME)
        return mf_err_set(err, MF_ERR_INTERNAL, "path in the public tree is too long");
    if (faccessat(t->dir_fd, path, F_OK, 0) == 0)
        return true;
    return write_staged(t, path, bytes, err) && note_staged(t, path, err);
}

bool mf_public_tree_put(struct public_tree *t, const struct tile_id *tile, struct span bytes,
                        struct err *err)
{
    char path[MF_TILE_PATH_MAX];

    mf_tile_path_format(tile, path);
    return mf_public_tree_put_path(t, path, bytes, err);
}

static bool sync_all(const struct public_tree *t, struct err *err)
{
    return syncfs(t->dir_fd) == 0 || mf_err_sys(err, "cannot make the public tree durable");
}

bool mf_public_tree_commit(struct public_tree *t, struct span checkpoint, struct err *err)
{
    char name[STAGED_NAME + 8];
    char path[PATH_MAX];

    /* Bytes before names, names before the checkpoint: one flush each for the whole set. */
    if (t->staged_count > 0 && !sync_all(t, err))
        return false;
    for (size_t i = 0; i < t->staged_count; i++)
        if (!temporary(t->staged[i].path, name, err) ||
            (renameat(t->dir_fd, name, t->dir_fd, t->staged[i].path) != 0 &&
             !mf_err_sys(err, "cannot rename %s", name)))
            return false;
    if (t->staged_count > 0 && !sync_all(t, err))
        return false;
    t->staged_count = 0;
    return mf_path_join(t->root, "checkpoint", path, sizeof path, err) &&
           mf_file_write(path, checkpoint, 0644, MF_FILE_REPLACE, err);
}

bool mf_public_tree_get_path(const struct public_tree *t, const char *path, size_t max,
                             struct buf *out, struct err *err)
{
    char full[PATH_MAX];

    return mf_path_join(t->root, path, full, sizeof full, err) && mf_file_read(full, max, out, err);
}

bool mf_public_tree_get(const struct public_tree *t, const struct tile_id *tile, size_t max,
                        struct buf *out, struct err *err)
{
    char path[MF_TILE_PATH_MAX];

    mf_tile_path_format(tile, path);
    return mf_public_tree_get_path(t, path, max, out, err);
}
