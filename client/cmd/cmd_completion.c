/* mayfly completion: the verbs by name; files complete as the shell does. */
#include <stdio.h>

#include "client/cmd/verbs.h"
#include "common/run/exit.h"

static void print_names(const char *before, const char *after)
{
    size_t count = 0;
    const struct verb *verbs = mf_verbs(&count);

    for (size_t i = 0; i < count; i++)
        printf("%s%s%s", before, verbs[i].name, after);
}

static void print_bash(void)
{
    printf("_mayfly() {\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"");
    print_names("", " ");
    printf("\" -- \"${COMP_WORDS[1]}\"))\n"
           "    else\n"
           "        COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _mayfly mayfly\n");
}

static void print_zsh(void)
{
    printf("#compdef mayfly\n_arguments '1:command:(");
    print_names("", " ");
    printf(")' '*:file:_files'\n");
}

static void print_fish(void)
{
    size_t count = 0;
    const struct verb *verbs = mf_verbs(&count);

    for (size_t i = 0; i < count; i++)
        printf("complete -c mayfly -n __fish_use_subcommand -a %s -d '%s'\n", verbs[i].name,
               verbs[i].summary);
}

int mf_cmd_completion(int argc, char **argv)
{
    const struct option_set set = {"mayfly completion", "bash|zsh|fish",
                                   "Prints a completion script for a shell.", NULL, 0};
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    struct err err = {0};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status))
        return status;
    for (size_t i = 0; operands == 1 && i < MF_LEN(shells); i++) {
        if (strcmp(argv[1], shells[i].shell) != 0)
            continue;
        shells[i].print();
        return 0;
    }
    mf_err_set(&err, MF_ERR_USAGE, "name one shell: bash, zsh or fish");
    return mf_exit_report("mayfly", &err);
}
