/* Signer process: holds one key and answers one socket. What `mayfly-signer` is. */
#ifndef MF_COMMON_KEYS_SIGNER_PROCESS_H
#define MF_COMMON_KEYS_SIGNER_PROCESS_H

/* Serves descriptor 3 until its peer closes it; returns the exit status. Hardens the process,
 * loads the key that the first message names, enters the sandbox, then answers. */
int mf_signer_process_main(int argc, char **argv);

#endif
