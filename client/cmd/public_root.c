#include "client/cmd/public_root.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/span.h"
#include "common/codec/timestamp.h"

enum { DATE_LEN = 10, FILES_MAX = 1000 };

static void close_folder(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

/* "YYYY-MM-DD", a day that there is. */
static bool is_date(struct span text)
{
    char full[sizeof "2026-10-20T00:00:00Z"];
    struct instant day;
    struct err ignored = {0};

    if (text.n != DATE_LEN)
        return false;
    snprintf(full, sizeof full, "%.*sT00:00:00Z", DATE_LEN, (const char *)text.p);
    return mf_rfc3339_parse(mf_span_str(full), &day, &ignored);
}

static bool read_name(const char *file, const char *name, struct span *date)
{
    struct span text = mf_span_str(file);
    size_t n = strlen(name);

    if (!mf_span_starts(text, mf_span_str(name)) || !mf_span_ends(text, MF_SPAN(".json")) ||
        text.n != n + 1 + DATE_LEN + 5 || file[n] != '-')
        return false;
    *date = mf_span_first(mf_span_from(text, n + 1), DATE_LEN);
    return is_date(*date);
}

/* What decides whom to trust must be in nobody else's hands: neither file nor folder. */
static bool is_ours(int folder, const char *name)
{
    struct stat st;

    return fstatat(folder, name, &st, 0) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Keeps what it has unless the folder holds a newer one. */
static void look_in(const char *dir, const char *name, struct public_root *best)
{
    MF_SCOPED(close_folder) DIR *folder = opendir(dir);
    struct err ignored = {0};

    bool is_good = folder != NULL && is_ours(dirfd(folder), ".");

    for (int i = 0; folder != NULL && i < FILES_MAX; i++) {
        const struct dirent *entry = readdir(folder);
        struct span date;
        char path[PATH_MAX];
        if (entry == NULL)
            break;
        if (!read_name(entry->d_name, name, &date) || memcmp(date.p, best->date, DATE_LEN) <= 0 ||
            !mf_path_join(dir, entry->d_name, path, sizeof path, &ignored))
            continue;
        if (!is_good || !is_ours(dirfd(folder), entry->d_name)) {
            memcpy(best->passed_over, path, sizeof path);
            continue;
        }
        memcpy(best->path, path, sizeof path);
        memcpy(best->date, date.p, DATE_LEN);
    }
}

/* DIR/PROGRAM is the program: DIR/../share/mayfly/trust, which a build and an installation have. */
static bool beside_program(char *out, size_t cap, struct err *err)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return mf_err_sys(err, "/proc/self/exe");
    self[n] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (slash == NULL)
            return mf_err_set(err, MF_ERR_SYSTEM, "the program's path has no folder");
        *slash = '\0';
    }
    return mf_path_join(self, "share/mayfly/trust", out, cap, err);
}

bool mf_public_root_user_dir(char *out, size_t cap, struct err *err)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");

    if (data != NULL && data[0] == '/')
        return mf_path_join(data, "mayfly/trust", out, cap, err);
    if (home != NULL && home[0] == '/')
        return mf_path_join(home, ".local/share/mayfly/trust", out, cap, err);
    return mf_err_set(err, MF_ERR_USAGE,
                      "neither XDG_DATA_HOME nor HOME says where trusted roots are kept");
}

bool mf_public_root_find(const char *name, struct public_root *out)
{
    struct err ignored = {0};
    char dir[PATH_MAX];

    *out = (struct public_root){0};
    if (mf_public_root_user_dir(dir, sizeof dir, &ignored))
        look_in(dir, name, out);
    mf_err_clear(&ignored);
    if (beside_program(dir, sizeof dir, &ignored))
        look_in(dir, name, out);
    look_in(MF_TRUST_DIR, name, out);
    return out->date[0] != '\0';
}
