#include "client/cmd/sign_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/cmd/bundle_path.h"
#include "client/cmd/distinct_files.h"
#include "client/cmd/sign_report.h"
#include "client/cmd/token_choice.h"
#include "client/sign/signed_already.h"
#include "client/sign/signing.h"
#include "common/base/file.h"
#include "common/run/exit.h"

struct sign_run {
    const struct sign_options *options;
    struct crypto *crypto;
    struct http_client *http;
    struct trusted_root *root;
    struct signing_config *config;
    struct instance instance; /* empty when none is running */
    struct secret token;
    struct token_claims claims;
    struct signing *signing;
    bool has_certified; /* a certificate was had in this run */
    struct file_report report;
};

static void run_done(struct sign_run *run)
{
    mf_signing_free(&run->signing);
    mf_token_claims_done(&run->claims);
    mf_secret_done(&run->token);
    mf_instance_done(&run->instance);
    mf_signing_config_free(&run->config);
    mf_trusted_root_free(&run->root);
    mf_http_client_free(&run->http);
    mf_crypto_free(&run->crypto);
}

/* The instance whose development issuer may give a token; without one, a token must be named. */
static bool open_instance(struct sign_run *run, struct err *err)
{
    char dir[PATH_MAX];
    bool chosen = false;

    if (run->options->trust.signing_config != NULL)
        return true;
    if (!mf_instance_dir(run->options->trust.instance, dir, sizeof dir, &chosen, err))
        return false;
    if (mf_instance_open(dir, &run->instance, err))
        return true;
    if (chosen || err->code != MF_ERR_NOT_FOUND)
        return false;
    mf_err_clear(err); /* the missing destination is said below */
    return true;
}

static bool load_trust(struct sign_run *run, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_trust_signing_path(&run->options->trust, path, sizeof path, err))
        return false;
    if (!mf_signing_config_read(path, &run->config, err))
        return mf_err_at(err, "signing configuration");
    if (!mf_trust_root_path(&run->options->trust, path, sizeof path, err))
        return false;
    return mf_trusted_root_read(path, &run->root, err) || mf_err_at(err, "trusted root");
}

/* Everything but the CA, so that a mistyped name costs no certificate. */
static bool prepare(struct sign_run *run, struct err *err)
{
    const struct http_client_params params = {.user_agent = "mayfly/" MF_VERSION,
                                              .budget_ms = 1000 * run->options->timeout_s};

    return mf_crypto_new(MF_CRYPTO_DEFAULT, &run->crypto, err) && open_instance(run, err) &&
           load_trust(run, err) && mf_http_client_new(&params, &run->http, err) &&
           mf_token_choose(run->options->token, run->http, &run->instance, &run->token, err) &&
           mf_token_claims_read(&run->token, &run->claims, err);
}

static bool begin_signing(struct sign_run *run, struct err *err)
{
    const struct signing_params params = {
        .crypto = run->crypto,
        .http = run->http,
        .config = run->config,
        .root = run->root,
        .token = &run->token,
        .claims = &run->claims,
        .clock = mf_clock_system(),
    };

    return mf_signing_begin(&params, &run->signing, err);
}

/* A token may live for a minute, a run for an hour. Where the source can be asked once more, it is;
 * what came on a stream or in the environment is sent again, and the CA says whether it still
 * lives. */
static bool renew_token(struct sign_run *run, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    const char *option = run->options->token;

    if (option != NULL && !mf_token_option_is_file(option))
        return true;
    if (!mf_token_choose(option, run->http, &run->instance, &token, err) ||
        !mf_token_claims_read(&token, &claims, err))
        return false;
    if (!mf_token_claims_same(&claims, &run->claims))
        return mf_err_set(err, MF_ERR_DENIED, "the token has become one for another identity");
    mf_secret_done(&run->token);
    run->token = token;
    token = (struct secret){0};
    return true;
}

/* One key and certificate serve as many batches as they live for. */
static bool have_certificate(struct sign_run *run, struct err *err)
{
    if (run->signing != NULL && !mf_signing_runs_out(run->signing))
        return true;
    mf_signing_free(&run->signing);
    if (!run->has_certified) {
        run->has_certified = begin_signing(run, err);
        return run->has_certified;
    }
    if (renew_token(run, err) && begin_signing(run, err))
        return true;
    mf_err_at(err, "next certificate, the first having run out");
    return mf_err_hint(err,
                       "run it again with a fresh token: files signed already are passed over");
}

