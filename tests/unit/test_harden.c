#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto/secure_heap.h"
#include "common/run/harden.h"
#include "tests/support/suite.h"

/* Each test runs in a process of its own, so what it does to itself ends with it. */

static mode_t mask_now(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return mask;
}

static void open_at(int fd)
{
    int made = open("/dev/null", O_RDONLY);

    ck_assert_int_ge(made, 0);
    if (made != fd)
        ck_assert_int_eq(dup2(made, fd), fd);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void assert_leaves_no_traces(void)
{
    struct rlimit core = {1, 1};
    struct sigaction pipe_action;

    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
    ck_assert_uint_eq(core.rlim_max, 0);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    ck_assert_int_eq(sigaction(SIGPIPE, NULL, &pipe_action), 0);
    ck_assert(pipe_action.sa_handler == SIG_IGN);
}

START_TEST(hardens_a_server)
{
    struct err err = {0};

    unsetenv("LISTEN_PID");
    open_at(37);
    umask(022);
    mf_ck_ok(mf_harden_server(&err), err);
    assert_leaves_no_traces();
    ck_assert(!is_open(37));
    ck_assert_uint_eq(mask_now(), 077);
    ck_assert(mf_secure_heap_is_locked());
}
END_TEST

START_TEST(server_may_have_all_descriptors_it_can)
{
    struct rlimit limit;
    struct err err = {0};

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max / 2;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    mf_ck_ok(mf_harden_server(&err), err);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}
END_TEST

START_TEST(keeps_the_sockets_that_were_handed_over)
{
    struct err err = {0};
    char pid[24];

    ck_assert_int_gt(snprintf(pid, sizeof pid, "%ld", (long)getpid()), 0);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    for (int fd = 3; fd < 7; fd++)
        open_at(fd);
    mf_ck_ok(mf_harden_server(&err), err);
    ck_assert(is_open(3) && is_open(4) && !is_open(5) && !is_open(6));
}
END_TEST

START_TEST(ignores_sockets_of_another_process)
{
    struct err err = {0};

    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "2", 1);
    open_at(4);
    mf_ck_ok(mf_harden_server(&err), err);
    ck_assert(!is_open(4));
}
END_TEST

START_TEST(leaves_a_signer_its_socket)
{
    struct err err = {0};

    open_at(3);
    open_at(4);
    mf_ck_ok(mf_harden_signer(&err), err);
    assert_leaves_no_traces();
    ck_assert(is_open(3) && !is_open(4));
}
END_TEST

START_TEST(leaves_a_command_its_descriptors_but_hands_none_on)
{
    struct err err = {0};

    open_at(37);
    umask(022);
    mf_ck_ok(mf_harden_command(&err), err);
    assert_leaves_no_traces();
    ck_assert_int_eq(fcntl(37, F_GETFD), FD_CLOEXEC);
    ck_assert_uint_eq(mask_now(), 022);
}
END_TEST

START_TEST(a_server_wants_memory_that_can_be_locked_and_a_command_does_not)
{
    const struct rlimit none = {0, 0};
    struct err err = {0};

    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    mf_become_nobody(); /* root locks what it likes */
    mf_ck_refused(mf_harden_server(&err), err, "cannot lock the heap");
    ck_assert_int_eq(err.code, MF_ERR_SYSTEM);
    ck_assert_int_ne(err.hint[0], 0);
    struct err again = {0};
    mf_ck_ok(mf_harden_command(&again), again);
    ck_assert(!mf_secure_heap_is_locked());
}
END_TEST

START_TEST(fills_closed_standard_descriptors)
{
    struct err err = {0};

    close(0);
    mf_ck_ok(mf_harden_command(&err), err);
    ck_assert(is_open(0));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("harden");
    TCase *tc = tcase_create("harden");

    tcase_add_test(tc, hardens_a_server);
    tcase_add_test(tc, server_may_have_all_descriptors_it_can);
    tcase_add_test(tc, keeps_the_sockets_that_were_handed_over);
    tcase_add_test(tc, ignores_sockets_of_another_process);
    tcase_add_test(tc, leaves_a_signer_its_socket);
    tcase_add_test(tc, leaves_a_command_its_descriptors_but_hands_none_on);
    tcase_add_test(tc, a_server_wants_memory_that_can_be_locked_and_a_command_does_not);
    tcase_add_test(tc, fills_closed_standard_descriptors);
    suite_add_tcase(suite, tc);
    return suite;
}
