/* mayfly-witness: cosigns checkpoints that continue the last one it cosigned. */
#include <stdio.h>
#include <string.h>

#include "common/run/exit.h"
#include "common/run/log.h"
#include "common/run/options.h"
#include "transparency/witness/witness_verbs.h"

static const struct verb verbs[] = {
    {"init", "", "make a witness", mf_witness_verb_init},
    {"serve", "", "cosign the checkpoints of the configured logs", mf_witness_verb_serve},
};

static int run(int argc, char **argv)
{
    struct err err = {0};

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        mf_verbs_help("mayfly-witness", "Attests that logs only grow.", verbs, MF_LEN(verbs));
        return argc < 2 ? mf_exit_status(MF_ERR_USAGE) : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("mayfly-witness %s\n", MF_VERSION);
        return 0;
    }
    const struct verb *verb = mf_verb_find(verbs, MF_LEN(verbs), argv[1], &err);
    return verb == NULL ? mf_exit_report("mayfly-witness", &err) : verb->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    mf_log_init("mayfly-witness", MF_LOG_INFO);
    return mf_exit_printed("mayfly-witness", run(argc, argv));
}
