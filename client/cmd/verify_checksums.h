/* mayfly verify --checksums: one signature over a list vouches for every file that is listed. */
#ifndef MF_CLIENT_CMD_VERIFY_CHECKSUMS_H
#define MF_CLIENT_CMD_VERIFY_CHECKSUMS_H

#include "client/cmd/verify_run.h"

/* Verifies the list that the options name by its bundle, then each file by the list; reports them
 * all. Without a verified list no file is verified. A file is looked up by its path from the list's
 * folder, or as it was given. */
void mf_verify_checksums(struct verify_run *run, int count, char **files);

#endif
