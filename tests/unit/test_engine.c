#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/log_fixture.h"
#include "tests/support/suite.h"
#include "transparency/tile/entry_bundle.h"

enum { BODY = 300, JOBS_MAX = 3000 };

static struct log_fixture *log_now;

static void make_log(void)
{
    struct err err = {0};

    log_now = calloc(1, sizeof *log_now);
    ck_assert_ptr_nonnull(log_now);
    mf_log_fixture_init(log_now);
    mf_ck_ok(mf_log_fixture_open(log_now, true, &err), err);
}

static void remove_log(void)
{
    mf_log_fixture_done(log_now);
    free(log_now);
}

static void reopen(struct log_fixture *f)
{
    struct err err = {0};

    mf_log_fixture_close(f);
    mf_ck_ok(mf_log_fixture_open(f, false, &err), err);
}

/* Appends bodies number from .. from + count - 1; each must have (or get) that index. */
static void append(struct log_fixture *f, uint64_t from, size_t count, size_t n, bool known)
{
    struct log_fixture_job *jobs[JOBS_MAX];

    for (size_t i = 0; i < count; i++)
        jobs[i] = mf_log_fixture_job(f, from + i, n);
    mf_log_fixture_append(f, jobs, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert(!jobs[i]->refused);
        ck_assert_uint_eq(jobs[i]->job.index, from + i);
        ck_assert(jobs[i]->job.duplicate == known);
        free(jobs[i]);
    }
}

static void check_bodies(struct log_fixture *f, uint64_t count, size_t n)
{
    for (uint64_t i = 0; i < count; i++) {
        MF_SCOPED(mf_buf_done) struct buf record = {.max = MF_ENTRY_MAX + 2};
        struct err err = {0};
        mf_ck_ok(mf_engine_record(f->engine, i, &record, &err), err);
        ck_assert_uint_eq(record.n, n + 2);
        ck_assert_uint_eq(mf_be64(record.p + 2), i);
    }
}

START_TEST(proves_each_entry_and_keeps_each_head_over_restarts)
{
    uint64_t size = 0;

    for (unsigned round = 0; round < 6; round++) {
        static const size_t counts[] = {1, 255, 1, 700, 0, 90};
        append(log_now, size, counts[round], BODY, false);
        size += counts[round];
        reopen(log_now);
        mf_log_fixture_check_heads(log_now);
    }
    ck_assert_uint_eq(size, 1047);
    check_bodies(log_now, size, BODY);
    append(log_now, 0, 1047, BODY, true);
}
END_TEST

START_TEST(answers_duplicates_that_are_in_flight_with_the_first_index)
{
    struct log_fixture_job *jobs[200];

    for (size_t i = 0; i < 200; i++)
        jobs[i] = mf_log_fixture_job(log_now, i % 10, BODY);
    mf_log_fixture_append(log_now, jobs, 200);
    for (size_t i = 0; i < 200; i++) {
        ck_assert_uint_eq(jobs[i]->job.index, i % 10);
        ck_assert(jobs[i]->job.duplicate == (i >= 10));
        free(jobs[i]);
    }
    ck_assert_uint_eq(log_now->duplicates, 190);
}
END_TEST

/* A copy of the directory while it is written to is what a crash leaves behind. */
START_TEST(recovers_every_acknowledged_entry_from_a_crash_image)
{
    static const unsigned cadences[] = {20, 60000};
    struct log_fixture *image = calloc(1, sizeof *image);
    struct err err = {0};

    ck_assert_ptr_nonnull(image);
    mf_log_fixture_close(log_now);
    log_now->cadence_ms = cadences[_i];
    log_now->segment_size = (size_t)512 * 1024;
    mf_ck_ok(mf_log_fixture_open(log_now, false, &err), err);
    for (uint64_t size = 0; size < 1500; size += 500) {
        append(log_now, size, 500, BODY, false);
        mf_log_fixture_copy(log_now, image);
        mf_ck_ok(mf_log_fixture_open(image, false, &err), err);
        mf_log_fixture_check_heads(image);
        check_bodies(image, size + 500, BODY);
        append(image, 0, size + 500, BODY, true);
        append(image, size + 500, 10, BODY, false);
        mf_log_fixture_done(image);
    }
    free(image);
}
END_TEST