static bool output_path(const struct sign_run *run, const char *file, char *out, size_t cap,
                        struct err *err)
{
    if (run->options->bundle == NULL)
        return mf_bundle_path_default(file, out, cap, err);
    return mf_path_append(run->options->bundle, "", out, cap, err);
}

struct job { /* one file of a batch */
    const char *file;
    char path[PATH_MAX];
};

/* A retried job succeeds: a bundle that verifies for this file and this token's identity is done.
 */
static bool check_done(struct sign_run *run, const struct job *job, const struct artifact *artifact,
                       struct err *err)
{
    const struct signed_question ask = {.file = job->file,
                                        .bundle_path = job->path,
                                        .artifact = artifact,
                                        .token = &run->claims,
                                        .root = run->root};
    struct err why = {0};
    char said[400];
    int64_t log_index = 0;

    if (mf_signed_already(run->crypto, &ask, &log_index, &why)) {
        mf_sign_report_done(&run->report, job->file, job->path, log_index);
        return true;
    }
    why.hint[0] = '\0'; /* the one below is what to do */
    mf_err_render(&why, said, sizeof said);
    mf_err_set(err, MF_ERR_EXISTS, "is already there, and does not count as done: %s", said);
    mf_err_at(err, "%s", job->path);
    return mf_err_hint(err, "replace it with --overwrite");
}

/* *sign is false when nothing is left to do for this file. */
static bool check_file(struct sign_run *run, const char *file, struct job *job,
                       struct artifact *artifact, bool *sign, struct err *err)
{
    *sign = false;
    job->file = file;
    if (!output_path(run, file, job->path, sizeof job->path, err) ||
        !mf_artifact_read(run->crypto, file, 1U << MF_SHA256, artifact, err))
        return false;
    /* A link to nothing is there too: no bundle could be made in its place. */
    if (!run->options->overwrite && faccessat(AT_FDCWD, job->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return check_done(run, job, artifact, err);
    *sign = true;
    return true;
}

static void write_bundle(struct sign_run *run, const struct job *job, struct signed_artifact *item)
{
    enum file_write_how how = run->options->overwrite ? MF_FILE_REPLACE : MF_FILE_CREATE;

    if (item->ok && mf_file_write(job->path, mf_buf_span(&item->bundle), 0644, how, &item->err))
        mf_sign_report_signed(&run->report, job->file, job->path, item);
    else
        mf_sign_report_failed(&run->report, job->file, &item->err);
    mf_buf_done(&item->bundle);
}

static void sign_batch(struct sign_run *run, const struct job *jobs,
                       const struct artifact *artifacts, size_t count)
{
    struct signed_artifact items[MF_SIGNING_BATCH];
    struct err err = {0};

    if (!have_certificate(run, &err)) {
        for (size_t i = 0; i < count; i++)
            mf_sign_report_failed(&run->report, jobs[i].file, &err);
        return;
    }
    mf_signing_sign(run->signing, artifacts, count, items);
    for (size_t i = 0; i < count; i++)
        write_bundle(run, &jobs[i], &items[i]);
}

static void sign_all(struct sign_run *run, char **files, size_t count)
{
    struct job *jobs = mf_array_new(MF_SIGNING_BATCH, sizeof *jobs);
    struct artifact artifacts[MF_SIGNING_BATCH];
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        if (jobs == NULL) {
            mf_err_set(&err, MF_ERR_SYSTEM, "no memory for a batch of files");
            mf_sign_report_failed(&run->report, files[i], &err);
            continue;
        }
        bool sign = false;
        if (!check_file(run, files[i], &jobs[n], &artifacts[n], &sign, &err))
            mf_sign_report_failed(&run->report, files[i], &err);
        n += sign ? 1 : 0;
        if (n == MF_SIGNING_BATCH || (i + 1 == count && n > 0)) {
            sign_batch(run, jobs, artifacts, n);
            n = 0;
        }
    }
    free(jobs);
}

int mf_sign_run(const struct sign_options *options, char **files, size_t count)
{
    MF_SCOPED(run_done)
    struct sign_run run = {.options = options,
                           .report = {.json = options->json, .quiet = options->quiet}};
    struct err err = {0};

    if (!mf_distinct_files(files, &count, &err) || !prepare(&run, &err))
        return mf_exit_report("mayfly", &err);
    mf_file_report_begin(&run.report, "mayfly.sign/1");
    sign_all(&run, files, count);
    return mf_file_report_end(&run.report);
}
