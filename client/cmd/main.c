/* mayfly: one file per verb; this is the table. */
#include <string.h>

#include "client/cmd/verbs.h"
#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/options.h"

static const struct verb verbs[] = {
    {"up", "", "start a whole private signing service on this machine", mf_cmd_up},
    {"down", "", "stop it", mf_cmd_down},
    {"status", "", "say how it does", mf_cmd_status},
    {"token", "", "get a workload token from its development issuer", mf_cmd_token},
    {"sign", "FILE...", "sign files with a key that lives for one run", mf_cmd_sign},
    {"verify", "FILE...", "verify files and who signed them, offline", mf_cmd_verify},
    {"inspect", "FILE", "show what a bundle, certificate or token says, without a verdict",
     mf_cmd_inspect},
    {"completion", "SHELL", "print the completion script of bash, zsh or fish", mf_cmd_completion},
    {"version", "", "print the version", mf_cmd_version},
};
static const char summary[] = "Keyless code signing: tokens in, verifiable signatures out.";

const struct verb *mf_verbs(size_t *count)
{
    *count = MF_LEN(verbs);
    return verbs;
}

static int run(int argc, char **argv)
{
    struct err err = {0};

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        mf_verbs_help("mayfly", summary, verbs, MF_LEN(verbs));
        return argc < 2 ? mf_exit_status(MF_ERR_USAGE) : 0;
    }
    if (strcmp(argv[1], "--version") == 0)
        return mf_cmd_version(1, argv + 1);
    const struct verb *verb = mf_verb_find(verbs, MF_LEN(verbs), argv[1], &err);
    return verb == NULL ? mf_exit_report("mayfly", &err) : verb->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    struct err err = {0};

    if (!mf_harden_command(&err))
        return mf_exit_report("mayfly", &err);
    return mf_exit_printed("mayfly", run(argc, argv));
}
