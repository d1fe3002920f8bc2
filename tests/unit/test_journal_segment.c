/* Segments of the journal: what an entry's bytes may try, heads, format 1, what lacks. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/suite.h"
#include "transparency/engine/journal.h"

enum { SEGMENT = 64 * 1024, ENTRY = 20000, GENERATIONS = 12 };

static const uint8_t log_id[32] = {7, 7, 7};
static char folder[PATH_MAX];
static struct crypto *crypto;
static size_t heard;      /* records */
static uint64_t next_one; /* index behind the last */

static void make_folder(void)
{
    struct err err = {0};

    snprintf(folder, sizeof folder, "/tmp/mayfly-segment-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void remove_folder(void)
{
    char command[PATH_MAX + 16];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    mf_crypto_free(&crypto);
}

static bool hear(void *state, struct journal *journal, const struct journal_record *record,
                 struct err *err)
{
    struct journal_place place;

    (void)state;
    ck_assert(heard == 0 || record->first_index == next_one);
    heard++;
    next_one = record->first_index + record->count;
    return mf_journal_append(crypto, journal, record, &place, err);
}

static bool open_journal(struct journal **out, uint64_t *dropped, struct err *err)
{
    struct journal_params params = {.path = folder, .segment_size = SEGMENT};
    const struct journal_reader reader = {.record = hear};

    memcpy(params.log_id, log_id, sizeof log_id);
    heard = 0;
    next_one = 0;
    return mf_journal_open(crypto, &params, &reader, out, dropped, err);
}

static struct journal *start(void)
{
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;

    mf_ck_ok(open_journal(&j, &dropped, &err) && mf_journal_settle(j, &err), err);
    return j;
}

/* One commit of one entry. */
static bool append(struct journal *j, uint64_t index, struct span entry, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf payload = {.max = SEGMENT};
    struct journal_record record = {.first_index = index, .count = 1, .time_ms = 1000};
    struct journal_place place;

    mf_ck_ok(mf_buf_append_be(&payload, entry.n, 4, err) && mf_buf_append(&payload, entry, err),
             *err);
    record.payload = mf_buf_span(&payload);
    return mf_journal_append(crypto, j, &record, &place, err);
}

/* What anyone can know of a record: all but the tag. */
static void put_record(struct buf *out, uint32_t format, uint64_t generation, uint64_t index,
                       const uint8_t previous[static 32], struct span payload, uint8_t hash[32])
{
    const uint8_t root[32] = {0};
    size_t from = out->n;
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(out, "MFJ1", &err) && mf_buf_append_be(out, format, 4, &err) &&
                 mf_buf_append(out, MF_SPAN_OF(log_id), &err) &&
                 mf_buf_append_be(out, generation, 8, &err) &&
                 mf_buf_append_be(out, index, 8, &err) && mf_buf_append_be(out, 1, 4, &err) &&
                 mf_buf_append_be(out, 0, 4, &err) && mf_buf_append_be(out, payload.n, 8, &err) &&
                 mf_buf_append_be(out, 1000, 8, &err) &&
                 mf_buf_append(out, (struct span){previous, 32}, &err) &&
                 mf_buf_append(out, MF_SPAN_OF(root), &err) && mf_buf_append(out, payload, &err),
             err);
    mf_sha256(crypto, (struct span){out->p + from, out->n - from}, hash);
    mf_ck_ok(mf_buf_append(out, (struct span){hash, 32}, &err), err);
}

static const uint8_t zeros[ENTRY];

/* An entry with a forged commit at each place where one might begin, of the next generation and so
 * on. */
static void forge_entry(uint32_t format, uint64_t generation, struct buf *out)
{
    const size_t head = MF_JOURNAL_HEAD_LEN + 4; /* in front of the entry in its own record */
    struct err err = {0};
    uint8_t hash[32];

    out->max = SEGMENT;
    for (size_t at = MF_JOURNAL_ALIGN; at + 512 < ENTRY; at += MF_JOURNAL_ALIGN) {
        mf_ck_ok(mf_buf_append(out, (struct span){zeros, at - head - out->n}, &err), err);
        put_record(out, format, ++generation, 99, zeros, MF_SPAN("\0\0\0\1x"), hash);
    }
    mf_ck_ok(mf_buf_append(out, (struct span){zeros, ENTRY - out->n}, &err), err);
}

static void segment_path(uint64_t generation, char out[static PATH_MAX])
{
    ck_assert_int_lt(
        snprintf(out, PATH_MAX, "%s/%016llx.journal", folder, (unsigned long long)generation),
        PATH_MAX);
}

static struct buf load(uint64_t generation)
{
    struct buf b = {0};
    struct err err = {0};
    char path[PATH_MAX];

    segment_path(generation, path);
    mf_ck_ok(mf_file_read(path, (size_t)SEGMENT * 16, &b, &err), err);
    return b;
}

static void store(uint64_t generation, struct span bytes)
{
    struct err err = {0};
    char path[PATH_MAX];

    segment_path(generation, path);
    mf_ck_ok(mf_file_write(path, bytes, 0600, MF_FILE_REPLACE, &err), err);
}

static const uint32_t formats[] = {1, 2};

/* Segments go round while such entries are in them. */
START_TEST(opens_when_entries_forge_commits_of_a_recycled_segment)
{
    struct journal *j = start();
    struct err err = {0};
    uint64_t index = 0;

    for (; index < 3 * GENERATIONS; index++) { /* three fill a segment */
        MF_SCOPED(mf_buf_done) struct buf entry = {0};
        forge_entry(formats[_i], 1 + index / 3, &entry);
        mf_ck_ok(append(j, index, mf_buf_span(&entry), &err), err);
        mf_journal_release(j, index);
    }
    mf_ck_ok(append(j, index++, MF_SPAN("short"), &err), err); /* begins a segment */
    mf_journal_free(&j);
    j = start();
    ck_assert_uint_eq(next_one, index);
    mf_journal_free(&j);
}
END_TEST

/* Power is lost while the last commit is written: its bytes are no commits. */
START_TEST(drops_a_torn_commit_whose_entry_forges_commits)
{
    MF_SCOPED(mf_buf_done) struct buf entry = {0};
    struct journal *j = start();
    struct err err = {0};
    uint64_t dropped = 0;

    forge_entry(formats[_i], 0, &entry);
    mf_ck_ok(append(j, 0, MF_SPAN("whole"), &err), err);
    mf_ck_ok(append(j, 1, mf_buf_span(&entry), &err), err);
    mf_journal_free(&j);
    MF_SCOPED(mf_buf_done) struct buf torn = load(1);
    torn.p[2 * MF_JOURNAL_ALIGN + MF_JOURNAL_HEAD_LEN + 10] ^= 1;
    store(1, mf_buf_span(&torn));
    mf_ck_ok(open_journal(&j, &dropped, &err), err);
    ck_assert_uint_eq(next_one, 1);
    ck_assert_uint_gt(dropped, ENTRY);
    mf_journal_free(&j);
}
END_TEST

/* Of a commit that was acknowledged nothing is dropped, not the head of its segment either. */
START_TEST(refuses_a_segment_whose_head_is_damaged)
{
    struct journal *j = start();
    struct err err = {0};
    uint64_t dropped = 0;

    mf_ck_ok(append(j, 0, MF_SPAN("acknowledged"), &err), err);
    mf_journal_free(&j);
    MF_SCOPED(mf_buf_done) struct buf whole = load(1);
    for (size_t at = 0; at < 4 + 4 + 32 + 8 + 32 + 32; at++) {
        whole.p[at] ^= 4;
        store(1, mf_buf_span(&whole));
        mf_ck_refused(open_journal(&j, &dropped, &err), err,
                      at >= 4 && at < 8 ? "is not known" : "the head of this segment is damaged");
        mf_err_clear(&err);
        whole.p[at] ^= 4;
    }
    memset(whole.p, 0, MF_JOURNAL_ALIGN);
    store(1, mf_buf_span(&whole));
    mf_ck_refused(open_journal(&j, &dropped, &err), err, "the head of this segment is damaged");
}
END_TEST

START_TEST(refuses_a_segment_under_an_older_ones_name)
{
    struct journal *j = start();
    struct err err = {0};
    uint64_t dropped = 0;
    char from[PATH_MAX];
    char to[PATH_MAX];

    mf_ck_ok(append(j, 0, MF_SPAN("acknowledged"), &err), err);
    mf_journal_free(&j);
    segment_path(1, from);
    segment_path(0, to);
    ck_assert_int_eq(rename(from, to), 0);
    mf_ck_refused(open_journal(&j, &dropped, &err), err, "bears the name of an older one");
}
END_TEST

/* A file that was reserved, or renamed to be used again, when power was lost. */
START_TEST(takes_a_segment_that_was_never_begun_for_empty)
{
    struct journal *j = start();
    struct err err = {0};

    mf_ck_ok(append(j, 0, MF_SPAN("acknowledged"), &err), err);
    mf_journal_free(&j);
    MF_SCOPED(mf_buf_done) struct buf old = load(1);
    const struct span left[] = {{NULL, 0}, {zeros, 5000}, mf_buf_span(&old)};
    store(2, left[_i]);
    j = start();
    ck_assert_uint_eq(next_one, 1);
    mf_journal_free(&j);
}
END_TEST

static void make_format_1(struct buf *out)
{
    struct err err = {0};
    uint8_t hash[32] = {0};

    out->max = SEGMENT;
    for (uint64_t i = 0; i < 3; i++) {
        size_t at = (size_t)i * MF_JOURNAL_ALIGN;
        mf_ck_ok(mf_buf_append(out, (struct span){zeros, at - out->n}, &err), err);
        put_record(out, 1, 5, i, hash, MF_SPAN("\0\0\0\5entry"), hash);
    }
    mf_ck_ok(mf_buf_append(out, (struct span){zeros, 3 * MF_JOURNAL_ALIGN - out->n}, &err), err);
}

START_TEST(opens_format_1_and_writes_it_anew)
{
    MF_SCOPED(mf_buf_done) struct buf old = {0};
    char path[PATH_MAX];

    make_format_1(&old);
    store(5, mf_buf_span(&old));
    for (int i = 0; i < 2; i++) {
        struct journal *j = start();
        ck_assert_uint_eq(heard, 3);
        ck_assert_uint_eq(next_one, 3);
        mf_journal_free(&j);
    }
    segment_path(5, path);
    ck_assert_int_ne(access(path, F_OK), 0);
    MF_SCOPED(mf_buf_done) struct buf now = load(7);
    ck_assert_uint_eq(mf_be32(now.p + 4), 2);
}
END_TEST

START_TEST(refuses_damage_in_format_1)
{
    MF_SCOPED(mf_buf_done) struct buf old = {0};
    struct journal *j = NULL;
    struct err err = {0};
    uint64_t dropped = 0;

    make_format_1(&old);
    old.p[MF_JOURNAL_ALIGN + MF_JOURNAL_HEAD_LEN + 5] ^= 1;
    store(5, mf_buf_span(&old));
    mf_ck_refused(open_journal(&j, &dropped, &err), err, "is followed by a valid one");
}
END_TEST

START_TEST(keeps_no_spare_that_is_larger_than_a_segment)
{
    struct journal *j = start();
    struct err err = {0};
    uint64_t index = 0;

    for (; index < 30; index++)
        mf_ck_ok(append(j, index, (struct span){zeros, ENTRY}, &err), err);
    mf_journal_free(&j);
    j = start(); /* all of it in one segment */
    while (index < 40) {
        mf_ck_ok(append(j, index, (struct span){zeros, ENTRY}, &err), err);
        mf_journal_release(j, ++index - 1);
    }
    mf_journal_free(&j);
    DIR *dir = opendir(folder);
    struct dirent *entry = NULL;
    struct stat st;
    while ((entry = readdir(dir)) != NULL) /* as a spare, or used again */
        ck_assert(fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
                  (S_ISDIR(st.st_mode) || st.st_size <= SEGMENT));
    closedir(dir);
}
END_TEST

/* Nothing has happened: the same commit is taken once there are descriptors again. */
START_TEST(waits_for_descriptors)
{
    struct journal *j = start();
    struct err err = {0};
    struct rlimit old;
    uint64_t index = 0;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = old.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    while (append(j, index, (struct span){zeros, ENTRY}, &err))
        index++;
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.what, "Too many open files"));
    ck_assert_uint_gt(index, 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
    mf_err_clear(&err);
    mf_ck_ok(append(j, index, (struct span){zeros, ENTRY}, &err), err);
    mf_journal_free(&j);
    j = start();
    ck_assert_uint_eq(next_one, index + 1);
    mf_journal_free(&j);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("journal_segment");
    TCase *segment = tcase_create("segment");

    tcase_add_checked_fixture(segment, make_folder, remove_folder);
    tcase_set_timeout(segment, 60);
    tcase_add_loop_test(segment, opens_when_entries_forge_commits_of_a_recycled_segment, 0,
                        MF_LEN(formats));
    tcase_add_loop_test(segment, drops_a_torn_commit_whose_entry_forges_commits, 0,
                        MF_LEN(formats));
    tcase_add_test(segment, refuses_a_segment_whose_head_is_damaged);
    tcase_add_test(segment, refuses_a_segment_under_an_older_ones_name);
    tcase_add_loop_test(segment, takes_a_segment_that_was_never_begun_for_empty, 0, 3);
    tcase_add_test(segment, opens_format_1_and_writes_it_anew);
    tcase_add_test(segment, refuses_damage_in_format_1);
    tcase_add_test(segment, keeps_no_spare_that_is_larger_than_a_segment);
    tcase_add_test(segment, waits_for_descriptors);
    suite_add_tcase(suite, segment);
    return suite;
}
