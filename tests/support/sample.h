/* Files of one instance made by `mayfly up` and `mayfly sign`, which fuzzing starts from as well:
 * bundle/message signs the nine bytes "a sample\n", and trusted_root/instance verifies it. */
#ifndef MF_TESTS_SUPPORT_SAMPLE_H
#define MF_TESTS_SUPPORT_SAMPLE_H

#include "client/bundle/bundle.h"
#include "client/trust/trusted_root.h"

#define MF_SAMPLE_ARTIFACT "a sample\n"
#define MF_SAMPLE_IDENTITY "dev@mayfly.internal"
#define MF_SAMPLE_ISSUER   "http://127.0.0.1:15275"

/* tests/corpus/NAME; ends the program when it cannot be read. The caller frees it. */
struct buf mf_sample(const char *name);
/* The same, parsed. */
struct bundle *mf_sample_bundle(void);
struct trusted_root *mf_sample_root(void);

#endif
