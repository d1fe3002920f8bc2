/* Looks for bytes in all readable memory of this process. They are given under a mask, so that the
 * search itself leaves no copy to be found. */
#ifndef MF_TESTS_SUPPORT_MEMORY_SCAN_H
#define MF_TESTS_SUPPORT_MEMORY_SCAN_H

#include <stdbool.h>
#include <stdint.h>

enum { MF_SCAN_LEN = 32, MF_SCAN_MASK = 0xA5 };

/* True when any readable page holds the bytes behind the mask. */
bool mf_memory_holds(const uint8_t masked[static MF_SCAN_LEN]);

#endif
