/* Memory that is wiped when it is let go: for bytes that a secret passed through, and for libraries
 * that let their allocator be replaced. It is the C library's memory: free(3) frees it, unwiped. */
#ifndef MF_COMMON_BASE_WIPE_H
#define MF_COMMON_BASE_WIPE_H

#include <stddef.h>

/* free(3) after the whole block is overwritten; accepts null. */
void mf_wiping_free(void *p);
/* realloc(3) that leaves no copy behind where the block moves. Null: p is as it was. */
void *mf_wiping_realloc(void *p, size_t n);

#endif
