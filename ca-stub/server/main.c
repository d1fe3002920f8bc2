/* mayfly-ca: certificates for workload identities, and timestamps. */
#include <stdio.h>
#include <string.h>

#include "ca-stub/server/ca_commands.h"
#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/log.h"
#include "common/run/options.h"

static const struct verb verbs[] = {
    {"init", "--directory DIR", "make keys and certificates", mf_ca_init_run},
    {"serve", "--config FILE", "issue certificates and timestamps", mf_ca_serve_run},
};

static bool wants_help(int argc, char **argv)
{
    return argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

static int run(int argc, char **argv)
{
    static const char summary[] = "Sigstore-compatible certificate and timestamp authority.";
    const struct verb *verb = NULL;
    struct err err = {0};

    if (wants_help(argc, argv)) {
        mf_verbs_help("mayfly-ca", summary, verbs, MF_LEN(verbs));
        return 0;
    }
    if (argc < 2)
        mf_err_set(&err, MF_ERR_USAGE, "no verb is given: init or serve");
    else if (mf_harden_server(&err) &&
             (verb = mf_verb_find(verbs, MF_LEN(verbs), argv[1], &err)) != NULL)
        return verb->run(argc - 1, argv + 1);
    return mf_exit_report("mayfly-ca", &err);
}

int main(int argc, char **argv)
{
    mf_log_init("mayfly-ca", MF_LOG_INFO);
    return mf_exit_printed("mayfly-ca", run(argc, argv));
}
