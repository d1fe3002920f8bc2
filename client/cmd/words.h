/* Words: what a child process says of itself on its way to readiness. Source: sd_notify(3). */
#ifndef MF_CLIENT_CMD_WORDS_H
#define MF_CLIENT_CMD_WORDS_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* A socket for a child's words, and "NOTIFY_SOCKET=NAME" for its environment. */
MF_MUST_USE bool mf_words_open(int *fd, char *variable, size_t cap, struct err *err);
/* Takes what has come: true when READY=1 did. The last STATUS= goes to said, made safe for
 * terminals; without one it stays. Any process may write to the socket: another user's words are
 * passed over. */
bool mf_words_hear(int fd, char *said, size_t cap);

#endif
