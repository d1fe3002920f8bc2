#include "common/base/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mf_fd_done(int *fd)
{
    int kept = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = kept;
}

void mf_free_done(void *p)
{
    void *block = NULL;

    memcpy(&block, p, sizeof block);
    free(block);
    block = NULL;
    memcpy(p, &block, sizeof block);
}
