/* The verbs of the command; each in a file of its own. They return the exit status. */
#ifndef MF_CLIENT_CMD_VERBS_H
#define MF_CLIENT_CMD_VERBS_H

#include "common/run/options.h"

int mf_cmd_up(int argc, char **argv);
int mf_cmd_down(int argc, char **argv);
int mf_cmd_status(int argc, char **argv);
int mf_cmd_token(int argc, char **argv);
int mf_cmd_sign(int argc, char **argv);
int mf_cmd_verify(int argc, char **argv);
int mf_cmd_inspect(int argc, char **argv);
int mf_cmd_completion(int argc, char **argv);
int mf_cmd_version(int argc, char **argv);

/* The table of main.c, for completion. */
const struct verb *mf_verbs(size_t *count);

/* In front of a shell's name: `mayfly VERB` then prints its part of the completion script. */
#define MF_COMPLETION_OPTION "--completion-for="

/* Parses a verb's options and answers --help and the option above. False when the verb is done:
 * *status is its result. */
MF_MUST_USE bool mf_verb_options(const struct option_set *set, int argc, char **argv, int *operands,
                                 int *status);
/* Refuses operands that the verb does not take; sets *status. */
MF_MUST_USE bool mf_verb_no_operands(const struct option_set *set, int operands, char **argv,
                                     int *status);

/* --dir of the verbs that act on an instance, and the name that the other verbs give it.
 *   where  const char **, untouched when neither is given */
#define MF_DIR_OPTIONS(where, text)                                                              \
    {.name = "dir", .kind = MF_OPTION_TEXT, .value = (where), .metavar = "DIR", .help = (text)}, \
    {                                                                                            \
        .name = "instance", .kind = MF_OPTION_TEXT, .value = (where), .metavar = "DIR",          \
        .help = "the same", .hidden = true                                                       \
    }

#endif
