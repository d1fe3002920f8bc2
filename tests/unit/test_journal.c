#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/suite.h"
#include "transparency/engine/head_file.h"
#include "transparency/engine/journal.h"

#define NOTE "note of the commit before\n"

enum { SEGMENT = 64 * 1024, SEGMENTS = 256, ENTRY = 1500, MANY = 40 };
enum { RECORD = MF_JOURNAL_HEAD_LEN + sizeof NOTE - 1 + 3 * (4 + ENTRY) + 32 }; /* bytes */
enum { BLOCKS = 2 * MF_JOURNAL_ALIGN };                                         /* that it fills */

static char folder[PATH_MAX];
static struct crypto *crypto;

static struct { /* what a reader was told */
    size_t count;
    uint64_t next;  /* index behind the last record */
    bool rewrite;   /* write each again, as a start does */
    bool any_start; /* the first record may have any index */
    uint64_t time_ms;
} seen;

static void make_folder(void)
{
    struct err err = {0};

    snprintf(folder, sizeof folder, "/tmp/mayfly-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    memset(&seen, 0, sizeof seen);
    seen.rewrite = true;
}

static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry = NULL;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    (void)rmdir(folder);
    mf_crypto_free(&crypto);
}

static bool hear(void *state, struct journal *journal, const struct journal_record *record,
                 struct err *err)
{
    struct journal_place place;
    struct span payload = record->payload;
    struct span entry;

    (void)state;
    if (seen.any_start && seen.count == 0)
        seen.next = record->first_index;
    ck_assert_uint_eq(record->first_index, seen.next);
    for (uint32_t i = 0; i < record->count; i++) {
        mf_ck_ok(mf_journal_entry(&payload, &entry, err), *err);
        ck_assert_uint_eq(entry.n, ENTRY);
        ck_assert_uint_eq(entry.p[0], (uint8_t)(record->first_index + i));
    }
    ck_assert_uint_eq(payload.n, 0);
    ck_assert_uint_ge(record->time_ms, seen.time_ms);
    seen.time_ms = record->time_ms;
    seen.count++;
    seen.next += record->count;
    return !seen.rewrite || mf_journal_append(crypto, journal, record, &place, err);
}

static bool open_journal(struct journal **out, uint64_t *dropped, struct err *err)
{
    struct journal_params params = {.path = folder, .segment_size = SEGMENT};
    const struct journal_reader reader = {.record = hear};

    memset(params.log_id, 7, sizeof params.log_id);
    seen.count = 0;
    seen.next = 0;
    seen.time_ms = 0;
    return mf_journal_open(crypto, &params, &reader, out, dropped, err);
}

static bool try_append(struct journal *j, uint64_t first, uint32_t count, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf payload = {.max = SEGMENT};
    MF_SCOPED(mf_buf_done) struct buf back = {.max = SEGMENT};
    struct journal_record record = {
        .first_index = first, .count = count, .time_ms = 1000 + first, .checkpoint = MF_SPAN(NOTE)};
    struct journal_place place;
    uint8_t entry[ENTRY] = {0};

    for (uint32_t i = 0; i < count; i++) {
        entry[0] = (uint8_t)(first + i);
        mf_ck_ok(mf_buf_append_be(&payload, ENTRY, 4, err) &&
                     mf_buf_append(&payload, MF_SPAN_OF(entry), err),
                 *err);
    }
    record.payload = mf_buf_span(&payload);
    if (!mf_journal_append(crypto, j, &record, &place, err))
        return false;
    mf_ck_ok(mf_journal_read(j, &place, payload.n, &back, err), *err);
    ck_assert(mf_span_eq(mf_buf_span(&back), record.payload));
    return true;
}

static void append(struct journal *j, uint64_t first, uint32_t count)
{
    struct err err = {0};

    mf_ck_ok(try_append(j, first, count, &err), err);
}

/* A journal of `commits` commits of three entries each, then closed. */
static void fill(unsigned commits)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;

    mf_ck_ok(open_journal(&j, &dropped, &err) && mf_journal_settle(j, &err), err);
    for (unsigned i = 0; i < commits; i++)
        append(j, (uint64_t)i * 3, 3);
    mf_journal_free(&j);
}