START_TEST(cuts_large_batches_instead_of_refusing_them)
{
    append(log_now, 0, 400, MF_ENTRY_MAX, false); /* 25 MiB: several records of the journal */
    reopen(log_now);
    check_bodies(log_now, 400, MF_ENTRY_MAX);
}
END_TEST

/* Files of a folder, apart from those that are sockets or the like. */
static unsigned count_files(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry = NULL;
    unsigned n = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    return n;
}

START_TEST(publishes_a_tree_that_anyone_may_read_and_no_left_overs)
{
    char path[PATH_MAX];
    struct stat st;
    struct err err = {0};

    for (uint64_t i = 0; i < 20; i++)
        append(log_now, i * 30, 30, BODY, false);
    mf_log_fixture_close(log_now); /* publishes */
    mf_ck_ok(mf_path_join(log_now->path, "public/tile/0/000", path, sizeof path, &err), err);
    ck_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0644 && st.st_size == 8192);
    mf_ck_ok(mf_path_join(log_now->path, "public/tile/entries/001", path, sizeof path, &err), err);
    ck_assert(stat(path, &st) == 0 && st.st_size == 256 * (BODY + 2));
    mf_ck_ok(mf_path_join(log_now->path, "public/tile/1/000.p/2", path, sizeof path, &err), err);
    ck_assert(stat(path, &st) == 0 && st.st_size == 64);
    mf_ck_ok(mf_path_join(log_now->path, "public/tile/0/002.p/88", path, sizeof path, &err), err);
    ck_assert(stat(path, &st) == 0 && st.st_size == 88 * 32);
    /* Partial tiles whose full tile is there are gone. */
    mf_ck_ok(mf_path_join(log_now->path, "public/tile/0", path, sizeof path, &err), err);
    ck_assert_uint_eq(count_files(path), 3); /* 000, 001, 002.p */
    mf_ck_ok(mf_path_join(log_now->path, "public", path, sizeof path, &err), err);
    ck_assert_uint_eq(count_files(path), 2); /* checkpoint, tile */
    mf_ck_ok(mf_log_fixture_open(log_now, false, &err), err);

    MF_SCOPED(mf_buf_done) struct buf part = {0};
    const struct tile_id partial = {.kind = MF_TILE_ENTRIES, .index = 0, .width = 7};
    mf_ck_ok(mf_engine_tile(log_now->engine, &partial, &part, &err), err);
    ck_assert_uint_eq(part.n, 7 * (BODY + 2)); /* cut from the full one */
}
END_TEST

/* An older copy of the served tree under a newer journal, and the other way round. */
START_TEST(refuses_a_directory_that_is_older_than_what_was_signed)
{
    struct log_fixture *image = calloc(1, sizeof *image);
    struct err err = {0};
    char command[4 * PATH_MAX];

    ck_assert_ptr_nonnull(image);
    mf_log_fixture_close(log_now);
    log_now->cadence_ms = 60000; /* the first commit is published at once, the second waits */
    mf_ck_ok(mf_log_fixture_open(log_now, false, &err), err);
    append(log_now, 0, 300, BODY, false);
    append(log_now, 300, 10, BODY, false);
    mf_log_fixture_copy(log_now, image);
    snprintf(command, sizeof command, "rm -f '%s'/state/journal/*", image->path);
    ck_assert_int_eq(system(command), 0);
    mf_ck_refused(mf_log_fixture_open(image, false, &err), err,
                  "a signed checkpoint covers entries that are not on this disk");
    mf_log_fixture_done(image);
    free(image);
}
END_TEST

