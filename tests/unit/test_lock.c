#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cmd/lock.h"
#include "common/base/file.h"
#include "tests/support/suite.h"

enum { TIMES = 100 };

static char folder[] = "/tmp/mayfly-lock-XXXXXX";

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    char path[64];
    static const char *const names[] = {"lock", "pid"};

    for (size_t i = 0; i < MF_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

START_TEST(names_who_holds_it)
{
    MF_SCOPED(mf_fd_done) int lock = -1;
    MF_SCOPED(mf_fd_done) int second = -1;
    struct err err = {0};
    pid_t holder = 42;

    mf_ck_ok(mf_lock_holder(folder, &holder, &err), err);
    ck_assert_int_eq(holder, 0);
    mf_ck_ok(mf_lock_take(folder, 0, &lock, &err), err);
    mf_ck_ok(mf_lock_holder(folder, &holder, &err), err);
    ck_assert_int_eq(holder, getpid());
    mf_ck_refused(mf_lock_take(folder, 0, &second, &err), err, "is running already");
    mf_fd_done(&lock);
    mf_ck_ok(mf_lock_holder(folder, &holder, &err), err);
    ck_assert_int_eq(holder, 0);
}
END_TEST

/* Inherited, as by the services of a supervisor that was killed. */
START_TEST(is_held_by_children)
{
    MF_SCOPED(mf_fd_done) int lock = -1;
    MF_SCOPED(mf_fd_done) int second = -1;
    struct err err = {0};
    char path[64];
    int status = 0;

    mf_ck_ok(mf_lock_take(folder, 0, &lock, &err), err);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    mf_fd_done(&lock);
    snprintf(path, sizeof path, "%s/pid", folder);
    mf_ck_ok(mf_file_write(path, MF_SPAN("2147483647\n"), 0600, MF_FILE_REPLACE, &err), err);
    mf_ck_refused(mf_lock_take(folder, 0, &second, &err), err, "earlier run still hold");
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    err = (struct err){0};
    mf_ck_ok(mf_lock_take(folder, 0, &second, &err), err);
}
END_TEST

static _Noreturn void ask_for_ever(void)
{
    for (;;) {
        struct err ignored = {0};
        pid_t holder = 0;
        if (!mf_lock_holder(folder, &holder, &ignored))
            _exit(1);
    }
}

/* `mayfly status` while an instance starts: the folder is free, and stays so. */
START_TEST(asking_does_not_take_it)
{
    struct err err = {0};
    int status = 0;

    pid_t child = fork();
    if (child == 0)
        ask_for_ever();
    for (int i = 0; i < TIMES; i++) {
        MF_SCOPED(mf_fd_done) int lock = -1;
        mf_ck_ok(mf_lock_take(folder, 0, &lock, &err), err);
    }
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("lock");
    TCase *tc = tcase_create("lock");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, names_who_holds_it);
    tcase_add_test(tc, is_held_by_children);
    tcase_add_test(tc, asking_does_not_take_it);
    suite_add_tcase(suite, tc);
    return suite;
}
