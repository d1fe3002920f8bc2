#include "client/cmd/trust_source.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"

static bool copy(const char *path, char *out, size_t cap, struct err *err)
{
    int n = snprintf(out, cap, "%s", path);

    if (n < 0 || (size_t)n >= cap)
        return mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap);
    return true;
}

/* *found false when no option names the file and no instance has it. An instance that was named but
 * does not have it is an error here, since it was meant. */
static bool find(const struct trust_options *options, const char *named, const char *file,
                 char *out, size_t cap, bool *found, struct err *err)
{
    char dir[PATH_MAX];
    bool chosen = false;

    *found = true;
    if (named != NULL)
        return copy(named, out, cap, err);
    if (!mf_instance_dir(options->instance, dir, sizeof dir, &chosen, err) ||
        !mf_path_join(dir, file, out, cap, err))
        return false;
    if (access(out, F_OK) == 0)
        return true;
    *found = false;
    if (!chosen)
        return true;
    mf_err_set(err, MF_ERR_NOT_FOUND, "the instance has no %s", file);
    mf_err_at(err, "%s", dir);
    return mf_err_hint(err, "start it with: mayfly up --dir %s", dir);
}

bool mf_trust_root_path(const struct trust_options *options, char *out, size_t cap, struct err *err)
{
    bool found = false;

    if (!find(options, options->trusted_root, "trusted_root.json", out, cap, &found, err))
        return false;
    if (found)
        return true;
    mf_err_set(err, MF_ERR_TRUST, "there is nothing to trust");
    return mf_err_hint(err,
                       "name a trusted root with --trusted-root, or an instance with --instance");
}

bool mf_trust_signing_path(const struct trust_options *options, char *out, size_t cap,
                           struct err *err)
{
    bool found = false;

    if (!find(options, options->signing_config, "signing_config.json", out, cap, &found, err))
        return false;
    if (found)
        return true;
    mf_err_set(err, MF_ERR_USAGE,
               "no service to sign with was named, and none is used by default: "
               "a public one would publish this identity for ever");
    return mf_err_hint(err, "name an instance with --instance, or start one with: mayfly up");
}
