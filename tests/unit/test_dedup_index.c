#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/suite.h"
#include "transparency/storage/dedup_index.h"

enum { COUNT = 3000 };

static char folder[PATH_MAX];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/mayfly-dedup-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[PATH_MAX + 16];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void limit_files(rlim_t bytes)
{
    const struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file that may not grow takes a part of what is written, as a full disk does. */
START_TEST(waits_when_the_disk_takes_a_part)
{
    static struct dedup_entry entries[COUNT];
    struct dedup_index *d = NULL;
    struct err err = {0};
    char path[PATH_MAX];
    struct stat st;
    uint64_t index = 0;
    bool found = false;

    for (size_t i = 0; i < COUNT; i++) {
        mf_put_be64(entries[i].key, i * 0x9e3779b97f4a7c15);
        entries[i].index = i;
    }
    mf_ck_ok(mf_dedup_index_open(folder, &d, &err), err);
    mf_ck_ok(mf_dedup_index_add(d, entries, 10, 10, &err), err);
    mf_ck_ok(mf_path_join(folder, "data.mdb", path, sizeof path, &err), err);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    limit_files((rlim_t)st.st_size + 1000);
    for (int i = 0; i < 3; i++) {
        mf_ck_refused(mf_dedup_index_add(d, entries, COUNT, COUNT, &err), err,
                      "cannot write: Input/output error");
        ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
        ck_assert_uint_eq(mf_dedup_index_size(d), 10);
        mf_err_clear(&err);
    }
    limit_files(RLIM_INFINITY);
    mf_ck_ok(mf_dedup_index_add(d, entries, COUNT, COUNT, &err), err);
    mf_dedup_index_free(&d);
    mf_ck_ok(mf_dedup_index_open(folder, &d, &err), err);
    ck_assert_uint_eq(mf_dedup_index_size(d), COUNT);
    for (size_t i = 0; i < COUNT; i += 7) {
        mf_ck_ok(mf_dedup_index_get(d, entries[i].key, &index, &found, &err), err);
        ck_assert(found && index == i);
    }
    mf_dedup_index_free(&d);
}
END_TEST

/* The first two pages are the least that an index has. */
START_TEST(begins_anew_what_was_hardly_begun)
{
    static const uint8_t page[4096] = {0xde, 0xc0, 0xef, 0xbe};
    const struct span left[] = {{page, 0}, {page, 100}, {page, sizeof page}};
    struct dedup_index *d = NULL;
    struct err err = {0};
    char path[PATH_MAX];

    mf_ck_ok(mf_path_join(folder, "data.mdb", path, sizeof path, &err), err);
    mf_ck_ok(mf_file_write(path, left[_i], 0600, MF_FILE_CREATE, &err), err);
    mf_ck_ok(mf_dedup_index_open(folder, &d, &err), err);
    ck_assert_uint_eq(mf_dedup_index_size(d), 0);
    mf_dedup_index_free(&d);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("dedup_index");
    TCase *dedup = tcase_create("dedup");

    tcase_add_checked_fixture(dedup, make_folder, remove_folder);
    tcase_add_test(dedup, waits_when_the_disk_takes_a_part);
    tcase_add_loop_test(dedup, begins_anew_what_was_hardly_begun, 0, 3);
    suite_add_tcase(suite, dedup);
    return suite;
}
