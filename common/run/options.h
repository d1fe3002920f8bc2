/* Options: one table gives parsing, --help and shell completion; a test holds the manual pages to
 * it.
 *
 * `--opt VALUE` and `--opt=VALUE`, no abbreviations, no clusters; an unknown option names the
 * nearest one; nothing is accepted and ignored, and only lists may be given twice. */
#ifndef MF_COMMON_RUN_OPTIONS_H
#define MF_COMMON_RUN_OPTIONS_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

enum option_kind {
    MF_OPTION_FLAG,   /* bool; also --flag=true and --flag=false */
    MF_OPTION_TEXT,   /* const char * */
    MF_OPTION_LIST,   /* struct option_list, repeatable */
    MF_OPTION_NUMBER, /* uint64_t within min .. max */
};

enum { MF_OPTION_LIST_MAX = 64 };
struct option_list {
    const char *values[MF_OPTION_LIST_MAX];
    size_t count;
};

struct option {
    const char *name; /* "bundle", without dashes */
    char letter;      /* 'h', or 0 */
    enum option_kind kind;
    void *value;         /* where to put it; its type by kind; untouched when not given */
    const char *metavar; /* "FILE"; null for flags */
    const char *help;    /* one line */
    uint64_t min, max;   /* MF_OPTION_NUMBER */
    bool hidden;         /* alias: parsed, not listed */
};

struct verb {
    const char *name;                  /* "sign" */
    const char *arguments;             /* "FILE..." */
    const char *summary;               /* one line */
    int (*run)(int argc, char **argv); /* argv[0] is the verb */
};

struct option_set {
    const char *program;   /* "mayfly sign" */
    const char *arguments; /* "FILE..." */
    const char *summary;
    const struct option *options;
    size_t count; /* at most 64 */
};

/* Parses argv[1..]; operands are collected in order into argv[1 .. *operands] (argv is reordered);
 * "--" ends options. *help is set when -h or --help was there: print mf_options_help and exit 0.
 * MF_ERR_USAGE otherwise. */
MF_MUST_USE bool mf_options_parse(const struct option_set *set, int argc, char **argv,
                                  int *operands, bool *help, struct err *err);
/* Usage text on stdout. */
void mf_options_help(const struct option_set *set);
enum shell { MF_SHELL_BASH, MF_SHELL_ZSH, MF_SHELL_FISH };
/* This verb's part of a shell's completion script, on stdout: a branch of a case statement, or
 * whole commands for fish. Where a metavar or the arguments say FILE or DIR, files are
 * completed. */
void mf_options_complete(const struct option_set *set, const char *verb, enum shell shell);
/* The list of verbs, then how to get help on one. */
void mf_verbs_help(const char *program, const char *summary, const struct verb *verbs,
                   size_t count);
/* Finds the verb; null sets MF_ERR_USAGE naming the nearest. */
const struct verb *mf_verb_find(const struct verb *verbs, size_t count, const char *name,
                                struct err *err);

#endif
