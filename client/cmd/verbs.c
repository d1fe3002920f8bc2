#include "client/cmd/verbs.h"

#include "common/run/exit.h"

bool mf_verb_options(const struct option_set *set, int argc, char **argv, int *operands,
                     int *status)
{
    struct err err = {0};
    bool help = false;

    if (!mf_options_parse(set, argc, argv, operands, &help, &err)) {
        *status = mf_exit_report("mayfly", &err);
        return false;
    }
    if (help) {
        mf_options_help(set);
        *status = 0;
        return false;
    }
    return true;
}

bool mf_verb_no_operands(const struct option_set *set, int operands, char **argv, int *status)
{
    struct err err = {0};

    if (operands == 0)
        return true;
    mf_err_set(&err, MF_ERR_USAGE, "%s takes no argument, but '%s' was given", set->program,
               argv[1]);
    *status = mf_exit_report("mayfly", &err);
    return false;
}
