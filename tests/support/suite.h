/* What every unit test file has: Check, and one function that main runs. */
#ifndef MF_TESTS_SUPPORT_SUITE_H
#define MF_TESTS_SUPPORT_SUITE_H

#include <check.h>

#include "common/base/err.h"
#include "common/base/span.h"

/* The suite of this test program; tests/support/main.c runs it. */
Suite *mf_suite(void);

/* Folder of fixtures made by others. Where it is not there the test that asks ends as skipped. */
const char *mf_fixtures(void);

/* How a test that cannot run here begins its message: main reports it as skipped, not as passed. */
#define MF_SKIP              "[skip] "
#define mf_ck_skip(fmt, ...) ck_abort_msg(MF_SKIP fmt, __VA_ARGS__)

/* Where root runs the tests this one goes on as nobody, who is refused what root is not. Skipped
 * where root cannot become another user. */
void mf_become_nobody(void);

/* Fails the test with the error's text. */
#define mf_ck_ok(expression, err)                              \
    do {                                                       \
        if (!(expression)) {                                   \
            char said_[800];                                   \
            mf_err_render(&(err), said_, sizeof said_);        \
            ck_abort_msg("%s failed: %s", #expression, said_); \
        }                                                      \
    } while (0)

/* Expects a refusal whose rendered text contains this. */
#define mf_ck_refused(expression, err, message)                                                   \
    do {                                                                                          \
        char said_[800];                                                                          \
        ck_assert_msg(!(expression), "%s was accepted", #expression);                             \
        mf_err_render(&(err), said_, sizeof said_);                                               \
        ck_assert_msg(strstr(said_, (message)) != NULL, "said '%s', not '%s'", said_, (message)); \
    } while (0)

#endif
