/* Child processes of `mayfly up`: started with a socket to say what they do and that they are
 * ready, ended with us. */
#ifndef MF_CLIENT_CMD_PROCESS_H
#define MF_CLIENT_CMD_PROCESS_H

#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/scope.h"

enum { MF_PROCESS_SAID_MAX = 800 }; /* bytes, with the NUL */

struct process {
    const char *name;               /* "mayfly-log"; the program's file name */
    pid_t pid;                      /* 0 when not running */
    int pidfd;                      /* readable when it has ended; -1 when not running */
    int words_fd;                   /* readable when it has said something; -1 when none */
    char said[MF_PROCESS_SAID_MAX]; /* its last word: what it does, or why it ended */
};

struct patience {
    int silent_ms; /* for its next word, its readiness or its end */
    int signals;   /* signals.h: SIGINT and SIGTERM end the waiting; -1 when none do */
    bool *asked;   /* set when they did; null when there are no signals */
};

/* Finds a program of ours: in the folder of the running program, then in PATH. */
MF_MUST_USE bool mf_program_path(const char *name, char *out, size_t cap, struct err *err);

/* Starts argv (argv[0] is replaced by the program found). The child's standard output and error go
 * to log_fd (-1: ours); it is killed when this process dies, and given a NOTIFY_SOCKET. */
MF_MUST_USE bool mf_process_start(const char *name, char *const *argv, int log_fd,
                                  struct process *out, struct err *err);
/* Starts argv of this program itself as a process of its own session that outlives us. Wait for it
 * with mf_process_wait_ready, then leave it. */
MF_MUST_USE bool mf_process_detach(const char *name, char *const *argv, int log_fd,
                                   struct process *out, struct err *err);
/* Waits for READY=1. When it ends first the error is as its status says (exit.h), with its last
 * word; when it falls silent, MF_ERR_UNAVAILABLE with what it was at, and it still runs. */
MF_MUST_USE bool mf_process_wait_ready(struct process *p, const struct patience *patience,
                                       struct err *err);
/* Waits for its end with status 0; errors likewise. */
MF_MUST_USE bool mf_process_wait_done(struct process *p, const struct patience *patience,
                                      struct err *err);
/* Waits for the end and returns the exit status, 128 + signal when killed. */
int mf_process_wait(struct process *p);
/* SIGTERM, then SIGKILL when it has not ended after grace_ms. Does nothing when not running. */
void mf_process_stop(struct process *p, int grace_ms);

#endif
