#include "transparency/storage/public_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"

enum { PATH_LEN = 96, STAGED_MAX = 1 << 20 };
enum { KNOWN_MAX = 128 };
enum { FSYNC_EACH = 8 }; /* up to so many files each is flushed alone, above the file system is */

struct staged {
    char path[PATH_LEN];
};

struct public_tree {
    int dir_fd, staging_fd;
    struct staged *staged; /* number i waits in the staging folder as "i" */
    size_t staged_count, staged_cap;
    pthread_mutex_t lock; /* guards what follows */
    unsigned added;
    struct staged known[KNOWN_MAX]; /* files, folders: durable since this process began */
};

static bool open_folder(const char *path, int *fd, struct err *err)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0)
        return true;
    mf_err_sys(err, "cannot open");
    return mf_err_at(err, "%s", path);
}

bool mf_public_tree_open(const char *path, const char *staging, struct public_tree **out,
                         struct err *err)
{
    MF_SCOPED(mf_public_tree_free) struct public_tree *t = mf_array_new(1, sizeof *t);

    if (t == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the public tree");
    t->dir_fd = t->staging_fd = -1;
    pthread_mutex_init(&t->lock, NULL);
    if (!mf_dir_make(staging, 0700, err) || !open_folder(path, &t->dir_fd, err) ||
        !open_folder(staging, &t->staging_fd, err))
        return false;
    *out = MF_MOVE(t);
    return true;
}

void mf_public_tree_free(struct public_tree **tree)
{
    if (*tree == NULL)
        return;
    mf_fd_done(&(*tree)->dir_fd);
    mf_fd_done(&(*tree)->staging_fd);
    pthread_mutex_destroy(&(*tree)->lock);
    free((*tree)->staged);
    free(*tree);
    *tree = NULL;
}

/* A full disk is waited out, also one that says so only at a flush: the checkpoint that needs the
 * staged set is not written yet, and all of the set is written anew. So is a lack of descriptors,
 * which mf_err_sys knows. */
static bool failed(struct err *err, const char *doing, const char *path)
{
    if (errno != ENOSPC && errno != EDQUOT)
        return mf_err_sys(err, "cannot %s %s", doing, path);
    mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk of the public tree is full");
    return mf_err_hint(err, "free some space; publication goes on by itself");
}

static bool sync_folder(const struct public_tree *t, const char *path, struct err *err)
{
    MF_SCOPED(mf_fd_done) int fd = openat(t->dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return (fd >= 0 && fsync(fd) == 0) || failed(err, "make durable", path);
}

/* The folder a path is in: "." at the top. */
static void parent_of(const char *path, char out[static PATH_LEN])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);

    memcpy(out, path, n);
    out[n] = '\0';
    if (n == 0)
        memcpy(out, ".", 2);
}

static bool is_known(struct public_tree *t, const char *path, unsigned *number)
{
    bool known = false;

    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < KNOWN_MAX && !known; i++)
        known = strcmp(t->known[i].path, path) == 0;
    *number = known ? 0 : t->added++;
    pthread_mutex_unlock(&t->lock);
    return known;
}

static void learn(struct public_tree *t, const char *path, unsigned number)
{
    pthread_mutex_lock(&t->lock);
    memcpy(t->known[number % KNOWN_MAX].path, path, strlen(path) + 1);
    pthread_mutex_unlock(&t->lock);
}

/* Flushed also when it is there: an attempt that failed, or an earlier process, may have ended
 * between making it and that. */
static bool make_folder(struct public_tree *t, const char *path, struct err *err)
{
    char parent[PATH_LEN];
    unsigned number = 0;

    if (is_known(t, path, &number))
        return true;
    bool made = mkdirat(t->dir_fd, path, 0755) == 0;
    if (!made && errno != EEXIST)
        return failed(err, "make the folder", path);
    if (made && fchmodat(t->dir_fd, path, 0755, 0) != 0) /* whatever the process's mask is */
        return failed(err, "open to readers", path);
    parent_of(path, parent);
    if (!sync_folder(t, parent, err))
        return false;
    learn(t, path, number);
    return true;
}

static bool make_folders(struct public_tree *t, const char *path, struct err *err)
{
    char part[PATH_LEN];

    for (size_t i = 0; path[i] != '\0'; i++) {
        if (path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (!make_folder(t, part, err))
            return false;
    }
    return true;
}

static bool write_staged(const struct public_tree *t, const char *name, struct span bytes,
                         bool flush, struct err *err)
{
    MF_SCOPED(mf_fd_done)
    int fd = openat(t->staging_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                    0644);

    if (fd < 0 || fchmod(fd, 0644) != 0)
        return failed(err, "stage", name);
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(err, "write", name);
        bytes = mf_span_from(bytes, (size_t)n);
    }
    return !flush || fsync(fd) == 0 || failed(err, "make durable", name);
}

