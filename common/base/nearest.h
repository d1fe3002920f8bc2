/* The nearest word: what a mistyped option, verb or member was meant to be. */
#ifndef MF_COMMON_BASE_NEAREST_H
#define MF_COMMON_BASE_NEAREST_H

#include "common/base/span.h"

/* Edits (insert, delete, replace) from a to b; words longer than 40 count as far apart. */
size_t mf_edit_distance(struct span a, struct span b);

#endif