START_TEST(refuses_a_damaged_public_tile)
{
    char path[PATH_MAX];
    struct err err = {0};

    append(log_now, 0, 100, BODY, false);
    mf_log_fixture_close(log_now);
    mf_ck_ok(mf_path_join(log_now->path, "public/tile/0/000.p/100", path, sizeof path, &err), err);
    MF_SCOPED(mf_buf_done) struct buf tile = {0};
    mf_ck_ok(mf_file_read(path, 8192, &tile, &err), err);
    tile.p[1234] ^= 1;
    mf_ck_ok(mf_file_write(path, mf_buf_span(&tile), 0644, MF_FILE_REPLACE, &err), err);
    mf_ck_refused(mf_log_fixture_open(log_now, false, &err), err,
                  "the public tree does not have the root of its checkpoint");
}
END_TEST

static void read_file(const struct log_fixture *f, const char *name, char path[static PATH_MAX],
                      struct buf *out)
{
    struct err err = {0};

    mf_ck_ok(mf_path_join(f->path, name, path, PATH_MAX, &err), err);
    mf_ck_ok(mf_file_read(path, (size_t)1 << 26, out, &err), err);
}

/* The unfinished bundle, which the log would go on from, and a full one, read for the dedup index;
 * record 41 changed, missing, or one more than there may be. */
static const struct {
    const char *file;
    bool drop_dedup;
    enum { FLIP, CUT, DOUBLE } fault;
    const char *message;
} bad_bundles[] = {
    {"public/tile/entries/001.p/44", false, FLIP, "has a record that the tree does not"},
    {"public/tile/entries/001.p/44", false, CUT, "ends before its last record"},
    {"public/tile/entries/001.p/44", false, DOUBLE, "has more than its records"},
    {"public/tile/entries/000", true, FLIP, "has a record that the tree does not"},
    {"public/tile/entries/000", true, CUT, "ends before its last record"},
    {"public/tile/entries/000", true, DOUBLE, "has more than its records"},
};

START_TEST(refuses_a_public_bundle_that_is_not_the_trees)
{
    MF_SCOPED(mf_buf_done) struct buf bundle = {0};
    char path[PATH_MAX];
    char command[PATH_MAX + 32];
    struct err err = {0};

    append(log_now, 0, 300, BODY, false);
    mf_log_fixture_close(log_now);
    read_file(log_now, bad_bundles[_i].file, path, &bundle);
    if (bad_bundles[_i].fault == FLIP)
        bundle.p[41 * (BODY + 2) + 100] ^= 1;
    else if (bad_bundles[_i].fault == CUT)
        bundle.n -= BODY + 2;
    else
        mf_ck_ok(mf_buf_append(&bundle, (struct span){bundle.p, BODY + 2}, &err), err);
    mf_ck_ok(mf_file_write(path, mf_buf_span(&bundle), 0644, MF_FILE_REPLACE, &err), err);
    snprintf(command, sizeof command, "rm -rf '%s/state/dedup'", log_now->path);
    ck_assert(!bad_bundles[_i].drop_dedup || system(command) == 0);
    mf_ck_refused(mf_log_fixture_open(log_now, false, &err), err, bad_bundles[_i].message);
    ck_assert_ptr_nonnull(strstr(err.where, bad_bundles[_i].file));
}
END_TEST

START_TEST(builds_a_lost_dedup_index_again)
{
    char command[PATH_MAX + 32];
    struct err err = {0};

    append(log_now, 0, 300, BODY, false);
    mf_log_fixture_close(log_now);
    snprintf(command, sizeof command, "rm -rf '%s/state/dedup'", log_now->path);
    ck_assert_int_eq(system(command), 0);
    mf_ck_ok(mf_log_fixture_open(log_now, false, &err), err);
    append(log_now, 0, 300, BODY, true);
}
END_TEST

