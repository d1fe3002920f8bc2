/* libcurl, loaded when the first client is made. It draws in some thirty other libraries; a program
 * that only verifies, offline, would pay for them at every start. Inside the room only. */
#ifndef MF_COMMON_NET_CURL_H
#define MF_COMMON_NET_CURL_H

#include <curl/curl.h>

#include "common/base/err.h"

#define MF_CURL_FUNCTIONS(X) \
    X(easy_cleanup)          \
    X(easy_getinfo)          \
    X(easy_header)           \
    X(easy_init)             \
    X(easy_reset)            \
    X(easy_setopt)           \
    X(easy_strerror)         \
    X(global_init_mem)       \
    X(multi_add_handle)      \
    X(multi_cleanup)         \
    X(multi_info_read)       \
    X(multi_init)            \
    X(multi_perform)         \
    X(multi_poll)            \
    X(multi_remove_handle)   \
    X(multi_setopt)

struct curl_library { /* curl_easy_init is .easy_init, and so on */
#define MF_CURL_MEMBER(name) __typeof__(curl_##name) *name;
    MF_CURL_FUNCTIONS(MF_CURL_MEMBER)
#undef MF_CURL_MEMBER
};

/* Loads it and sets it up, once; any thread. MF_ERR_SYSTEM where it is missing or too old. */
MF_MUST_USE bool mf_curl_load(struct err *err);
/* Its functions, after a load that succeeded. */
const struct curl_library *mf_curl(void);

#endif
