/* Finding and starting `mayfly-signer`. Private to this room. */
#ifndef MF_COMMON_KEYS_SIGNER_SPAWN_H
#define MF_COMMON_KEYS_SIGNER_SPAWN_H

#include <sys/types.h>

#include "common/keys/signer_client.h"

struct signer_child {
    pid_t pid;
    int socket; /* our end */
    int pidfd;
};

/* Starts the program with one end of a socket as descriptor 3, no environment, /dev/null for
 * standard input and output, and a process group of its own. */
MF_MUST_USE bool mf_signer_spawn(enum signer_use use, struct signer_child *out, struct err *err);
struct signer_end {
    bool has_ended;
    int status; /* of its exit */
    int signal; /* that ended it, or 0 */
};
/* How the process ended, after its socket failed: waits a moment for it to do so, and leaves it to
 * be reaped. */
struct signer_end mf_signer_ended(const struct signer_child *child);
/* Closes the socket, which ends the process; waits, and kills it when it does not end. Zeroes. */
void mf_signer_reap(struct signer_child *child);

#endif
