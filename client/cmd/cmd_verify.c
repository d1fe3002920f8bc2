/* mayfly verify: is this file what somebody signed, and was it the one who should have? Offline. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/verbs.h"
#include "client/cmd/verify_checksums.h"
#include "client/cmd/verify_run.h"
#include "client/cmd/who_report.h"
#include "common/run/exit.h"

enum { OWN_OPTIONS_MAX = 24 }; /* beside those that say who */

/* What is ignored can be neither required nor built upon. */
static bool check_needs(const struct verify_options *o, struct err *err)
{
    const struct {
        bool ignored;
        const char *how;
        bool wanted;
        const char *want;
    } pairs[] = {
        {o->ignore_log, "--insecure-ignore-tlog", o->require_log, "--require-log"},
        {o->ignore_log, "--insecure-ignore-tlog", o->witnesses != NULL, "--witness-policy"},
        {o->ignore_log, "--insecure-ignore-tlog", o->min_log_index > 0, "--min-log-index"},
        {o->ignore_sct, "--insecure-ignore-sct", o->require_sct, "--require-sct"},
    };

    for (size_t i = 0; i < MF_LEN(pairs); i++)
        if (pairs[i].ignored && pairs[i].wanted)
            return mf_err_set(err, MF_ERR_USAGE, "%s and %s contradict each other", pairs[i].how,
                              pairs[i].want);
    return true;
}

/* A certificate's ten minutes tie a signature to its time. One by a bare key can be timestamped and
 * logged anew by whoever has it. */
static bool check_floor(const struct verify_options *o, struct err *err)
{
    const char *floor = o->signed_after != NULL ? "--signed-after"
                        : o->floor_file != NULL ? "--floor-file"
                        : o->min_log_index > 0  ? "--min-log-index"
                                                : NULL;

    return o->key == NULL || floor == NULL ||
           mf_err_set(err, MF_ERR_USAGE,
                      "%s proves nothing with --key: an old signature by a key can be timestamped "
                      "and logged anew",
                      floor);
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
    if (o->print_payload && o->json)
        return mf_err_set(err, MF_ERR_USAGE,
                          "--print-payload and --json both take standard output");
    if (o->checksums != NULL && (o->print_payload || o->predicate_type != NULL))
        return mf_err_set(err, MF_ERR_USAGE,
                          "a list of checksums is no attestation: --checksums "
                          "goes without --print-payload and --predicate-type");
    if (o->bundle != NULL && o->checksums == NULL && operands > 1)
        return mf_err_set(err, MF_ERR_USAGE, "--bundle goes with one file, but %d were named",
                          operands);
    if (!check_needs(o, err) || !check_floor(o, err))
        return false;
    if (o->key == NULL && !mf_who_options_read(&o->who, &run->demands, err))
        return false;
    run->demand = mf_demand_list_view(&run->demands);
    return mf_trust_options_check(&o->trust, err);
}

static int run_verify(const struct verify_options *o, int operands, char **argv)
{
    MF_SCOPED(mf_verify_run_done)
    struct verify_run run = {
        .options = o,
        .report = {.files = {.json = o->json, .quiet = o->quiet},
                   .verbose = o->verbose,
                   .print_payload = o->print_payload},
    };
    run.report.trust = &run.trust;
    run.report.key = o->key != NULL ? &run.key : NULL;
    run.report.demand = o->key == NULL ? &run.demand : NULL;
    struct err err = {0};

    if (!check_usage(&run, operands, &err) || !mf_verify_run_open(&run, &err))
        return mf_exit_report("mayfly", &err);
    mf_who_report_warnings(stderr, &run.demand);
    mf_file_report_begin(&run.report.files, "mayfly.verify/1");
    if (o->checksums != NULL)
        mf_verify_checksums(&run, operands, argv + 1);
    for (int i = 1; o->checksums == NULL && i <= operands; i++) {
        mf_verify_run_file(&run, argv[i]);
        if (mf_file_report_is_over(&run.report.files))
            break;
    }
    if (run.report.files.status == 0 && !mf_verify_run_raise(&run, &err)) {
        int status = mf_exit_report("mayfly", &err);
        run.report.files.all_ok = false;
        run.report.files.status = status;
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
        {.name = "checksums",
         .kind = MF_OPTION_TEXT,
         .value = &o->checksums,
         .metavar = "LIST",
         .help = "verify this list of checksums by its bundle, and the files by the list"},
        {.name = "predicate-type",
         .kind = MF_OPTION_TEXT,
         .value = &o->predicate_type,
         .metavar = "TYPE",
         .help = "demand an attestation of this type: a URI, or a short name as slsaprovenance1"},
        {.name = "print-payload",
         .kind = MF_OPTION_FLAG,
         .value = &o->print_payload,
         .help = "print the verified attestation's statement, and nothing else"},
        {.name = "signed-after",
         .kind = MF_OPTION_TEXT,
         .value = &o->signed_after,
         .metavar = "TIME",
         .help = "refuse what was signed before, 2026-11-24 or with a time of day"},
        {.name = "min-log-index",
         .kind = MF_OPTION_NUMBER,
         .value = &o->min_log_index,
         .metavar = "N",
         .help = "refuse log entries before this one",
         .max = INT64_MAX},
        {.name = "floor-file",
         .kind = MF_OPTION_TEXT,
         .value = &o->floor_file,
         .metavar = "FILE",
         .help = "refuse what is older than this file says, and raise it after success"},
        {.name = "require-log",
         .kind = MF_OPTION_FLAG,
         .value = &o->require_log,
         .help = "demand a log entry, even if the trusted root names no log"},
        {.name = "require-sct",
         .kind = MF_OPTION_FLAG,
         .value = &o->require_sct,
         .help = "demand an SCT, even if the trusted root names no CT log"},
        {.name = "require-timestamp",
         .kind = MF_OPTION_FLAG,
         .value = &o->require_timestamp,
         .help = "demand a timestamp by an authority; a log's word is not enough"},
        {.name = "insecure-ignore-tlog",
         .kind = MF_OPTION_FLAG,
         .value = &o->ignore_log,
         .help = "do not look at log entries: nobody may have been able to see this signature"},
        {.name = "insecure-ignore-sct",
         .kind = MF_OPTION_FLAG,
         .value = &o->ignore_sct,
         .help = "do not look at SCTs: nobody may have been able to see this certificate"},
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