/* The ID belongs to name and key: neither half may be exchanged. */
START_TEST(refuses_an_identity_that_is_not_its_keys)
{
    static const char *const changes[] = {"s/engine.test/another.test/",
                                          "s/\\(\"logId\": *\"\\)..../\\1AAAA/"};
    char command[2 * PATH_MAX];
    struct err err = {0};

    mf_log_fixture_close(log_now);
    snprintf(command, sizeof command, "sed -i '%s' '%s/identity.json'", changes[_i], log_now->path);
    ck_assert_int_eq(system(command), 0);
    mf_ck_refused(mf_log_fixture_open(log_now, false, &err), err,
                  "logId is not that of this origin and publicKey");
}
END_TEST

START_TEST(refuses_whoever_comes_once_the_engine_gave_up)
{
    struct log_fixture_job *job = mf_log_fixture_job(log_now, 0, BODY);
    struct log_fixture_job *late = mf_log_fixture_job(log_now, 1, BODY);
    const struct tree_head far = {.size = 1000};
    struct err err = {0};

    /* The signer's memory is the last guard: it has signed more than this engine knows. */
    mf_ck_ok(mf_signer_recall_head(log_now->signer, &far, &err), err);
    mf_log_fixture_append(log_now, &job, 1);
    ck_assert(job->refused);
    ck_assert_int_eq(log_now->refusal.code, MF_ERR_UNAVAILABLE); /* the next process takes it */
    mf_log_fixture_wait_failed(log_now);
    ck_assert_ptr_nonnull(strstr(log_now->failure.what, "size 1 is below 1000, signed before"));
    mf_log_fixture_append(log_now, &late, 1);
    ck_assert(late->refused);
    ck_assert_int_eq(log_now->refusal.code, MF_ERR_UNAVAILABLE);
    free(job);
    free(late);
}
END_TEST

/* Other files may have all of them for a while: nothing of that is a reason to end. */
START_TEST(waits_for_descriptors)
{
    static const char issuer[] =
        "issuer/000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    struct rlimit old;
    struct err err = {0};

    append(log_now, 0, 10, BODY, false);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = old.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    append(log_now, 10, 10, BODY, false); /* the journal's segment is open */
    mf_log_fixture_wait_delayed(log_now);
    ck_assert(!mf_engine_add_file(log_now->engine, issuer, MF_SPAN("x"), &err));
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(log_now->delay.what, "Too many open files"));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
    ck_assert(!log_now->failed);
    mf_err_clear(&err);
    mf_ck_ok(mf_engine_add_file(log_now->engine, issuer, MF_SPAN("x"), &err), err);
    append(log_now, 20, 10, BODY, false);
    reopen(log_now);
    check_bodies(log_now, 30, BODY);
    mf_log_fixture_check_heads(log_now);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *engine = tcase_create("engine");

    tcase_add_checked_fixture(engine, make_log, remove_log);
    tcase_set_timeout(engine, 200);
    tcase_add_test(engine, proves_each_entry_and_keeps_each_head_over_restarts);
    tcase_add_test(engine, answers_duplicates_that_are_in_flight_with_the_first_index);
    tcase_add_loop_test(engine, recovers_every_acknowledged_entry_from_a_crash_image, 0, 2);
    tcase_add_test(engine, cuts_large_batches_instead_of_refusing_them);
    tcase_add_test(engine, publishes_a_tree_that_anyone_may_read_and_no_left_overs);
    tcase_add_test(engine, refuses_a_directory_that_is_older_than_what_was_signed);
    tcase_add_test(engine, refuses_a_damaged_public_tile);
    tcase_add_loop_test(engine, refuses_a_public_bundle_that_is_not_the_trees, 0,
                        MF_LEN(bad_bundles));
    tcase_add_test(engine, builds_a_lost_dedup_index_again);
    tcase_add_loop_test(engine, refuses_an_identity_that_is_not_its_keys, 0, 2);
    tcase_add_test(engine, refuses_whoever_comes_once_the_engine_gave_up);
    tcase_add_test(engine, waits_for_descriptors);
    suite_add_tcase(suite, engine);
    return suite;
}
