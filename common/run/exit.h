/* From an error to the process's exit status, and the one line that says it. */
#ifndef MF_COMMON_RUN_EXIT_H
#define MF_COMMON_RUN_EXIT_H

#include "common/base/err.h"

/* REJECTED 1, USAGE 2, FORMAT LIMIT NOT_FOUND EXISTS SYSTEM 3, UNAVAILABLE 4, DENIED 5, TRUST 6,
 * INTERNAL 70, OK 0. */
int mf_exit_status(enum err_code code);
/* The other way, for what a process that we started ended with: MF_ERR_UNAVAILABLE for signals, and
 * for 0, which was not to come yet. */
enum err_code mf_exit_error(int status);
/* "program: where: what: hint" on stderr, and the same to whoever waits for this process
 * (notify.h); returns the status. */
int mf_exit_report(const char *program, const struct err *err);
/* The status of a run over several inputs: 2 and 70 stop it; otherwise 1 if any, else 6, 3, 5, 4.
 */
int mf_exit_worse(int a, int b);
/* The end of a command that prints results: makes sure that they got out of the process. Returns
 * status, or with an error on stderr the worse of it and that of MF_ERR_SYSTEM. When nobody reads
 * on
 * (`| head`) it ends the process by SIGPIPE without a word, as the signal would have had it not
 * been ignored for as long as there was work to finish; a status that is not 0 already stays. */
int mf_exit_printed(const char *program, int status);

#endif
