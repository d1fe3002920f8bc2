/* mayfly-log's verbs. They return the exit status. */
#ifndef MF_TRANSPARENCY_LOG_LOG_VERBS_H
#define MF_TRANSPARENCY_LOG_LOG_VERBS_H

int mf_log_verb_init(int argc, char **argv);
int mf_log_verb_serve(int argc, char **argv);
int mf_log_verb_fsck(int argc, char **argv);

#endif