static void newest_segment(char out[static PATH_MAX])
{
    DIR *dir = opendir(folder);
    struct dirent *entry = NULL;
    char name[NAME_MAX + 1] = "";

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL)
        if (strstr(entry->d_name, ".journal") != NULL && strcmp(entry->d_name, name) > 0)
            snprintf(name, sizeof name, "%s", entry->d_name);
    closedir(dir);
    ck_assert_int_lt(snprintf(out, PATH_MAX, "%s/%s", folder, name), PATH_MAX);
}

static struct buf load(const char *path)
{
    struct buf b = {0};
    struct err err = {0};

    mf_ck_ok(mf_file_read(path, SEGMENT * 4, &b, &err), err);
    return b;
}

static void store(const char *path, struct span bytes)
{
    struct err err = {0};

    mf_ck_ok(mf_file_write(path, bytes, 0600, MF_FILE_REPLACE, &err), err);
}

START_TEST(gives_back_what_was_written_and_settles_again)
{
    fill(40); /* over several segments */
    for (int i = 0; i < 3; i++) {
        struct journal *j = NULL;
        struct err err = {0};
        uint64_t dropped = 1;
        mf_ck_ok(open_journal(&j, &dropped, &err), err);
        ck_assert_uint_eq(seen.count, 40 + (unsigned)i);
        ck_assert_uint_eq(dropped, 0);
        mf_ck_ok(mf_journal_settle(j, &err), err);
        append(j, seen.next, 3);
        mf_journal_free(&j);
    }
}
END_TEST

START_TEST(keeps_the_old_segments_until_the_new_one_is_settled)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;

    fill(5);
    mf_ck_ok(open_journal(&j, &dropped, &err), err);
    mf_journal_free(&j); /* a crash between rewriting and settling */
    mf_ck_ok(open_journal(&j, &dropped, &err), err);
    ck_assert_uint_eq(seen.count, 5);
    mf_journal_free(&j);
}
END_TEST

START_TEST(releases_segments_and_uses_them_again)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;
    unsigned files = 0;

    mf_ck_ok(open_journal(&j, &dropped, &err) && mf_journal_settle(j, &err), err);
    for (unsigned i = 0; i < 400; i++) {
        append(j, (uint64_t)i * 3, 3);
        if (i > 20)
            mf_journal_release(j, (uint64_t)(i - 20) * 3);
    }
    mf_journal_free(&j);
    DIR *dir = opendir(folder);
    while (readdir(dir) != NULL)
        files++;
    closedir(dir);
    ck_assert_uint_lt(files, 16);

    seen.any_start = true;
    mf_ck_ok(open_journal(&j, &dropped, &err), err);
    ck_assert_uint_eq(seen.next, 1200); /* what is left is a whole end of the history */
    ck_assert_uint_ge(seen.count, 20);
    mf_journal_free(&j);
}
END_TEST

/* The last record ends somewhere inside: what is cut off was never acknowledged. */
START_TEST(drops_an_incomplete_last_commit_wherever_it_was_cut)
{
    char path[PATH_MAX];
    struct err err = {0};

    seen.rewrite = false;
    fill(3);
    newest_segment(path);
    MF_SCOPED(mf_buf_done) struct buf whole = load(path);
    size_t last = MF_JOURNAL_ALIGN + 2 * (size_t)BLOCKS;
    ck_assert_mem_eq(whole.p + last, "MFJ1", 4);
    for (size_t keep = 0; keep < RECORD + 50; keep++) {
        MF_SCOPED(mf_buf_done) struct buf torn = {.max = whole.n};
        struct journal *j = NULL;
        uint64_t dropped = 0;
        if (keep > 200 && keep < RECORD - 100 && keep % 97 != 0)
            continue; /* inside of the payload one byte is like the next */
        mf_ck_ok(mf_buf_append(&torn, mf_buf_span(&whole), &err), err);
        memset(torn.p + last + keep, 0, torn.n - last - keep);
        store(path, mf_buf_span(&torn));
        mf_ck_ok(open_journal(&j, &dropped, &err), err);
        ck_assert_msg(seen.count == (keep < RECORD ? 2 : 3), "%zu bytes kept gave %zu commits",
                      keep, seen.count);
        ck_assert(seen.count == 3 || keep < MF_JOURNAL_HEAD_LEN || dropped > 0);
        mf_journal_free(&j);
    }
}
END_TEST

