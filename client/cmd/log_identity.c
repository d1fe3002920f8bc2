#include "client/cmd/log_identity.h"

#include <limits.h>

#include "common/base/file.h"
#include "common/run/config.h"

enum { FIELD_MAX = 4096 };

static bool copy(const struct json_node *root, const char *name, struct buf *out, struct err *err)
{
    struct span text;

    out->max = FIELD_MAX;
    return mf_json_member_string(root, name, &text, err) && mf_buf_append(out, text, err);
}

static bool check_type(const struct json_node *root, const char *type, struct err *err)
{
    struct span found;

    return mf_json_member_string(root, "type", &found, err) &&
           (mf_span_eq(found, mf_span_str(type)) ||
            mf_err_set(err, MF_ERR_FORMAT, "type is '%.*s', not %s", MF_SPAN_ARG(found), type));
}

static bool read_members(const struct json_node *root, struct log_identity *out, struct err *err)
{
    out->log_id.max = 64;
    out->spki.max = FIELD_MAX;
    return copy(root, "origin", &out->origin, err) && copy(root, "created", &out->created, err) &&
           mf_json_member_bytes(root, "logId", &out->log_id, err) &&
           mf_json_member_bytes(root, "publicKey", &out->spki, err);
}

bool mf_log_identity_read(const char *dir, const char *folder, const char *type,
                          struct log_identity *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_log_identity_done) struct log_identity identity = {0};
    char log[PATH_MAX];
    char path[PATH_MAX];

    if (!mf_path_join(dir, folder, log, sizeof log, err) ||
        !mf_path_join(log, "identity.json", path, sizeof path, err) ||
        !mf_config_read(path, &doc, err))
        return false;
    if (!check_type(mf_json_root(doc), type, err) ||
        !read_members(mf_json_root(doc), &identity, err))
        return mf_err_at(err, "%s", path);
    *out = identity;
    identity = (struct log_identity){0};
    return true;
}

void mf_log_identity_done(struct log_identity *identity)
{
    mf_buf_done(&identity->origin);
    mf_buf_done(&identity->log_id);
    mf_buf_done(&identity->spki);
    mf_buf_done(&identity->created);
}
