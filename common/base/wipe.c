#include "common/base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void mf_wiping_free(void *p)
{
    if (p != NULL)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

void *mf_wiping_realloc(void *p, size_t n)
{
    size_t had = p != NULL ? malloc_usable_size(p) : 0;

    if (p != NULL && n <= had)
        return p;
    void *moved = malloc(n);
    if (moved == NULL)
        return NULL;
    if (p != NULL)
        memcpy(moved, p, had);
    mf_wiping_free(p);
    return moved;
}
