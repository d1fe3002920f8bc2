/* Every file that is there: what it is, its mode, and whether it belongs to a log. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transparency/engine/journal_parts.h"
#include "transparency/fsck/fsck_files.h"
#include "transparency/fsck/fsck_issuers.h"

enum { DEPTH_MAX = 12 }; /* of folders; the deepest tile is 9 deep */

struct walk {
    struct fsck *f;
    uint64_t ahead; /* tiles that a publication cut off has left */
    char first_ahead[MF_FSCK_NAME_MAX];
};

enum who { ANYBODY, EVERYBODY_READS, OWNER_ONLY };

static const struct known {
    const char *path;
    bool folder;
    enum who who;
} known[] = {
    {"identity.json", false, ANYBODY},
    {"key.pem", false, OWNER_ONLY},
    {"lock", false, ANYBODY},
    {"state", true, ANYBODY},
    {"state/head", false, ANYBODY},
    {"state/journal", true, ANYBODY},
    {"state/staging", true, ANYBODY},
    {"state/dedup", true, ANYBODY},
    {"state/dedup/data.mdb", false, ANYBODY},
    {"state/dedup/lock.mdb", false, ANYBODY},
    {"public", true, EVERYBODY_READS},
    {"public/checkpoint", false, EVERYBODY_READS},
    {"public/tile", true, EVERYBODY_READS},
    {"public/issuer", true, EVERYBODY_READS},
};

static void stranger(struct walk *w, const char *path)
{
    mf_fsck_fault(w->f, path, "does not belong to a log",
                  "move it away, unless another program of yours needs it");
}

static void check_mode(struct walk *w, const char *path, const struct stat *st, enum who who)
{
    mode_t mode = st->st_mode & 07777;
    mode_t wanted = S_ISDIR(st->st_mode) ? 0755 : 0644;
    const char *what = NULL;
    const char *todo = "set its mode";
    char texts[2][16];

    if (who == OWNER_ONLY && (mode & 077) != 0) {
        what = "others may use the log's key";
        todo = "chmod 600; whoever could read it may know the key";
        wanted = 0600;
    } else if ((mode & 022) != 0) {
        what = "others may write it";
    } else if (who == EVERYBODY_READS && (mode & wanted) != wanted) {
        what = "not everybody can read it";
    }
    if (what == NULL || snprintf(texts[0], sizeof texts[0], "%04o", (unsigned)wanted) < 0 ||
        snprintf(texts[1], sizeof texts[1], "%04o", (unsigned)mode) < 0)
        return;
    mf_fsck_tell(
        w->f,
        &(struct finding){
            .file = path, .what = what, .expected = texts[0], .found = texts[1], .todo = todo});
}

/* Both files begin with the same bytes: the partial one's. */
static void compare_front(struct walk *w, const char *path, const struct tile_id *now)
{
    MF_SCOPED(mf_window_done) struct window part = {.fd = -1};
    MF_SCOPED(mf_window_done) struct window whole = {.fd = -1};
    char name[MF_FSCK_NAME_MAX];
    struct err err = {0};
    struct span a;
    struct span b;

    mf_fsck_tile_name(now, name);
    if (!mf_window_open(&whole, w->f->dir_fd, name, UINT64_MAX, &err) ||
        !mf_window_open(&part, w->f->dir_fd, path, UINT64_MAX, &err))
        return; /* gone meanwhile */
    while (part.position < part.size) {
        if (!mf_window_look(&part, 1, &a, &err) || !mf_window_look(&whole, 1, &b, &err)) {
            mf_fsck_error(w->f, path, &err, NULL);
            return;
        }
        size_t n = a.n < b.n ? a.n : b.n;
        if (n == 0 || memcmp(a.p, b.p, n) != 0) {
            mf_fsck_fault(w->f, path, "is not the front of the newer tile of this place",
                          "remove it, if the newer one is whole: nobody needs it any more");
            return;
        }
        mf_window_skip(&part, n);
        mf_window_skip(&whole, n);
    }
}

static void keep_ahead(struct walk *w, const char *path, const struct tile_id *tile)
{
    unsigned width = mf_tile_path_width(w->f->result->end, tile->level, tile->index);

    if (!w->f->params->online && tile->width > width) {
        mf_fsck_fault(w->f, path, "is a tile of entries that the log does not have",
                      "move it away; if it was ever served, find out where it comes from");
        return;
    }
    if (w->ahead++ == 0 && snprintf(w->first_ahead, sizeof w->first_ahead, "%s", path) < 0)
        w->first_ahead[0] = '\0';
}

/* Those that the checkpoint needs were read by the tree's check. */
static void see_tile(struct walk *w, const char *path, const struct tile_id *tile)
{
    struct tile_id now = *tile;

    if (!w->f->has_public)
        return;
    now.width = mf_tile_path_width(w->f->public.size, tile->level, tile->index);
    if (tile->width > now.width) {
        keep_ahead(w, path, tile);
        return;
    }
    if (tile->width < now.width && w->f->entries_whole)
        compare_front(w, path, &now);
}

