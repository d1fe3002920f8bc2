#include "common/net/curl.h"

#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/span.h"
#include "common/base/wipe.h"

static const char name[] = "libcurl.so.4"; /* the interface that all of 7.16 to 8 have */

static struct curl_library library; /* written once, under pthread_once */
static bool is_loaded;
static char missing[64];

/* What libcurl sends and receives passes through memory of its own, tokens too. */
static bool set_up(void)
{
    return library.global_init_mem(CURL_GLOBAL_DEFAULT, malloc, mf_wiping_free, mf_wiping_realloc,
                                   strdup, calloc) == CURLE_OK;
}

static void load(void)
{
    static const struct {
        const char *name;
        size_t at;
    } functions[] = {
#define ROW(f) {"curl_" #f, offsetof(struct curl_library, f)},
        MF_CURL_FUNCTIONS(ROW)
#undef ROW
    };
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL); /* stays open */

    if (handle == NULL)
        return;
    for (size_t i = 0; i < MF_LEN(functions); i++) {
        void *function = dlsym(handle, functions[i].name);
        if (function == NULL) {
            snprintf(missing, sizeof missing, "%s", functions[i].name);
            return;
        }
        /* POSIX, dlsym: an object pointer that holds a function's address. */
        memcpy((char *)&library + functions[i].at, &function, sizeof function);
    }
    is_loaded = set_up();
}

bool mf_curl_load(struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    if (is_loaded)
        return true;
    if (missing[0] != '\0')
        mf_err_set(err, MF_ERR_SYSTEM, "%s is too old: it has no %s", name, missing);
    else
        mf_err_set(err, MF_ERR_SYSTEM, "%s cannot be loaded", name);
    return mf_err_hint(err, "install libcurl, 7.87 or later");
}

const struct curl_library *mf_curl(void)
{
    assert(is_loaded);
    return &library;
}
