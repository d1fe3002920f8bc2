/* A directory that is made: whole under its name, or not there. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/new_dir.h"
#include "tests/support/suite.h"

static char folder[] = "/tmp/mayfly-new-dir-XXXXXX";
static char path[128], aside[128], inside[160];

static void setup(void)
{
    struct err err = {0};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_path_join(folder, "made", path, sizeof path, &err), err);
    mf_ck_ok(mf_path_append(path, ".unfinished", aside, sizeof aside, &err), err);
    mf_ck_ok(mf_path_join(path, "key", inside, sizeof inside, &err), err);
}

static void teardown(void)
{
    unlink(inside);
    rmdir(path);
    unlink(path);
    rmdir(aside);
    rmdir(folder);
}

static void put(const char *dir, const char *name)
{
    char file[192];
    struct err err = {0};

    mf_ck_ok(mf_path_join(dir, name, file, sizeof file, &err), err);
    mf_ck_ok(mf_file_write(file, MF_SPAN("x"), 0600, MF_FILE_CREATE, &err), err);
}

START_TEST(is_there_once_it_is_finished)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    char with_slashes[192];
    struct stat st = {0};
    struct err err = {0};

    if (_i == 1) /* an empty one is replaced */
        ck_assert_int_eq(mkdir(path, 0755), 0);
    mf_ck_ok(mf_path_append(path, "//", with_slashes, sizeof with_slashes, &err), err);
    mf_ck_ok(mf_new_dir_begin(with_slashes, 0700, &dir, &err), err);
    put(dir.aside, "key");
    ck_assert_int_ne(access(inside, F_OK), 0);
    mf_ck_ok(mf_new_dir_finish(&dir, &err), err);
    ck_assert_int_eq(access(inside, F_OK), 0);
    ck_assert_int_ne(access(aside, F_OK), 0);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(leaves_nothing_when_it_is_given_up)
{
    struct new_dir dir = {.fd = -1};
    struct err err = {0};

    mf_ck_ok(mf_new_dir_begin(path, 0700, &dir, &err), err);
    put(dir.aside, "key");
    mf_new_dir_done(&dir);
    mf_new_dir_done(&dir);
    ck_assert_int_ne(access(aside, F_OK), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(begins_without_what_a_killed_one_left)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    ck_assert_int_eq(mkdir(aside, 0700), 0);
    put(aside, "key");
    mf_ck_ok(mf_new_dir_begin(path, 0700, &dir, &err), err);
    mf_ck_ok(mf_new_dir_finish(&dir, &err), err);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_ne(access(inside, F_OK), 0);
}
END_TEST

START_TEST(takes_nothing_away)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    if (_i == 0) {
        put(folder, "made");
    } else {
        ck_assert_int_eq(mkdir(path, 0700), 0);
        put(path, "key");
    }
    mf_ck_refused(mf_new_dir_begin(path, 0700, &dir, &err), err, "is already there");
    ck_assert_int_eq(err.code, MF_ERR_EXISTS);
    ck_assert_int_eq(access(_i == 0 ? path : inside, F_OK), 0);
    ck_assert_int_ne(access(aside, F_OK), 0);
}
END_TEST

START_TEST(yields_to_what_came_meanwhile)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    mf_ck_ok(mf_new_dir_begin(path, 0700, &dir, &err), err);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    put(path, "key");
    mf_ck_refused(mf_new_dir_finish(&dir, &err), err, "is already there");
    ck_assert_int_eq(access(inside, F_OK), 0);
}
END_TEST

START_TEST(is_made_by_one_at_a_time)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir first = {.fd = -1};
    MF_SCOPED(mf_new_dir_done) struct new_dir second = {.fd = -1};
    struct err err = {0};

    mf_ck_ok(mf_new_dir_begin(path, 0700, &first, &err), err);
    put(first.aside, "key");
    mf_ck_refused(mf_new_dir_begin(path, 0700, &second, &err), err, "another process is making it");
    mf_err_clear(&err);
    mf_ck_ok(mf_new_dir_finish(&first, &err), err);
    ck_assert_int_eq(access(inside, F_OK), 0);
}
END_TEST

START_TEST(needs_a_name)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    mf_ck_refused(mf_new_dir_begin("", 0700, &dir, &err), err, "empty or too long");
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("new_dir");
    TCase *making = tcase_create("making");

    tcase_add_checked_fixture(making, setup, teardown);
    tcase_add_loop_test(making, is_there_once_it_is_finished, 0, 2);
    tcase_add_test(making, leaves_nothing_when_it_is_given_up);
    tcase_add_test(making, begins_without_what_a_killed_one_left);
    tcase_add_loop_test(making, takes_nothing_away, 0, 2);
    tcase_add_test(making, yields_to_what_came_meanwhile);
    tcase_add_test(making, is_made_by_one_at_a_time);
    tcase_add_test(making, needs_a_name);
    suite_add_tcase(suite, making);
    return suite;
}
