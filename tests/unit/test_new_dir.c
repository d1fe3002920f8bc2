/* A directory that is made: whole under its name, or not there. */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/new_dir.h"
#include "tests/support/suite.h"

static char folder[] = "/tmp/mayfly-new-dir-XXXXXX";
static char path[128], aside[128], inside[160];
static bool is_raced; /* the next lock comes too late */
static uid_t others;  /* added to our own user */

/* In place of libc's, for what other processes and users do. */
int flock(int fd, int how)
{
    if (is_raced) {
        is_raced = false;
        ck_assert_int_eq(rmdir(aside), 0);
        ck_assert_int_eq(mkdir(aside, 0700), 0);
        ck_assert_int_eq(close(creat(inside, 0600)), 0);
    }
    return (int)syscall(SYS_flock, fd, how);
}

uid_t geteuid(void)
{
    return (uid_t)syscall(SYS_geteuid) + others;
}

static void setup(void)
{
    struct err err = {0};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_path_join(folder, "made", path, sizeof path, &err), err);
    mf_ck_ok(mf_path_join(folder, ".made.mayfly-init", aside, sizeof aside, &err), err);
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

START_TEST(makes_what_was_left_its_own)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    char kept[160], link_[160], deep[192];
    struct stat st = {0};
    struct err err = {0};

    put(folder, "kept");
    mf_ck_ok(mf_path_join(folder, "kept", kept, sizeof kept, &err), err);
    mf_ck_ok(mf_path_join(aside, "deep", deep, sizeof deep, &err), err);
    mf_ck_ok(mf_path_join(aside, "link", link_, sizeof link_, &err), err);
    ck_assert_int_eq(mkdir(aside, 0700), 0);
    ck_assert_int_eq(chmod(aside, 0777), 0);
    ck_assert_int_eq(mkdir(deep, 0700), 0);
    put(deep, "key");
    ck_assert_int_eq(symlink(folder, link_), 0);
    mf_ck_ok(mf_new_dir_begin(path, 0700, &dir, &err), err);
    ck_assert_int_eq(stat(aside, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    ck_assert_int_eq(rmdir(aside), 0); /* so it was empty */
    ck_assert_int_eq(unlink(kept), 0); /* and what a link led to is there */
}
END_TEST

START_TEST(refuses_what_another_user_made)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    ck_assert_int_eq(mkdir(aside, 0777), 0);
    others = 1;
    bool begun = mf_new_dir_begin(path, 0700, &dir, &err);
    others = 0;
    mf_ck_refused(begun, err, "belongs to another user");
    ck_assert_int_eq(access(aside, F_OK), 0);
}
END_TEST

START_TEST(leaves_to_another_what_has_its_name)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    char moved[160];
    struct err err = {0};

    mf_ck_ok(mf_path_join(aside, "key", inside, sizeof inside, &err), err);
    if (_i == 0) { /* the lock is that of a folder which is gone */
        ck_assert_int_eq(mkdir(aside, 0700), 0);
        is_raced = true;
        mf_ck_refused(mf_new_dir_begin(path, 0700, &dir, &err), err, "another process");
    } else {
        mf_ck_ok(mf_new_dir_begin(path, 0700, &dir, &err), err);
        mf_ck_ok(mf_path_join(folder, "moved", moved, sizeof moved, &err), err);
        ck_assert_int_eq(rename(aside, moved), 0);
        ck_assert_int_eq(mkdir(aside, 0700), 0);
        put(aside, "key");
        mf_ck_refused(mf_new_dir_finish(&dir, &err), err, "another process");
        ck_assert_int_eq(rmdir(moved), 0);
    }
    mf_new_dir_done(&dir);
    ck_assert_int_eq(access(inside, F_OK), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(leaves_a_folder_of_the_user)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    char theirs[160];
    struct err err = {0};

    mf_ck_ok(mf_path_append(path, ".unfinished", theirs, sizeof theirs, &err), err);
    ck_assert_int_eq(mkdir(theirs, 0700), 0);
    put(theirs, "key");
    mf_ck_ok(mf_new_dir_begin(path, 0700, &dir, &err), err);
    mf_ck_ok(mf_path_join(theirs, "key", inside, sizeof inside, &err), err);
    ck_assert_int_eq(unlink(inside), 0);
    ck_assert_int_eq(rmdir(theirs), 0);
}
END_TEST

START_TEST(takes_nothing_away)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    if (_i == 0) {
        put(folder, "made");
    } else if (_i == 2) {
        ck_assert_int_eq(symlink(".", path), 0);
    } else {
        ck_assert_int_eq(mkdir(path, 0700), 0);
        put(path, "key");
    }
    mf_ck_refused(mf_new_dir_begin(path, 0700, &dir, &err), err, "is already there");
    ck_assert_int_eq(err.code, MF_ERR_EXISTS);
    ck_assert_int_eq(access(_i == 1 ? inside : path, F_OK), 0);
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

static const struct {
    const char *path, *message;
} nameless[] = {
    {"", "empty or too long"},
    {".", "cannot be replaced"},
    {"/tmp/..", "cannot be replaced"},
    {"//", "cannot be replaced: name a directory that is to be made in it"},
};

START_TEST(needs_a_name)
{
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};
    struct err err = {0};

    mf_ck_refused(mf_new_dir_begin(nameless[_i].path, 0700, &dir, &err), err, nameless[_i].message);
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
    tcase_add_test(making, makes_what_was_left_its_own);
    tcase_add_test(making, refuses_what_another_user_made);
    tcase_add_loop_test(making, leaves_to_another_what_has_its_name, 0, 2);
    tcase_add_test(making, leaves_a_folder_of_the_user);
    tcase_add_loop_test(making, takes_nothing_away, 0, 3);
    tcase_add_test(making, yields_to_what_came_meanwhile);
    tcase_add_test(making, is_made_by_one_at_a_time);
    tcase_add_loop_test(making, needs_a_name, 0, MF_LEN(nameless));
    suite_add_tcase(suite, making);
    return suite;
}
