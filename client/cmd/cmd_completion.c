/* mayfly completion: a script that knows the verbs and what each takes, from their own tables. */
#include <stdio.h>

#include "client/cmd/verbs.h"
#include "common/run/exit.h"

static void print_names(void)
{
    size_t count = 0;
    const struct verb *verbs = mf_verbs(&count);

    for (size_t i = 0; i < count; i++)
        printf("%s%s", i > 0 ? " " : "", verbs[i].name);
}

/* Each verb prints its own part: only it has the table of its options. */
static void print_verbs(const char *shell)
{
    size_t count = 0;
    const struct verb *verbs = mf_verbs(&count);
    char verb[32];
    char option[64];

    for (size_t i = 0; i < count; i++) {
        char *argv[] = {verb, option, NULL};
        snprintf(verb, sizeof verb, "%s", verbs[i].name); /* the longest has ten characters */
        snprintf(option, sizeof option, "%s%s", MF_COMPLETION_OPTION, shell);
        (void)verbs[i].run(2, argv);
    }
}

static void print_bash(void)
{
    printf("_mayfly() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local options= files= others= words= operands=\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W '");
    print_names();
    printf("' -- \"$current\")\n"
           "        return\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]} in\n");
    print_verbs("bash");
    printf("    esac\n"
           "    if [ \"$current\" = = ]; then\n" /* --option=VALUE is three words to bash */
           "        current=\n"
           "    elif [ \"$previous\" = = ]; then\n"
           "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    fi\n"
           "    case \" $others \" in *\" $previous \"*) return ;; esac\n"
           "    case \" $files \" in\n"
           "    *\" $previous \"*) operands=yes words= ;;\n"
           "    *) case $current in -*) words=$options operands= ;; esac ;;\n"
           "    esac\n"
           "    if [ -n \"$words\" ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
           "    elif [ -n \"$operands\" ]; then\n"
           "        compopt -o filenames 2> /dev/null\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "    fi\n"
           "}\n"
           "complete -F _mayfly mayfly\n");
}

static void print_zsh(void)
{
    printf("#compdef mayfly\n"
           "_mayfly() {\n"
           "    if (( CURRENT == 2 )); then\n"
           "        compadd ");
    print_names();
    printf("\n"
           "        return\n"
           "    fi\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $words[1] in\n");
    print_verbs("zsh");
    printf("    esac\n"
           "}\n"
           "if [ \"$funcstack[1]\" = _mayfly ]; then _mayfly; else compdef _mayfly mayfly; fi\n");
}

static void print_fish(void)
{
    size_t count = 0;
    const struct verb *verbs = mf_verbs(&count);

    for (size_t i = 0; i < count; i++)
        printf("complete -c mayfly -n __fish_use_subcommand -f -a %s -d '%s'\n", verbs[i].name,
               verbs[i].summary);
    print_verbs("fish");
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
