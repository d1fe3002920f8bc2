/* Shell completion from the option table: what a shell needs to know of one verb. */
#include <stdio.h>

#include "common/run/options.h"

static bool takes_file(const char *what)
{
    static const char *const kinds[] = {"FILE", "DIR"};

    for (size_t i = 0; what != NULL && i < MF_LEN(kinds); i++)
        if (strstr(what, kinds[i]) != NULL)
            return true;
    return false;
}

/* Arguments that are words to choose from: "bash|zsh|fish". */
static bool takes_word(const char *arguments)
{
    return strchr(arguments, '|') != NULL && !takes_file(arguments);
}

static void print_words(const char *arguments)
{
    for (const char *p = arguments; *p != '\0'; p++)
        putchar(*p == '|' ? ' ' : *p);
}

/* Inside single quotes, and inside the brackets of zsh. */
static void print_quoted(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            fputs("'\\''", stdout);
        else if (*p == '[' || *p == ']' || *p == ':' || *p == '\\')
            printf("\\%c", *p);
        else
            putchar(*p);
    }
}

static void print_names(const struct option_set *set, bool (*wanted)(const struct option *o))
{
    for (size_t i = 0; i < set->count; i++)
        if (wanted(&set->options[i]))
            printf(" --%s", set->options[i].name);
}

static bool is_listed(const struct option *o)
{
    return !o->hidden;
}

static bool has_file(const struct option *o)
{
    return takes_file(o->metavar);
}

static bool has_other(const struct option *o)
{
    return o->metavar != NULL && !takes_file(o->metavar);
}

/* A branch of a case statement that sets what the rest of the script works with. */
static void bash_verb(const char *verb, const struct option_set *set)
{
    printf("    %s)\n        options='--help", verb);
    print_names(set, is_listed);
    printf("'\n        files='");
    print_names(set, has_file);
    printf("'\n        others='");
    print_names(set, has_other);
    printf("'\n        words='");
    if (takes_word(set->arguments))
        print_words(set->arguments);
    printf("'\n        operands=%s ;;\n", takes_file(set->arguments) ? "yes" : "");
}

static void zsh_verb(const char *verb, const struct option_set *set)
{
    printf("    %s) _arguments '--help[show this and exit]'", verb);
    for (size_t i = 0; i < set->count; i++) {
        const struct option *o = &set->options[i];
        if (o->hidden)
            continue;
        printf(" '%s--%s%s[", o->kind == MF_OPTION_LIST ? "*" : "", o->name,
               o->metavar != NULL ? "=" : "");
        print_quoted(o->help);
        printf("]%s%s%s'", o->metavar != NULL ? ":" : "", o->metavar != NULL ? o->metavar : "",
               o->metavar == NULL       ? ""
               : takes_file(o->metavar) ? ":_files"
                                        : ":");
    }
    if (takes_word(set->arguments)) {
        printf(" '1:argument:(");
        print_words(set->arguments);
        printf(")'");
    } else if (takes_file(set->arguments)) {
        printf(" '*:file:_files'");
    }
    printf(" ;;\n");
}

static void fish_verb(const char *verb, const struct option_set *set)
{
    const char *const condition = "complete -c mayfly -n '__fish_seen_subcommand_from";

    for (size_t i = 0; i < set->count; i++) {
        const struct option *o = &set->options[i];
        if (o->hidden)
            continue;
        printf("%s %s' -l %s", condition, verb, o->name);
        if (o->letter != '\0')
            printf(" -s %c", o->letter);
        if (o->metavar != NULL)
            printf(takes_file(o->metavar) ? " -r -F" : " -x");
        printf(" -d '");
        for (const char *p = o->help; *p != '\0'; p++)
            printf("%s%c", *p == '\'' || *p == '\\' ? "\\" : "", *p);
        printf("'\n");
    }
    if (takes_word(set->arguments)) {
        printf("%s %s' -f -a '", condition, verb);
        print_words(set->arguments);
        printf("'\n");
    } else if (!takes_file(set->arguments)) {
        printf("%s %s' -f\n", condition, verb);
    }
}

void mf_options_complete(const struct option_set *set, const char *verb, enum shell shell)
{
    switch (shell) {
    case MF_SHELL_BASH:
        bash_verb(verb, set);
        return;
    case MF_SHELL_ZSH:
        zsh_verb(verb, set);
        return;
    case MF_SHELL_FISH:
        fish_verb(verb, set);
        return;
    }
}
