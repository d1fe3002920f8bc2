/* Children that say what they do, that are ready, or neither. They are this program once more. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/process.h"
#include "common/run/exit.h"
#include "common/run/notify.h"
#include "common/run/signals.h"
#include "tests/support/suite.h"

enum { LONG_MS = 60000, SHORT_MS = 50 };

static void say_and_hang(void)
{
    mf_notify_status("opening\x1b the journal");
    for (;;)
        pause();
}

static void say_and_fail(void)
{
    struct err err = {0};

    mf_notify_status("opening the journal");
    mf_err_set(&err, MF_ERR_TRUST, "journal is damaged");
    mf_err_hint(&err, "restore it");
    _exit(mf_exit_report("child", &err));
}

static void end_early(void)
{
    _exit(0);
}

static void be_killed(void)
{
    (void)kill(getpid(), SIGKILL);
}

static void be_ready(void)
{
    for (int i = 0; i < 100; i++) /* more than a socket holds that nobody reads */
        mf_notify_status("nearly there");
    mf_notify_ready();
    say_and_hang();
}

static void be_ready_as_another(void)
{
    if (setuid(65534) == 0)
        mf_notify_ready();
    _exit(9);
}

static void do_and_end(void)
{
    mf_notify_status("made it");
    _exit(0);
}

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {
    {"hang", say_and_hang}, {"fail", say_and_fail}, {"early", end_early},
    {"killed", be_killed},  {"ready", be_ready},    {"other", be_ready_as_another},
    {"done", do_and_end},
};

__attribute__((constructor)) static void act(void)
{
    const char *name = getenv("MAYFLY_TEST_ACT");

    for (size_t i = 0; name != NULL && i < MF_LEN(acts); i++)
        if (strcmp(name, acts[i].name) == 0)
            acts[i].act();
}

static char folder[] = "/tmp/mayfly-process-XXXXXX";
static char program[64];

static void setup(void)
{
    char self[256];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    ck_assert(n > 0 && mkdtemp(folder) != NULL);
    self[n] = '\0';
    snprintf(program, sizeof program, "%s/child", folder);
    ck_assert_int_eq(symlink(self, program), 0);
    setenv("MAYFLY_BIN_DIR", folder, 1);
}

static void teardown(void)
{
    unlink(program);
    rmdir(folder);
}

static struct process start(const char *name)
{
    struct process p = {.pidfd = -1, .words_fd = -1};
    char argv0[] = "child";
    char *argv[] = {argv0, NULL};
    struct err err = {0};

    setenv("MAYFLY_TEST_ACT", name, 1);
    mf_ck_ok(mf_process_start("child", argv, -1, &p, &err), err);
    unsetenv("MAYFLY_TEST_ACT");
    return p;
}

static const struct {
    const char *act;
    int silent_ms;
    bool want_end;
    enum err_code code;
    const char *message; /* null: it is ready, or done */
} rows[] = {
    {"ready", LONG_MS, false, MF_OK, NULL},
    {"done", LONG_MS, true, MF_OK, NULL},
    {"done", LONG_MS, false, MF_ERR_UNAVAILABLE, "child: ended with status 0: made it"},
    {"early", LONG_MS, false, MF_ERR_UNAVAILABLE, "child: ended with status 0"},
    {"fail", LONG_MS, false, MF_ERR_TRUST,
     "child: ended with status 6: journal is damaged: restore it"},
    {"fail", LONG_MS, true, MF_ERR_TRUST, "child: ended with status 6: journal is damaged"},
    {"killed", LONG_MS, true, MF_ERR_UNAVAILABLE, "child: ended with status 137"},
    {"hang", SHORT_MS, true, MF_ERR_UNAVAILABLE, "child: "}, /* before or after its word */
};

START_TEST(waits_for_a_child_and_says_what_became_of_it)
{
    const struct patience patience = {.silent_ms = rows[_i].silent_ms, .signals = -1};
    struct process p = start(rows[_i].act);
    struct err err = {0};

    bool ok = rows[_i].want_end ? mf_process_wait_done(&p, &patience, &err)
                                : mf_process_wait_ready(&p, &patience, &err);
    if (rows[_i].message == NULL)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err, rows[_i].message);
    ck_assert_int_eq(err.code, rows[_i].code);
    mf_process_stop(&p, LONG_MS);
    ck_assert_int_eq(p.pid, 0);
}
END_TEST

START_TEST(names_the_last_word_of_one_that_hangs)
{
    const struct patience little = {.silent_ms = 1, .signals = -1};
    struct process p = start("hang");
    struct err err = {0};

    while (p.said[0] == '\0') { /* until its word has come */
        err = (struct err){0};
        ck_assert(!mf_process_wait_ready(&p, &little, &err));
    }
    err = (struct err){0};
    mf_ck_refused(mf_process_wait_ready(&p, &little, &err), err,
                  "child: has said nothing for 0 s, its last word being: opening\\x1b the journal");
    mf_process_stop(&p, LONG_MS);
}
END_TEST

START_TEST(stops_waiting_when_it_is_asked_to)
{
    bool asked = false;
    struct patience patience = {.silent_ms = LONG_MS, .signals = -1, .asked = &asked};
    struct err err = {0};

    mf_ck_ok(mf_signals_open(&patience.signals, &err), err);
    struct process p = start("hang");
    ck_assert_int_eq(kill(getpid(), SIGHUP), 0); /* asks for nothing */
    ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
    mf_ck_refused(mf_process_wait_ready(&p, &patience, &err), err, "asked to stop");
    ck_assert(asked && p.pid != 0);
    mf_process_stop(&p, LONG_MS);
    close(patience.signals);
}
END_TEST

START_TEST(does_not_hear_another_user)
{
    const struct patience patience = {.silent_ms = LONG_MS, .signals = -1};
    struct err err = {0};

    if (geteuid() != 0)
        mf_ck_skip("user %u cannot become another", (unsigned)geteuid());
    ck_assert_int_eq(chmod(folder, 0755), 0);
    struct process p = start("other");
    mf_ck_refused(mf_process_wait_ready(&p, &patience, &err), err, "ended with status 9");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *tc = tcase_create("process");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, waits_for_a_child_and_says_what_became_of_it, 0, MF_LEN(rows));
    tcase_add_test(tc, names_the_last_word_of_one_that_hangs);
    tcase_add_test(tc, stops_waiting_when_it_is_asked_to);
    tcase_add_test(tc, does_not_hear_another_user);
    suite_add_tcase(suite, tc);
    return suite;
}
