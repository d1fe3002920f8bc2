#include "client/cmd/trust_source.h"

#include <unistd.h>

#include "common/base/file.h"

static bool clash(struct err *err, const char *option, const char *what)
{
    mf_err_set(err, MF_ERR_USAGE, "--instance and %s both say %s", option, what);
    return mf_err_hint(err, "give one of the two");
}

bool mf_trust_options_check(const struct trust_options *options, struct err *err)
{
    if (options->instance != NULL && options->trusted_root != NULL)
        return clash(err, "--trusted-root", "whom to trust");
    if (options->instance != NULL && options->signing_config != NULL)
        return clash(err, "--signing-config", "which services to sign with");
    return true;
}

bool mf_trust_signing_check(const struct trust_options *options, struct err *err)
{
    bool has_root = options->trusted_root != NULL;

    if (has_root == (options->signing_config != NULL))
        return true;
    if (has_root)
        mf_err_set(err, MF_ERR_USAGE,
                   "--trusted-root says whom to trust, but not which services to sign with");
    else
        mf_err_set(err, MF_ERR_USAGE,
                   "--signing-config says which services to sign with, but not whom to trust");
    return mf_err_hint(err, "give %s as well, or --instance in place of both",
                       has_root ? "--signing-config" : "--trusted-root");
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
        return mf_path_append(named, "", out, cap, err);
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
