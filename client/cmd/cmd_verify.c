/* mayfly verify: is this file what somebody signed, and was it the one who should have? Offline. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/bundle_path.h"
#include "client/cmd/trust_source.h"
#include "client/cmd/verbs.h"
#include "client/cmd/verify_report.h"
#include "client/cmd/who_options.h"
#include "client/trust/witness_file.h"
#include "common/base/file.h"
#include "common/run/exit.h"

enum { OWN_OPTIONS_MAX = 16 }; /* beside those that say who */

struct verify_options {
    struct trust_options trust;
    struct who_options who;
    const char *key, *bundle, *witnesses;
    bool json, quiet, verbose;
};

struct verify_run {
    struct crypto *crypto;
    struct trust_choice trust;
    struct trusted_root *root;
    struct demand_list demands;
    struct identity_demand demand; /* of those */
    struct managed_key key;        /* instead */
    struct witness_policy *witnesses;
    const struct verify_options *options;
    struct verify_report report;
};

static void run_done(struct verify_run *run)
{
    mf_witness_policy_free(&run->witnesses);
    mf_demand_list_done(&run->demands);
    mf_managed_key_done(&run->key);
    mf_trusted_root_free(&run->root);
    mf_crypto_free(&run->crypto);
}

static bool find_bundle(const struct verify_options *o, const char *file, bool is_digest, char *out,
                        size_t cap, struct err *err)
{
    if (o->bundle != NULL)
        return mf_path_append(o->bundle, "", out, cap, err);
    if (is_digest) {
        mf_err_set(err, MF_ERR_USAGE, "a digest has no file for a bundle to stand beside");
        return mf_err_hint(err, "name the bundle with --bundle");
    }
    return mf_bundle_path_find(file, out, cap, err);
}

/* Is it a digest? Whoever put a file of that name there must not decide what is verified: such a
 * file is named with its folder. */
static bool read_digest(const char *file, struct artifact *artifact, bool *is_digest,
                        struct err *err)
{
    *is_digest = false;
    if (strncmp(file, "sha256:", 7) != 0)
        return true;
    *is_digest = mf_artifact_from_text(file, artifact);
    if (!*is_digest)
        mf_err_set(err, MF_ERR_USAGE,
                   "is not a digest: sha256: goes before 64 hexadecimal digits (a file of that "
                   "name is ./sha256:...)");
    return *is_digest;
}

/* Into verdict->bundle and its result; a list gives the bundle that counted. */
static bool verify_bundle(struct verify_run *run, const struct artifact *given, const char *file,
                          const char *path, struct list_verdict *verdict, struct err *err)
{
    const struct managed_key *key = run->options->key != NULL ? &run->key : NULL;
    MF_SCOPED(mf_buf_done) struct buf list = {0};
    bool is_list = mf_bundle_path_is_list(path);
    struct artifact artifact;
    unsigned digests = MF_DIGESTS_ALL;

    if (is_list ? !mf_file_read(path, MF_BUNDLE_LIST_MAX, &list, err)
                : !mf_bundle_read(path, &verdict->bundle, err))
        return false;
    if (!is_list)
        digests = mf_bundle_digests(run->crypto, verdict->bundle, key);
    if (given == NULL && !mf_artifact_read(run->crypto, file, digests, &artifact, err))
        return false;
    const struct verify_params params = {
        .root = run->root,
        .demand = key == NULL ? &run->demand : NULL,
        .key = key,
        .witnesses = run->witnesses,
        .artifact = given != NULL ? given : &artifact,
    };
    if (!is_list)
        return mf_bundle_verify(run->crypto, verdict->bundle, &params, &verdict->result, err);
    return mf_bundle_list_verify(run->crypto, mf_buf_span(&list), &params, verdict, err) ||
           mf_err_at(err, "%s", path);
}

static bool verify_file(struct verify_run *run, const char *file, struct list_verdict *verdict,
                        struct err *err)
{
    struct artifact artifact;
    char path[PATH_MAX];
    bool is_digest;

    return read_digest(file, &artifact, &is_digest, err) &&
           find_bundle(run->options, file, is_digest, path, sizeof path, err) &&
           verify_bundle(run, is_digest ? &artifact : NULL, file, path, verdict, err);
}

static void report_file(struct verify_run *run, const char *file)
{
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    struct err err = {0};

    if (!verify_file(run, file, &verdict, &err) && err.hint[0] == '\0' &&
        err.code == MF_ERR_NOT_FOUND)
        mf_err_hint(&err, "check the name");
    mf_verify_report_add(&run->report, file, &verdict, &err);
}

static bool check_usage(struct verify_run *run, int operands, struct err *err)
{
    const struct verify_options *o = run->options;

    if (operands == 0) {
        mf_err_set(err, MF_ERR_USAGE, "no file was named");
        return mf_err_hint(err, "see mayfly verify --help");
    }
    if (o->key != NULL && mf_who_options_given(&o->who) != NULL)
        return mf_err_set(err, MF_ERR_USAGE, "--key goes without %s",
                          mf_who_options_given(&o->who));
    if (o->bundle != NULL && operands > 1)
        return mf_err_set(err, MF_ERR_USAGE, "--bundle goes with one file, but %d were named",
                          operands);
    if (o->key == NULL && !mf_who_options_read(&o->who, &run->demands, err))
        return false;
    run->demand = mf_demand_list_view(&run->demands);
    return mf_trust_options_check(&o->trust, err);
}

