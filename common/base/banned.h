/* Calls with no safe use are refused by the compiler. Forced into every file by the build. */
#ifndef MF_COMMON_BASE_BANNED_H
#define MF_COMMON_BASE_BANNED_H

/* The C library's own headers must be read before their names are poisoned. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Some of these are macros in the C library. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#undef gets
#undef atoi
#undef atol
#undef atoll
#undef atof
#undef gmtime
#undef localtime
#undef ctime
#undef asctime
#undef tmpnam
#undef mktemp

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll atof gmtime localtime ctime asctime tmpnam mktemp

#endif