static bool is_digits(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

static bool is_hash_name(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool is_journal_file(const char *name)
{
    static const char ending[] = ".journal";
    size_t n = strlen(name);

    return strcmp(name, "settling.new") == 0 || (strncmp(name, "spare-", 6) == 0 && n < 16) ||
           (n == 16 + sizeof ending - 1 && strcmp(name + 16, ending) == 0 &&
            strspn(name, "0123456789abcdef") == 16);
}

static bool is_tile_folder(const char *below)
{
    const char *name = strrchr(below, '/');

    name = name == NULL ? below : name + 1;
    if (name == below)
        return is_digits(name) || strcmp(name, "entries") == 0 || strcmp(name, "data") == 0;
    return (name[0] == 'x' && is_digits(name + 1)) ||
           (strlen(name) == 5 && strcmp(name + 3, ".p") == 0);
}

/* Bytes behind a prefix; null when the path does not begin so. */
static const char *below(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

/* A file that is not in the table. */
static void see_file(struct walk *w, const char *path, const struct stat *st)
{
    bool ct = w->f->dir.type == MF_LOG_CT;
    const char *name = NULL;
    struct tile_id tile;
    struct err err = {0};

    if (below(path, "public/tile/") != NULL &&
        mf_tile_path_parse(mf_span_str(path + strlen("public/")), &tile, &err) &&
        tile.kind != (ct ? MF_TILE_ENTRIES : MF_TILE_DATA)) {
        check_mode(w, path, st, EVERYBODY_READS);
        see_tile(w, path, &tile);
    } else if ((name = below(path, "public/issuer/")) != NULL && ct && is_hash_name(name)) {
        check_mode(w, path, st, EVERYBODY_READS);
        mf_fsck_issuer_file(w->f, path);
    } else if (((name = below(path, "state/journal/")) != NULL && is_journal_file(name)) ||
               ((name = below(path, "state/staging/")) != NULL &&
                (is_digits(name) || strcmp(name, "checkpoint") == 0 ||
                 strncmp(name, "add-", 4) == 0))) {
        check_mode(w, path, st, ANYBODY);
    } else {
        stranger(w, path);
    }
}

/* True for a folder whose files are to be seen as well. */
static bool see(struct walk *w, const char *path, const struct stat *st)
{
    bool folder = S_ISDIR(st->st_mode);
    const char *rest = below(path, "public/tile/");

    if (!folder && !S_ISREG(st->st_mode)) {
        mf_fsck_fault(w->f, path,
                      S_ISLNK(st->st_mode) ? "is a symbolic link" : "is no file and no folder",
                      "put the file itself there");
        return false;
    }
    for (size_t i = 0; i < MF_LEN(known); i++) {
        if (strcmp(path, known[i].path) != 0 || folder != known[i].folder)
            continue;
        check_mode(w, path, st, known[i].who);
        return folder;
    }
    if (!folder) {
        see_file(w, path, st);
        return false;
    }
    if (rest != NULL && is_tile_folder(rest)) {
        check_mode(w, path, st, EVERYBODY_READS);
        return true;
    }
    stranger(w, path);
    return false;
}

static void tell_folder(struct walk *w, const char *path)
{
    struct err err = {0};

    if (errno == ENOENT)
        return;
    if (errno == EACCES)
        mf_err_set(&err, MF_ERR_DENIED, "cannot be read: permission denied");
    else
        mf_err_sys(&err, "cannot be read");
    mf_fsck_error(w->f, path, &err, NULL);
}

/* path (n bytes of it are used) is below the directory; "" is the directory. */
static void walk_folder(struct walk *w, int parent, const char *name, char path[static PATH_MAX],
                        unsigned depth)
{
    size_t n = strlen(path);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry = NULL;
    struct stat st;

    if (dir == NULL) {
        tell_folder(w, path);
        mf_fd_done(&fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int more = snprintf(path + n, PATH_MAX - n, "%s%s", n > 0 ? "/" : "", entry->d_name);
        if (more < 0 || (size_t)more >= PATH_MAX - n || depth == DEPTH_MAX)
            stranger(w, path);
        else if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            tell_folder(w, path);
        else if (see(w, path, &st))
            walk_folder(w, fd, entry->d_name, path, depth + 1);
        path[n] = '\0';
    }
    closedir(dir);
}

static void look_for_key(struct fsck *f)
{
    struct stat st;

    if (fstatat(f->dir_fd, "key.pem", &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        mf_fsck_note(f, "key.pem", "is missing: the log can be read, and not be served");
}

void mf_fsck_walk(struct fsck *f)
{
    struct walk w = {.f = f};
    char path[PATH_MAX] = "";
    char what[96];

    if (f->params->online) {
        memcpy(path, "public", sizeof "public");
        walk_folder(&w, f->dir_fd, "public", path, 1);
        return;
    }
    walk_folder(&w, f->dir_fd, ".", path, 0);
    look_for_key(f);
    if (w.ahead > 0 &&
        snprintf(what, sizeof what,
                 "%" PRIu64 " tiles from here on are of a publication that was cut off",
                 w.ahead) > 0)
        mf_fsck_note(f, w.first_ahead, what);
}
