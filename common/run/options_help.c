/* Help from the option table. */
#include <stdio.h>

#include "common/run/options.h"

enum { HELP_COLUMN = 34 };

static void print_option(const struct option *o)
{
    char left[80];
    char letter[8] = "    ";

    if (o->letter != '\0' && snprintf(letter, sizeof letter, "-%c, ", o->letter) < 0)
        return;
    int n = snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name,
                     o->metavar != NULL ? " " : "", o->metavar != NULL ? o->metavar : "");
    if (n < 0)
        return;
    if (n < HELP_COLUMN)
        printf("%-*s%s\n", HELP_COLUMN, left, o->help);
    else
        printf("%s\n%*s%s\n", left, HELP_COLUMN, "", o->help);
}

void mf_options_help(const struct option_set *set)
{
    printf("usage: %s [OPTIONS]%s%s\n\n%s\n\n", set->program, *set->arguments ? " " : "",
           set->arguments, set->summary);
    for (size_t i = 0; i < set->count; i++)
        if (!set->options[i].hidden)
            print_option(&set->options[i]);
    printf("  %-*s%s\n", HELP_COLUMN - 2, "-h, --help", "show this and exit");
}

void mf_verbs_help(const char *program, const char *summary, const struct verb *verbs, size_t count)
{
    printf("usage: %s COMMAND [OPTIONS] ARGUMENT...\n\n%s\n\n", program, summary);
    for (size_t i = 0; i < count; i++)
        printf("  %-12s%s\n", verbs[i].name, verbs[i].summary);
    printf("\n%s COMMAND --help tells more about one.\n", program);
}
