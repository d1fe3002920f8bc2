#include "client/cmd/trust_source.h"

#include <string.h>
#include <unistd.h>

#include "client/cmd/public_root.h"
#include "common/base/file.h"

static bool clash(struct err *err, const char *one, const char *other, const char *what)
{
    mf_err_set(err, MF_ERR_USAGE, "%s and %s both say %s", one, other, what);
    return mf_err_hint(err, "give one of the two");
}

/* Of the options that say whom to trust, the first two that were given. */
static bool check_one(const struct trust_options *o, struct err *err)
{
    const char *const given[] = {
        o->instance != NULL ? "--instance" : NULL,
        o->trusted_root != NULL ? "--trusted-root" : NULL,
        o->is_public ? "--public" : NULL,
        o->is_staging ? "--staging" : NULL,
    };
    const char *first = NULL;

    for (size_t i = 0; i < MF_LEN(given); i++) {
        if (given[i] == NULL)
            continue;
        if (first != NULL)
            return clash(err, first, given[i], "whom to trust");
        first = given[i];
    }
    return true;
}

bool mf_trust_options_check(const struct trust_options *options, struct err *err)
{
    if (!check_one(options, err))
        return false;
    return options->instance == NULL || options->signing_config == NULL ||
           clash(err, "--instance", "--signing-config", "which services to sign with");
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

static bool nothing_to_trust(struct err *err)
{
    mf_err_set(err, MF_ERR_TRUST, "there is nothing to trust");
    return mf_err_hint(err,
                       "name a trusted root with --trusted-root, or an instance with --instance");
}

bool mf_trust_root_path(const struct trust_options *options, char *out, size_t cap, struct err *err)
{
    bool found = false;

    if (!find(options, options->trusted_root, "trusted_root.json", out, cap, &found, err))
        return false;
    return found || nothing_to_trust(err);
}

static bool choose_public(const char *name, struct trust_choice *out)
{
    struct public_root found;

    bool is_there = mf_public_root_find(name, &found);
    memcpy(out->passed_over, found.passed_over, sizeof out->passed_over);
    if (!is_there)
        return false;
    out->public_name = name;
    memcpy(out->path, found.path, sizeof out->path);
    memcpy(out->date, found.date, sizeof out->date);
    return true;
}

static bool no_public_root(const char *name, const char *passed_over, struct err *err)
{
    char dir[PATH_MAX];
    struct err ignored = {0};

    if (passed_over[0] != '\0') {
        mf_err_set(err, MF_ERR_TRUST,
                   "others own or may write it or its folder, so it is not trusted");
        mf_err_at(err, "%s", passed_over);
        return mf_err_hint(err, "chmod go-w both, or name it with --trusted-root");
    }
    mf_err_set(err, MF_ERR_TRUST, "this installation came without the %s trusted root", name);
    if (!mf_public_root_user_dir(dir, sizeof dir, &ignored))
        return mf_err_hint(err, "name one with --trusted-root");
    return mf_err_hint(err, "put one at %s/%s-YYYY-MM-DD.json, or name it with --trusted-root", dir,
                       name);
}

bool mf_trust_choose(const struct trust_options *options, struct trust_choice *out, struct err *err)
{
    const char *name = options->is_public    ? MF_PUBLIC_ROOT_GOOD
                       : options->is_staging ? MF_PUBLIC_ROOT_STAGING
                                             : NULL;
    bool found = false;

    *out = (struct trust_choice){0};
    if (name != NULL)
        return choose_public(name, out) || no_public_root(name, out->passed_over, err);
    if (!find(options, options->trusted_root, "trusted_root.json", out->path, sizeof out->path,
              &found, err))
        return false;
    return found || choose_public(MF_PUBLIC_ROOT_GOOD, out) || nothing_to_trust(err);
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