static void number_name(size_t number, char out[static 32])
{
    if (snprintf(out, 32, "%zu", number) < 0)
        out[0] = '\0';
}

void mf_public_tree_begin(struct public_tree *t)
{
    t->staged_count = 0; /* left-over files are written over */
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

bool mf_public_tree_put(struct public_tree *t, const struct tile_id *tile, struct span bytes,
                        struct err *err)
{
    char path[MF_TILE_PATH_MAX];
    char name[32];

    mf_tile_path_format(tile, path);
    number_name(t->staged_count, name);
    return write_staged(t, name, bytes, false, err) && note_staged(t, path, err);
}

/* One flush for the whole set where it is large. */
static bool sync_staged(const struct public_tree *t, struct err *err)
{
    char name[32];

    if (t->staged_count > FSYNC_EACH)
        return syncfs(t->staging_fd) == 0 || failed(err, "make durable", "the public tree");
    for (size_t i = 0; i < t->staged_count; i++) {
        number_name(i, name);
        MF_SCOPED(mf_fd_done) int fd = openat(t->staging_fd, name, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fsync(fd) != 0)
            return failed(err, "make durable", "the public tree");
    }
    return true;
}

static bool show(const struct public_tree *t, const char *name, const char *path, struct err *err)
{
    return renameat(t->staging_fd, name, t->dir_fd, path) == 0 || failed(err, "put in place", path);
}

static bool show_staged(struct public_tree *t, struct err *err)
{
    char name[32];

    for (size_t i = 0; i < t->staged_count; i++) {
        number_name(i, name);
        if (!make_folders(t, t->staged[i].path, err) || !show(t, name, t->staged[i].path, err))
            return false;
    }
    return true;
}

static bool sync_folders(const struct public_tree *t, struct err *err)
{
    char done[PATH_LEN] = "";
    char parent[PATH_LEN];

    for (size_t i = 0; i < t->staged_count; i++) { /* neighbours share a folder */
        parent_of(t->staged[i].path, parent);
        if (strcmp(parent, done) == 0)
            continue;
        if (!sync_folder(t, parent, err))
            return false;
        memcpy(done, parent, sizeof done);
    }
    return true;
}

bool mf_public_tree_commit(struct public_tree *t, struct span checkpoint, struct err *err)
{
    /* Bytes before names, names before the checkpoint. */
    return sync_staged(t, err) && show_staged(t, err) && sync_folders(t, err) &&
           write_staged(t, "checkpoint", checkpoint, true, err) &&
           show(t, "checkpoint", "checkpoint", err) && sync_folder(t, ".", err);
}

void mf_public_tree_drop_partials(struct public_tree *t, const struct tile_id *tile)
{
    struct tile_id partial = *tile;
    char path[MF_TILE_PATH_MAX];

    for (partial.width = 1; partial.width < MF_TILE_WIDTH; partial.width++) {
        mf_tile_path_format(&partial, path);
        (void)unlinkat(t->dir_fd, path, 0);
    }
    *strrchr(path, '/') = '\0';
    (void)unlinkat(t->dir_fd, path, AT_REMOVEDIR);
}

bool mf_public_tree_add_file(struct public_tree *t, const char *path, struct span bytes,
                             struct err *err)
{
    char parent[PATH_LEN];
    char name[32];
    unsigned number = 0;

    if (strlen(path) >= PATH_LEN)
        return mf_err_set(err, MF_ERR_INTERNAL, "path in the public tree is too long");
    if (is_known(t, path, &number))
        return true;
    if (snprintf(name, sizeof name, "add-%u", number) < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "a name cannot be formatted");
    parent_of(path, parent);
    /* Also when it is there: an earlier process may have ended before it was durable. */
    if (!write_staged(t, name, bytes, true, err) || !make_folders(t, path, err) ||
        !show(t, name, path, err) || !sync_folder(t, parent, err))
        return false;
    learn(t, path, number);
    return true;
}

bool mf_public_tree_get_path(const struct public_tree *t, const char *path, size_t max,
                             struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = max};
    MF_SCOPED(mf_fd_done) int fd = openat(t->dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    if (!mf_buf_reserve(&b, (size_t)st.st_size, err) ||
        !mf_pread_all(fd, b.p, (size_t)st.st_size, 0, err))
        return mf_err_at(err, "%s", path);
    b.n = (size_t)st.st_size;
    *out = b;
    b = (struct buf){0};
    return true;
}

bool mf_public_tree_get(const struct public_tree *t, const struct tile_id *tile, size_t max,
                        struct buf *out, struct err *err)
{
    char path[MF_TILE_PATH_MAX];

    mf_tile_path_format(tile, path);
    return mf_public_tree_get_path(t, path, max, out, err);
}
