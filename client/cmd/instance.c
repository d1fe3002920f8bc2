#include "client/cmd/instance.h"

#include <stdlib.h>

#include "common/base/file.h"

enum { INSTANCE_FILE_MAX = 64 * 1024 }; /* bytes */

static bool default_dir(char *out, size_t cap, struct err *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (state != NULL && state[0] == '/')
        return mf_path_append(state, "/mayfly", out, cap, err);
    if (home != NULL && home[0] == '/')
        return mf_path_append(home, "/.local/state/mayfly", out, cap, err);
    mf_err_set(err, MF_ERR_USAGE, "neither XDG_STATE_HOME nor HOME says where the instance lives");
    return mf_err_hint(err, "give a directory with --instance");
}

bool mf_instance_dir(const char *option, char *out, size_t cap, bool *chosen, struct err *err)
{
    const char *named = option != NULL ? option : getenv("MAYFLY_INSTANCE");

    *chosen = named != NULL && named[0] != '\0';
    if (!*chosen)
        return default_dir(out, cap, err);
    return mf_path_append(named, "", out, cap, err);
}

static bool read_members(struct instance *i, struct err *err)
{
    const struct json_node *root = mf_json_root(i->doc);
    const struct {
        const char *name;
        struct span *to;
    } members[] = {
        {"fulcio", &i->fulcio},     {"rekor", &i->rekor},
        {"tsa", &i->tsa},           {"ct", &i->ct},
        {"oidc", &i->oidc},         {"issuer", &i->issuer},
        {"audience", &i->audience}, {"identity", &i->identity},
    };

    for (size_t k = 0; k < MF_LEN(members); k++)
        if (!mf_json_member_string(root, members[k].name, members[k].to, err))
            return false;
    return true;
}

bool mf_instance_parse(struct span text, struct instance *out, struct err *err)
{
    MF_SCOPED(mf_instance_done) struct instance i = {0};

    if (!mf_json_parse(text, &mf_json_file_limits, &i.doc, err) || !read_members(&i, err))
        return false;
    *out = i;
    i = (struct instance){0};
    return true;
}

bool mf_instance_open(const char *dir, struct instance *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_instance_done) struct instance i = {0};
    char path[PATH_MAX];

    if (!mf_path_join(dir, "instance.json", path, sizeof path, err))
        return false;
    if (!mf_file_read(path, INSTANCE_FILE_MAX, &text, err)) {
        if (err->code == MF_ERR_NOT_FOUND)
            mf_err_hint(err, "start one with: mayfly up --dir %s", dir);
        return mf_err_at(err, "instance");
    }
    if (!mf_instance_parse(mf_buf_span(&text), &i, err))
        return mf_err_at(err, "%s", path);
    if (!mf_path_append(dir, "", i.dir, sizeof i.dir, err))
        return false;
    *out = i;
    i = (struct instance){0};
    return true;
}

void mf_instance_done(struct instance *instance)
{
    mf_json_free(&instance->doc);
    *instance = (struct instance){0};
}

bool mf_instance_path(const struct instance *instance, const char *name, char *out, size_t cap,
                      struct err *err)
{
    return mf_path_join(instance->dir, name, out, cap, err);
}