static bool read_witnesses(struct verify_run *run, struct err *err)
{
    if (run->options->witnesses == NULL)
        return true;
    if (!mf_witness_file_read(run->crypto, run->options->witnesses, &run->witnesses, err))
        return mf_err_at(err, "witness policy");
    run->report.witnesses = run->witnesses;
    if (run->witnesses->unusable_count > 0)
        fprintf(stderr,
                "mayfly: witness policy: %zu witnesses have keys of a kind not known here; they "
                "count as absent\n",
                run->witnesses->unusable_count);
    return true;
}

static bool prepare(struct verify_run *run, struct err *err)
{
    if (!mf_trust_choose(&run->options->trust, &run->trust, err) ||
        !mf_crypto_new(MF_CRYPTO_DEFAULT, &run->crypto, err))
        return false;
    if (!mf_trusted_root_read(run->trust.path, &run->root, err))
        return mf_err_at(err, "trusted root");
    if (run->root->skipped_keys > 0)
        fprintf(stderr,
                "mayfly: trusted root: %zu logs have keys of a kind not known here; they "
                "count as absent\n",
                run->root->skipped_keys);
    if (!read_witnesses(run, err))
        return false;
    if (run->options->key != NULL)
        return mf_managed_key_read(run->crypto, run->options->key, &run->key, err) ||
               mf_err_at(err, "key");
    return true;
}

static int run_verify(const struct verify_options *o, int operands, char **argv)
{
    MF_SCOPED(run_done)
    struct verify_run run = {
        .options = o,
        .report = {.files = {.json = o->json, .quiet = o->quiet}, .verbose = o->verbose},
    };
    run.report.trust = &run.trust;
    run.report.key = o->key != NULL ? &run.key : NULL;
    run.report.demand = o->key == NULL ? &run.demand : NULL;
    struct err err = {0};

    if (!check_usage(&run, operands, &err) || !prepare(&run, &err))
        return mf_exit_report("mayfly", &err);
    mf_file_report_begin(&run.report.files, "mayfly.verify/1");
    for (int i = 1; i <= operands; i++) {
        report_file(&run, argv[i]);
        if (run.report.files.status == 2 || run.report.files.status == 70)
            break;
    }
    return mf_file_report_end(&run.report.files);
}

/* The options behind those that say who; returns how many there are now. */
static size_t append_options(struct verify_options *o, struct option *out, size_t count)
{
    const struct option more[] = {
        {.name = "key",
         .kind = MF_OPTION_TEXT,
         .value = &o->key,
         .metavar = "FILE",
         .help = "instead of a name: the public key that should have signed, PEM or DER"},
        {.name = "instance",
         .kind = MF_OPTION_TEXT,
         .value = &o->trust.instance,
         .metavar = "DIR",
         .help = "trust this instance"},
        {.name = "trusted-root",
         .kind = MF_OPTION_TEXT,
         .value = &o->trust.trusted_root,
         .metavar = "FILE",
         .help = "trust what this trusted_root.json names"},
        {.name = "public",
         .kind = MF_OPTION_FLAG,
         .value = &o->trust.is_public,
         .help = "trust Sigstore's public instance; the default where there is no instance"},
        {.name = "staging",
         .kind = MF_OPTION_FLAG,
         .value = &o->trust.is_staging,
         .help = "trust Sigstore's staging instance"},
        {.name = "witness-policy",
         .kind = MF_OPTION_TEXT,
         .value = &o->witnesses,
         .metavar = "FILE",
         .help = "demand that this quorum of witnesses cosigned the log's head (C2SP tlog-policy)"},
        {.name = "bundle",
         .kind = MF_OPTION_TEXT,
         .value = &o->bundle,
         .metavar = "FILE",
         .help = "the bundle, when it is not FILE.sigstore.json"},
        {.name = "json",
         .kind = MF_OPTION_FLAG,
         .value = &o->json,
         .help = "one JSON document with every check"},
        {.name = "quiet",
         .letter = 'q',
         .kind = MF_OPTION_FLAG,
         .value = &o->quiet,
         .help = "say nothing of files that verify"},
        {.name = "verbose",
         .letter = 'v',
         .kind = MF_OPTION_FLAG,
         .value = &o->verbose,
         .help = "list every check"},
    };

    _Static_assert(MF_LEN(more) <= OWN_OPTIONS_MAX, "room for each");
    memcpy(out + count, more, sizeof more);
    return count + MF_LEN(more);
}

int mf_cmd_verify(int argc, char **argv)
{
    struct verify_options o = {0};
    struct option options[2 * MF_WHO_OPTIONS_MAX + OWN_OPTIONS_MAX];
    const struct option_set set = {
        "mayfly verify", "FILE|sha256:HEX...",
        "Verifies files against their bundles, offline. Exits with 0 when all are verified.",
        options, append_options(&o, options, mf_who_options(&o.who, options))};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status))
        return status;
    return run_verify(&o, operands, argv);
}
