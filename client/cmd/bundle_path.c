#include "client/cmd/bundle_path.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/bundle/bundle.h"
#include "common/base/file.h"

static const char *const endings[] = {
    ".sigstore.json", ".sigstore", ".bundle", ".sigstore.jsonl", ".intoto.jsonl",
};

bool mf_bundle_path_is_list(const char *path)
{
    return mf_span_ends(mf_span_str(path), MF_SPAN(".jsonl"));
}

bool mf_bundle_path_default(const char *file, char *out, size_t cap, struct err *err)
{
    return mf_path_append(file, endings[0], out, cap, err);
}

static bool same_content(const char *a, const char *b, bool *same, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf left = {0};
    MF_SCOPED(mf_buf_done) struct buf right = {0};

    if (!mf_file_read(a, MF_BUNDLE_MAX, &left, err) || !mf_file_read(b, MF_BUNDLE_MAX, &right, err))
        return false;
    *same = mf_span_eq(mf_buf_span(&left), mf_buf_span(&right));
    return true;
}

/* A file that is not there itself is the likelier slip, and names the right thing to mend. */
static bool none_beside(const char *file, struct err *err)
{
    struct stat st;

    if (stat(file, &st) != 0)
        return mf_err_sys(err, "cannot open");
    if (S_ISDIR(st.st_mode))
        return mf_err_set(err, MF_ERR_SYSTEM, "is a directory");
    mf_err_set(err, MF_ERR_NOT_FOUND, "there is no bundle beside it (%s%s)", file, endings[0]);
    return mf_err_hint(err, "name it with --bundle");
}

bool mf_bundle_path_find(const char *file, char *out, size_t cap, struct err *err)
{
    char path[PATH_MAX];
    bool found = false;

    for (size_t i = 0; i < MF_LEN(endings); i++) {
        bool same = true;
        if (!mf_path_append(file, endings[i], path, sizeof path, err))
            return false;
        if (access(path, F_OK) != 0)
            continue;
        if (found && !same_content(out, path, &same, err))
            return false;
        if (!same) {
            mf_err_set(err, MF_ERR_USAGE, "%s and %s both exist and differ", out, path);
            return mf_err_hint(err, "say which with --bundle");
        }
        if (!found && !mf_path_append(path, "", out, cap, err))
            return false;
        found = true;
    }
    return found || none_beside(file, err);
}
