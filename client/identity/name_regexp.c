#include "client/identity/name_regexp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/base/scope.h"

enum { STEPS_MAX = 200000 }; /* calls of the engine's inner function */
enum { DEPTH_MAX = 20000 };  /* places kept for going back */
enum { HEAP_MAX = 4096 };    /* KiB */

#define FUNCTIONS(X)                  \
    X(compile)                        \
    X(code_free)                      \
    X(compile_context_create)         \
    X(compile_context_free)           \
    X(set_newline)                    \
    X(set_parens_nest_limit)          \
    X(match)                          \
    X(match_context_create)           \
    X(match_context_free)             \
    X(match_data_create_from_pattern) \
    X(match_data_free)                \
    X(set_match_limit)                \
    X(set_depth_limit)                \
    X(set_heap_limit)

/* pcre2.h renames each function for its width; what is loaded bears the whole name. */
#define WHOLE_NAME(name) pcre2_##name##_8
#define TYPE_OF(name)    __typeof__(WHOLE_NAME(name))
#define STRING_(name)    #name
#define STRING(name)     STRING_(name)

static struct {
#define MEMBER(name) TYPE_OF(name) * name;
    FUNCTIONS(MEMBER)
#undef MEMBER
} library; /* written once, under pthread_once */
static bool is_loaded;

static const char file_name[] = "libpcre2-8.so.0";

static void load(void)
{
    static const struct {
        const char *name;
        void *at;
    } functions[] = {
#define ROW(name) {STRING(WHOLE_NAME(name)), &library.name},
        FUNCTIONS(ROW)
#undef ROW
    };
    void *handle = dlopen(file_name, RTLD_NOW | RTLD_LOCAL); /* stays open */

    if (handle == NULL)
        return;
    for (size_t i = 0; i < MF_LEN(functions); i++) {
        void *function = dlsym(handle, functions[i].name);
        if (function == NULL)
            return;
        /* POSIX, dlsym: an object pointer that holds a function's address. */
        memcpy(functions[i].at, &function, sizeof function);
    }
    is_loaded = true;
}

static bool need_library(struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    if (is_loaded)
        return true;
    mf_err_set(err, MF_ERR_SYSTEM, "%s cannot be loaded", file_name);
    return mf_err_hint(err, "install PCRE2, or give a glob in place of the regular expression");
}

struct name_regexp {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static void compile_context_done(pcre2_compile_context **context)
{
    if (*context != NULL)
        library.compile_context_free(*context);
}

static void match_data_done(pcre2_match_data **found)
{
    if (*found != NULL)
        library.match_data_free(*found);
}

static bool no_memory(struct err *err)
{
    return mf_err_set(err, MF_ERR_SYSTEM, "out of memory");
}

/* '$' is the end of the whole text and '.' all but LF, as in Go. */
static bool compile(struct span pattern, pcre2_code **out, struct err *err)
{
    MF_SCOPED(compile_context_done)
    pcre2_compile_context *context = library.compile_context_create(NULL);
    const uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
                             PCRE2_NEVER_UCP | PCRE2_NO_AUTO_CAPTURE;
    PCRE2_SIZE at = 0;
    int why = 0;

    if (context == NULL)
        return no_memory(err);
    if (library.set_newline(context, PCRE2_NEWLINE_LF) != 0 ||
        library.set_parens_nest_limit(context, MF_REGEXP_DEPTH_MAX + 1) != 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "PCRE2 refuses its limits");
    *out = library.compile(pattern.p, pattern.n, options, &why, &at, context);
    if (*out == NULL) /* the syntax was checked: what is left is size */
        return mf_err_set(err, MF_ERR_USAGE,
                          "the regular expression is too large, or repeats too often (%d)", why);
    return true;
}

static bool set_limits(struct name_regexp *regexp, struct err *err)
{
    regexp->limits = library.match_context_create(NULL);
    if (regexp->limits == NULL)
        return no_memory(err);
    return (library.set_match_limit(regexp->limits, STEPS_MAX) == 0 &&
            library.set_depth_limit(regexp->limits, DEPTH_MAX) == 0 &&
            library.set_heap_limit(regexp->limits, HEAP_MAX) == 0) ||
           mf_err_set(err, MF_ERR_INTERNAL, "PCRE2 refuses its limits");
}

bool mf_name_regexp_new(struct span pattern, struct name_regexp **out, struct err *err)
{
    struct regexp_holes holes;

    if (!mf_regexp_check(pattern, &holes, err) || !need_library(err))
        return false;
    MF_SCOPED(mf_name_regexp_free) struct name_regexp *regexp = calloc(1, sizeof *regexp);
    if (regexp == NULL)
        return no_memory(err);
    if (!compile(pattern, &regexp->code, err) || !set_limits(regexp, err))
        return false;
    *out = MF_MOVE(regexp);
    return true;
}

void mf_name_regexp_free(struct name_regexp **regexp)
{
    if (*regexp == NULL)
        return;
    if ((*regexp)->limits != NULL)
        library.match_context_free((*regexp)->limits);
    if ((*regexp)->code != NULL)
        library.code_free((*regexp)->code);
    free(*regexp);
    *regexp = NULL;
}

bool mf_name_regexp_match(const struct name_regexp *regexp, struct span text, struct err *err)
{
    MF_SCOPED(match_data_done)
    pcre2_match_data *found = library.match_data_create_from_pattern(regexp->code, NULL);

    if (found == NULL)
        return no_memory(err);
    int result = library.match(regexp->code, text.p, text.n, 0, 0, found, regexp->limits);
    if (result >= 0)
        return true;
    if (result == PCRE2_ERROR_NOMATCH)
        return mf_err_set(err, MF_ERR_REJECTED, "the regular expression does not match");
    if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT ||
        result == PCRE2_ERROR_HEAPLIMIT)
        return mf_err_set(err, MF_ERR_LIMIT,
                          "the regular expression takes more steps or memory than allowed");
    return mf_err_set(err, MF_ERR_REJECTED, "the regular expression cannot be matched (%d)",
                      result);
}