START_TEST(refuses_any_flipped_bit_that_valid_commits_follow)
{
    char path[PATH_MAX];
    struct err err = {0};

    seen.rewrite = false;
    fill(3);
    newest_segment(path);
    MF_SCOPED(mf_buf_done) struct buf whole = load(path);
    const size_t second = MF_JOURNAL_ALIGN + BLOCKS; /* of three */
    for (size_t at = second; at < second + RECORD; at++) {
        struct journal *j = NULL;
        uint64_t dropped = 0;
        if (at > second + 300 && at < second + RECORD - 100 && at % 101 != 0)
            continue;
        whole.p[at] ^= 0x10;
        store(path, mf_buf_span(&whole));
        mf_ck_refused(open_journal(&j, &dropped, &err), err, "is followed by a valid one");
        mf_err_clear(&err);
        whole.p[at] ^= 0x10;
    }
}
END_TEST

START_TEST(refuses_a_missing_segment_in_the_middle)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;
    char path[PATH_MAX];

    fill(40);
    newest_segment(path);
    char *digit = strstr(path, ".journal") - 1;
    *digit = (char)(*digit - 1);
    ck_assert_int_eq(unlink(path), 0);
    mf_ck_refused(open_journal(&j, &dropped, &err), err, "is followed by a valid one");
}
END_TEST

/* A start needs a segment of its own: one place is kept for it while the log writes. */
START_TEST(opens_again_with_as_many_segments_as_there_may_be)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;
    uint64_t next = 0;

    mf_ck_ok(open_journal(&j, &dropped, &err) && mf_journal_settle(j, &err), err);
    while (try_append(j, next, MANY, &err)) /* a segment each */
        next += MANY;
    ck_assert_ptr_nonnull(strstr(err.what, "the public tree lags too far behind"));
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE); /* and nothing has happened */
    ck_assert_uint_eq(next / MANY, SEGMENTS - 1);
    mf_journal_free(&j);

    mf_err_clear(&err);
    mf_ck_ok(open_journal(&j, &dropped, &err) && mf_journal_settle(j, &err), err);
    ck_assert_uint_eq(seen.next, next);
    append(j, next, 3);
    mf_journal_free(&j);
}
END_TEST

START_TEST(refuses_a_commit_of_a_later_format)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;
    char path[PATH_MAX];

    fill(1);
    newest_segment(path);
    MF_SCOPED(mf_buf_done) struct buf whole = load(path);
    whole.p[7] = 3;
    store(path, mf_buf_span(&whole));
    mf_ck_refused(open_journal(&j, &dropped, &err), err, "a commit of format 3 is not known");
}
END_TEST

START_TEST(refuses_another_logs_commits)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;
    struct journal_params params = {.path = folder, .segment_size = SEGMENT};
    const struct journal_reader reader = {.record = hear};

    fill(2);
    memset(params.log_id, 8, sizeof params.log_id);
    seen.count = 0;
    mf_ck_refused(mf_journal_open(crypto, &params, &reader, &j, &dropped, &err), err,
                  "this segment is of another log");
    ck_assert_uint_eq(seen.count, 0);
}
END_TEST

/* Callers of the log are told the reason alone. */
START_TEST(names_a_file_as_the_place_not_in_the_reason)
{
    struct head_file *head = NULL;
    struct err err = {0};

    ck_assert(!mf_head_file_open("/nowhere/state/head", &head, &err));
    ck_assert_str_eq(err.what, "cannot open: No such file or directory");
    ck_assert_str_eq(err.where, "/nowhere/state/head");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *journal = tcase_create("journal");

    tcase_add_checked_fixture(journal, make_folder, remove_folder);
    tcase_set_timeout(journal, 60);
    tcase_add_test(journal, names_a_file_as_the_place_not_in_the_reason);
    tcase_add_test(journal, gives_back_what_was_written_and_settles_again);
    tcase_add_test(journal, keeps_the_old_segments_until_the_new_one_is_settled);
    tcase_add_test(journal, releases_segments_and_uses_them_again);
    tcase_add_test(journal, drops_an_incomplete_last_commit_wherever_it_was_cut);
    tcase_add_test(journal, refuses_any_flipped_bit_that_valid_commits_follow);
    tcase_add_test(journal, refuses_a_missing_segment_in_the_middle);
    tcase_add_test(journal, opens_again_with_as_many_segments_as_there_may_be);
    tcase_add_test(journal, refuses_a_commit_of_a_later_format);
    tcase_add_test(journal, refuses_another_logs_commits);
    suite_add_tcase(suite, journal);
    return suite;
}
