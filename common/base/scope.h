/* Clean-up bound to scope, and the attributes that every header uses. */
#ifndef MF_COMMON_BASE_SCOPE_H
#define MF_COMMON_BASE_SCOPE_H

#define MF_MUST_USE                  __attribute__((warn_unused_result))
#define MF_PRINTF(text_at, first_at) __attribute__((format(printf, text_at, first_at)))

/* Runs done(&variable) when the variable goes out of scope. Initialise on the declaration. One that
 * is there for its clean-up alone is no mistake: clang would say so. */
#define MF_SCOPED(done) __attribute__((cleanup(done), unused))

/* Hands a pointer on: its value, leaving null behind for the clean-up. */
#define MF_MOVE(pointer)                        \
    (__extension__({                            \
        __typeof__(pointer) moved_ = (pointer); \
        (pointer) = NULL;                       \
        moved_;                                 \
    }))

/* Closes *fd unless negative, and sets it to -1. Keeps errno. */
void mf_fd_done(int *fd);
/* Frees *p and sets it to null; for variables of any object pointer type. */
void mf_free_done(void *p);

#endif
