/* New directory: built aside, durable under its own name in one step. Half of one is never found
 * there, whatever stops its making. */
#ifndef MF_COMMON_BASE_NEW_DIR_H
#define MF_COMMON_BASE_NEW_DIR_H

#include <limits.h>
#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/scope.h"

struct new_dir {
    char path[PATH_MAX];
    char aside[PATH_MAX]; /* ".NAME.mayfly-init" beside it: build here */
    int fd;               /* locks it; -1 while nothing is begun */
};

/* Makes the folder aside, empty, ours alone, with this mode, and locked against another that makes
 * the same; what one that did not end well left there was never used. MF_ERR_EXISTS when path is
 * there and no empty folder. */
MF_MUST_USE bool mf_new_dir_begin(const char *path, mode_t mode, struct new_dir *out,
                                  struct err *err);
/* Puts it in place. MF_ERR_EXISTS when something was put there meanwhile. */
MF_MUST_USE bool mf_new_dir_finish(struct new_dir *dir, struct err *err);
/* Removes what is not finished; may run twice. Start with {.fd = -1}. */
void mf_new_dir_done(struct new_dir *dir);

#endif
