#include "common/run/config.h"

#include "common/base/file.h"

enum { FORMAT = 1 };

static bool check_format(const struct json_node *root, struct err *err)
{
    int64_t format = 0;

    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "configuration is not a JSON object");
    if (!mf_json_member_int64(root, "format", &format, err))
        return mf_err_hint(err, "begin the file with \"format\": %d", FORMAT);
    if (format != FORMAT) {
        mf_err_set(err, MF_ERR_FORMAT, "format %lld is not known", (long long)format);
        return mf_err_hint(err, "this release reads format %d", FORMAT);
    }
    return true;
}

bool mf_config_read(const char *path, struct json **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (!mf_file_read(path, mf_json_config_limits.bytes, &text, err))
        return false;
    if (!mf_json_parse(mf_buf_span(&text), &mf_json_config_limits, &doc, err) ||
        !check_format(mf_json_root(doc), err))
        return mf_err_at(err, "%s", path);
    *out = MF_MOVE(doc);
    return true;
}

bool mf_config_path(const char *config_path, const struct json_node *section, const char *name,
                    char *out, size_t cap, struct err *err)
{
    struct span value;
    const char *slash = strrchr(config_path, '/');
    size_t dir = slash == NULL ? 0 : (size_t)(slash - config_path) + 1;

    if (!mf_json_member_string(section, name, &value, err))
        return false;
    if (value.n == 0) {
        mf_err_set(err, MF_ERR_FORMAT, "path is empty");
        return mf_err_at(err, "%s", name);
    }
    if (value.p[0] == '/')
        dir = 0;
    if (dir + value.n + 1 > cap) {
        mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap - 1);
        return mf_err_at(err, "%s", name);
    }
    memcpy(out, config_path, dir);
    memcpy(out + dir, value.p, value.n);
    out[dir + value.n] = '\0';
    return true;
}
