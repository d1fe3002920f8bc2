#include "client/cmd/verbs.h"

#include "common/run/exit.h"

static bool complete(const struct option_set *set, const char *verb, const char *option)
{
    static const char *const shells[] = {
        [MF_SHELL_BASH] = "bash", [MF_SHELL_ZSH] = "zsh", [MF_SHELL_FISH] = "fish"};
    struct span word = mf_span_str(option);
    struct span before = MF_SPAN(MF_COMPLETION_OPTION);

    for (size_t i = 0; mf_span_starts(word, before) && i < MF_LEN(shells); i++) {
        if (!mf_span_is(mf_span_from(word, before.n), shells[i]))
            continue;
        mf_options_complete(set, verb, (enum shell)i);
        return true;
    }
    return false;
}

bool mf_verb_options(const struct option_set *set, int argc, char **argv, int *operands,
                     int *status)
{
    struct err err = {0};
    bool help = false;

    *status = 0;
    if (argc == 2 && complete(set, argv[0], argv[1]))
        return false;
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
