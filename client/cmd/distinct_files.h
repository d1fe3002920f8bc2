/* Distinct files: a list of files in which one that is named twice is there once. */
#ifndef MF_CLIENT_CMD_DISTINCT_FILES_H
#define MF_CLIENT_CMD_DISTINCT_FILES_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* Takes out of files what has the same name in the same folder as one before it, however the two
 * paths are spelled: what is written beside the one is written beside the other. Links to one file
 * under two names are two. Keeps the order; sets *count. */
MF_MUST_USE bool mf_distinct_files(char **files, size_t *count, struct err *err);

#endif
