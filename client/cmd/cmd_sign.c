/* mayfly sign: a bundle for each file, by a key that lives for this run. */
#include <stdio.h>

#include "client/cmd/sign_run.h"
#include "client/cmd/verbs.h"
#include "common/crypto/secure_heap.h"
#include "common/run/exit.h"

static bool check_usage(const struct sign_options *o, int operands, struct err *err)
{
    if (operands == 0) {
        mf_err_set(err, MF_ERR_USAGE, "no file was named");
        return mf_err_hint(err, "see mayfly sign --help");
    }
    if (o->bundle != NULL && operands > 1)
        return mf_err_set(err, MF_ERR_USAGE, "--bundle goes with one file, but %d were named",
                          operands);
    return mf_trust_options_check(&o->trust, err) && mf_trust_signing_check(&o->trust, err);
}

int mf_cmd_sign(int argc, char **argv)
{
    struct sign_options o = {0};
    const struct option options[] = {
        {.name = "instance",
         .kind = MF_OPTION_TEXT,
         .value = &o.trust.instance,
         .metavar = "DIR",
         .help = "sign with this instance's services"},
        {.name = "trusted-root",
         .kind = MF_OPTION_TEXT,
         .value = &o.trust.trusted_root,
         .metavar = "FILE",
         .help = "check what the services give against this"},
        {.name = "signing-config",
         .kind = MF_OPTION_TEXT,
         .value = &o.trust.signing_config,
         .metavar = "FILE",
         .help = "sign with the services that this names"},
        {.name = "identity-token",
         .kind = MF_OPTION_TEXT,
         .value = &o.token,
         .metavar = "FILE|-|fd:N",
         .help = "where the workload's token is"},
        {.name = "bundle",
         .kind = MF_OPTION_TEXT,
         .value = &o.bundle,
         .metavar = "FILE",
         .help = "where to write it, when not to FILE.sigstore.json"},
        {.name = "overwrite",
         .kind = MF_OPTION_FLAG,
         .value = &o.overwrite,
         .help = "replace a bundle that is already there"},
        {.name = "timeout",
         .kind = MF_OPTION_NUMBER,
         .value = &o.timeout_s,
         .metavar = "SECONDS",
         .help = "wait for the services no longer than this in all",
         .min = 1,
         .max = MF_SIGN_TIMEOUT_MAX_S},
        {.name = "json", .kind = MF_OPTION_FLAG, .value = &o.json, .help = "one JSON document"},
        {.name = "quiet",
         .letter = 'q',
         .kind = MF_OPTION_FLAG,
         .value = &o.quiet,
         .help = "say nothing of files that were signed"},
        {.name = "yes",
         .letter = 'y',
         .kind = MF_OPTION_FLAG,
         .value = &o.yes,
         .help = "taken for scripts written for cosign: nothing is ever asked",
         .hidden = true},
    };
    const struct option_set set = {
        "mayfly sign", "FILE...",
        "Signs files: a key that lives for this run, a certificate for the token's identity,\n"
        "a timestamp, an entry in the log. Writes FILE.sigstore.json once all of it verifies.",
        options, MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status))
        return status;
    if (!check_usage(&o, operands, &err))
        return mf_exit_report("mayfly", &err);
    if (!mf_secure_heap_is_locked())
        fprintf(stderr, "mayfly: memory could not be locked; the key may be written to swap\n");
    return mf_sign_run(&o, argv + 1, (size_t)operands);
}
