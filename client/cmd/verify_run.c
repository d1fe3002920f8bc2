#include "client/cmd/verify_run.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "client/bundle/statement.h"
#include "client/cmd/bundle_path.h"
#include "client/cmd/floor_file.h"
#include "client/trust/witness_file.h"
#include "common/base/file.h"
#include "common/codec/timestamp.h"

void mf_verify_run_done(struct verify_run *run)
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
    static const char *const kinds[] = {"sha256:", "sha384:", "sha512:"};
    bool looks_so = false;

    for (size_t i = 0; i < MF_LEN(kinds); i++)
        looks_so = looks_so || strncasecmp(file, kinds[i], strlen(kinds[i])) == 0;
    *is_digest = looks_so && mf_artifact_from_text(file, artifact);
    if (looks_so && !*is_digest)
        mf_err_set(err, MF_ERR_USAGE,
                   "is not a digest: sha256: goes before 64 hexadecimal digits, sha384: before 96, "
                   "sha512: before 128 (a file of that name is ./sha256:...)");
    return *is_digest || !looks_so;
}

static unsigned required(const struct verify_options *o)
{
    return (o->require_log ? (unsigned)MF_NEED_LOG : 0) |
           (o->require_sct ? (unsigned)MF_NEED_SCT : 0) |
           (o->require_timestamp ? (unsigned)MF_NEED_TIMESTAMP : 0);
}

static unsigned ignored(const struct verify_options *o)
{
    return (o->ignore_log ? (unsigned)MF_NEED_LOG : 0) |
           (o->ignore_sct ? (unsigned)MF_NEED_SCT : 0);
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
        .floor = run->has_floor ? &run->floor : NULL,
        .want_statement = run->options->print_payload,
        .predicate_type = run->options->predicate_type != NULL
                              ? mf_predicate_type_of(run->options->predicate_type)
                              : (struct span){0},
        .require = required(run->options),
        .ignore = ignored(run->options),
        .artifact = given != NULL ? given : &artifact,
    };
    if (is_list ? !mf_bundle_list_verify(run->crypto, mf_buf_span(&list), &params, verdict, err)
                : !mf_bundle_verify(run->crypto, verdict->bundle, &params, &verdict->result, err))
        return is_list ? mf_err_at(err, "%s", path) : false;
    mf_floor_reach(&run->reached, &verdict->result, &run->is_first);
    return true;
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

bool mf_verify_run_read(struct verify_run *run, const char *file, const struct artifact *artifact,
                        struct list_verdict *verdict, struct err *err)
{
    char path[PATH_MAX];

    return find_bundle(run->options, file, false, path, sizeof path, err) &&
           verify_bundle(run, artifact, file, path, verdict, err);
}

void mf_verify_run_file(struct verify_run *run, const char *file)
{
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    struct err err = {0};

    if (!verify_file(run, file, &verdict, &err) && err.hint[0] == '\0' &&
        err.code == MF_ERR_NOT_FOUND)
        mf_err_hint(&err, "check the name");
    mf_verify_report_add(&run->report, file, &verdict, &err);
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

/* A whole day stands for its beginning. */
static bool read_time(const char *text, struct instant *out, struct err *err)
{
    char full[sizeof "2026-11-24T00:00:00Z"];

    if (strlen(text) == 10) {
        snprintf(full, sizeof full, "%sT00:00:00Z", text);
        text = full;
    }
    if (mf_rfc3339_parse(mf_span_str(text), out, err))
        return true;
    mf_err_at(err, "--signed-after");
    mf_err_hint(err, "give it as 2026-11-24 or 2026-11-24T12:00:00Z");
    return mf_err_as(err, MF_ERR_USAGE);
}

static bool read_floor(struct verify_run *run, struct err *err)
{
    const struct verify_options *o = run->options;
    struct verify_floor asked = {.min_log_index = (int64_t)o->min_log_index};

    run->has_floor = o->signed_after != NULL || o->floor_file != NULL || o->min_log_index > 0;
    if (o->signed_after != NULL) {
        asked.has_time = true;
        if (!read_time(o->signed_after, &asked.signed_after, err))
            return false;
    }
    if (o->floor_file != NULL && !mf_floor_file_read(o->floor_file, &run->floor, err))
        return mf_err_at(err, "floor file");
    mf_floor_merge(&run->floor, &asked);
    return true;
}

bool mf_verify_run_raise(struct verify_run *run, struct err *err)
{
    const char *path = run->options->floor_file;

    return path == NULL || run->is_first || mf_floor_file_raise(path, &run->reached, err) ||
           mf_err_at(err, "floor file");
}

bool mf_verify_run_open(struct verify_run *run, struct err *err)
{
    if (!mf_trust_choose(&run->options->trust, &run->trust, err) ||
        !mf_crypto_new(MF_CRYPTO_DEFAULT, &run->crypto, err))
        return false;
    if (!mf_trusted_root_read(run->trust.path, &run->root, err))
        return mf_err_at(err, "trusted root");
    if (run->trust.passed_over[0] != '\0')
        fprintf(stderr,
                "mayfly: trusted root: %s is passed over: others own or may write it or its "
                "folder\n",
                run->trust.passed_over);
    if (run->root->skipped_keys > 0)
        fprintf(stderr,
                "mayfly: trusted root: %zu logs have keys of a kind not known here; they "
                "count as absent\n",
                run->root->skipped_keys);
    run->is_first = true;
    if (!read_witnesses(run, err) || !read_floor(run, err))
        return false;
    if (run->options->key != NULL)
        return mf_managed_key_read(run->crypto, run->options->key, &run->key, err) ||
               mf_err_at(err, "key");
    return true;
}
