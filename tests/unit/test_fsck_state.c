#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/fsck_case.h"
#include "tests/support/log_fixture.h"
#include "tests/support/suite.h"
#include "transparency/engine/journal.h"
#include "transparency/storage/dedup_index.h"

#define DATA "state/dedup/data.mdb"

static struct fsck_case now;
static struct crypto *crypto;

static void make_images(void)
{
    mf_fsck_images_make(false);
}

static void begin(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void end(void)
{
    mf_fsck_case_done(&now);
    mf_crypto_free(&crypto);
}

static void run(void)
{
    struct err err = {0};

    mf_ck_ok(mf_fsck_case_run(&now, false, &err), err);
}

static const struct told *expect(uint64_t faults, const char *file, const char *what)
{
    const struct told *told = mf_fsck_case_told(&now, file, what);

    ck_assert_msg(now.result.faults == faults && told != NULL, "%llu faults:%s",
                  (unsigned long long)now.result.faults, mf_fsck_case_said(&now));
    return told;
}

/* Where the records of a segment begin. */
static size_t find_records(struct span bytes, size_t *at, size_t cap)
{
    size_t n = 0;

    for (size_t i = MF_JOURNAL_ALIGN; i + MF_JOURNAL_HEAD_LEN < bytes.n && n < cap;
         i += MF_JOURNAL_ALIGN)
        if (memcmp(bytes.p + i, "MFJ1", 4) == 0)
            at[n++] = i;
    return n;
}

static size_t record_size(const uint8_t *p)
{
    return (size_t)MF_JOURNAL_HEAD_LEN + mf_be32(p + 60) + (size_t)mf_be64(p + 64);
}

/* First index of the record that begins there, as a finding has it. */
static const char *first_index(const char *name, size_t at)
{
    static char texts[2][24];
    static unsigned next;
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(mf_fsck_case_path(&now, name));
    char *text = texts[next++ % 2];

    snprintf(text, 24, "%llu", (unsigned long long)mf_be64(bytes.p + at + 48));
    return text;
}

static void last_segment(char out[static 64])
{
    const char *name = NULL;

    for (size_t i = 0; (name = mf_fsck_case_segment(&now, i)) != NULL; i++)
        snprintf(out, 64, "%s", name);
}

/* Changes bytes of the last record, and makes its hash anew. */
static void forge_last(size_t offset, struct span with, char name[static 64])
{
    size_t at[16];
    uint8_t hash[32];

    last_segment(name);
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(mf_fsck_case_path(&now, name));
    size_t n = find_records(mf_buf_span(&bytes), at, MF_LEN(at));
    ck_assert_uint_gt(n, 0);
    uint8_t *p = bytes.p + at[n - 1];
    memcpy(p + offset, with.p, with.n);
    mf_sha256(crypto, (struct span){p, record_size(p)}, hash);
    memcpy(p + record_size(p), hash, sizeof hash);
    mf_fsck_poke(mf_fsck_case_path(&now, name), 0, mf_buf_span(&bytes));
}

START_TEST(names_a_damaged_commit)
{
    const char *name = NULL;

    mf_fsck_case_init(&now, FSCK_CLOSED);
    name = mf_fsck_case_segment(&now, 0);
    mf_fsck_flip(mf_fsck_case_path(&now, name), 8192 + 200);
    run();
    const struct told *told = expect(2, name, "a damaged commit is followed by a valid one");
    ck_assert_int_eq(told->unit, MF_AT_BYTE);
    ck_assert_uint_eq(told->at, 8192);
    told = expect(2, name, "entries are missing before this commit");
    ck_assert_str_eq(told->expected, first_index(name, 8192));
    ck_assert_str_eq(told->found, first_index(name, 12288));
}
END_TEST

START_TEST(names_a_segment_without_its_head)
{
    const char *name = NULL;

    mf_fsck_case_init(&now, FSCK_CLOSED);
    name = mf_fsck_case_segment(&now, 1);
    const char *expected = first_index(name, 4096);
    mf_fsck_flip(mf_fsck_case_path(&now, name), 60);
    run();
    expect(2, name, "the head of this segment is damaged");
    name = mf_fsck_case_segment(&now, 2);
    const struct told *told = expect(2, name, "entries are missing before this commit");
    ck_assert_str_eq(told->expected, expected);
}
END_TEST

START_TEST(names_a_missing_segment)
{
    mf_fsck_case_init(&now, FSCK_CLOSED);
    const char *expected = first_index(mf_fsck_case_segment(&now, 1), 4096);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, mf_fsck_case_segment(&now, 1))), 0);
    run();
    const char *name = mf_fsck_case_segment(&now, 1);
    expect(2, name, "the commit does not follow the one before");
    const struct told *told = expect(2, name, "entries are missing before this commit");
    ck_assert_str_eq(told->expected, expected);
    ck_assert_str_eq(told->found, first_index(name, 4096));
}
END_TEST

START_TEST(names_a_changed_root)
{
    uint8_t root[32] = {7};
    char name[64];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    forge_last(112, MF_SPAN_OF(root), name);
    run();
    const struct told *told = expect(1, name, "was written with another root");
    ck_assert_uint_eq(told->at, 700);
    ck_assert_int_eq(strncmp(told->expected, "0700000000", 10), 0);
}
END_TEST

START_TEST(names_a_changed_entry_of_the_journal)
{
    char name[64];
    uint8_t byte = 0xff;

    mf_fsck_case_init(&now, FSCK_CRASHED);
    /* In the body of its entry, behind checkpoint, u32 and u16 lengths. */
    last_segment(name);
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(mf_fsck_case_path(&now, name));
    size_t at = MF_JOURNAL_HEAD_LEN + mf_be32(bytes.p + MF_JOURNAL_ALIGN + 60) + 4 + 2 + 20;
    forge_last(at, (struct span){&byte, 1}, name);
    run();
    expect(2, name, "was written with another root");
    expect(2, "state/head", "do not lead to the signed root");
}
END_TEST

START_TEST(names_a_commit_whose_time_goes_back)
{
    const uint8_t time[8] = {0};
    char name[64];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    forge_last(72, MF_SPAN_OF(time), name);
    run();
    expect(1, name, "the commit is older than the one before");
}
END_TEST

START_TEST(passes_over_an_incomplete_last_commit_that_nobody_signed)
{
    char name[64];
    size_t at[16];
    const uint8_t zeroes[300] = {0};

    mf_fsck_case_init(&now, FSCK_CRASHED);
    last_segment(name);
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(mf_fsck_case_path(&now, name));
    size_t n = find_records(mf_buf_span(&bytes), at, MF_LEN(at));
    mf_fsck_poke(mf_fsck_case_path(&now, name), at[n - 1] + 200, MF_SPAN_OF(zeroes));
    run();
    const struct told *told = expect(1, name, "the last commit is incomplete");
    ck_assert_int_eq(told->kind, MF_FINDING_NOTE);
    ck_assert_uint_eq(told->at, at[n - 1]);
    told = expect(1, "state/head", "a head was signed for more entries than there are");
    ck_assert_str_eq(told->found, first_index(name, at[n - 1]));
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "state/head")), 0);
    run();
    expect(0, name, "the last commit is incomplete");
}
END_TEST

/* Makes the index anew, as it should be but for what is said. */
static void make_index(uint64_t without, uint64_t wrong, bool stranger, uint64_t size)
{
    struct dedup_index *index = NULL;
    struct dedup_entry entries[702];
    struct err err = {0};
    size_t n = 0;

    (void)unlink(mf_fsck_case_path(&now, DATA));
    mf_ck_ok(mf_dedup_index_open(mf_fsck_case_path(&now, "state/dedup"), &index, &err), err);
    for (uint64_t i = 0; i < 700; i++) {
        if (i == without)
            continue;
        mf_fsck_key(crypto, i, entries[n].key);
        entries[n++].index = i == wrong ? i + 1 : i;
    }
    if (stranger) {
        memset(entries[n].key, 1, 32);
        entries[n++].index = 3;
    }
    mf_ck_ok(mf_dedup_index_add(index, entries, n, size, &err), err);
    mf_dedup_index_free(&index);
}

START_TEST(holds_each_key_of_the_index_against_its_entry)
{
    mf_fsck_case_init(&now, FSCK_CLOSED);
    make_index(UINT64_MAX, UINT64_MAX, false, 700);
    run();
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));

    make_index(5, UINT64_MAX, false, 700);
    run();
    ck_assert_uint_eq(expect(1, DATA, "its key is not in the index")->at, 5);

    make_index(UINT64_MAX, 411, false, 700);
    run();
    const struct told *told = expect(1, DATA, "its key has the place of another entry");
    ck_assert_uint_eq(told->at, 411);
    ck_assert_str_eq(told->expected, "411");
    ck_assert_str_eq(told->found, "412");

    make_index(UINT64_MAX, UINT64_MAX, true, 700);
    run();
    told = expect(1, DATA, "has keys of no entry");
    ck_assert_str_eq(told->expected, "700");
    ck_assert_str_eq(told->found, "701");

    make_index(UINT64_MAX, UINT64_MAX, false, 701);
    run();
    expect(1, "public/checkpoint", "covers fewer entries than the index");

    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, DATA)), 0);
    run();
    ck_assert_int_eq(expect(0, "state/dedup", "is missing")->kind, MF_FINDING_NOTE);
}
END_TEST

/* Whatever the bytes are, this process goes on and says which file it was. */
START_TEST(survives_an_index_that_was_made_to_hurt)
{
    const uint64_t pages[] = {0, 8192, 12288, 16384};
    uint8_t noise[4096];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    for (size_t round = 0; round < 2; round++) {
        memset(noise, round == 0 ? 0xff : 0x41, sizeof noise);
        for (size_t i = 0; i < MF_LEN(pages); i++) {
            make_index(UINT64_MAX, UINT64_MAX, false, 700);
            mf_fsck_poke(mf_fsck_case_path(&now, DATA), pages[i], MF_SPAN_OF(noise));
            if (pages[i] == 0)
                mf_fsck_poke(mf_fsck_case_path(&now, DATA), 4096, MF_SPAN_OF(noise));
            run();
            ck_assert_msg(now.result.faults > 0 && strcmp(now.told[0].file, DATA) == 0, "%s",
                          mf_fsck_case_said(&now));
        }
    }
    ck_assert_int_eq(truncate(mf_fsck_case_path(&now, DATA), 3 * 4096), 0);
    run();
    ck_assert_msg(now.result.faults > 0, "%s", mf_fsck_case_said(&now));
}
END_TEST

START_TEST(keeps_out_of_a_log_that_is_open_but_reads_its_public_tree)
{
    struct log_dir dir = {.lock_fd = -1};
    struct err err = {0};

    mf_fsck_case_init(&now, FSCK_CLOSED);
    mf_ck_ok(mf_log_dir_open(now.path, &dir, &err), err);
    mf_ck_refused(mf_fsck_case_run(&now, false, &err), err, "another process has this log open");
    mf_err_clear(&err);
    mf_ck_ok(mf_fsck_case_run(&now, true, &err), err);
    ck_assert_msg(now.count == 0 && now.result.size == 700, "%s", mf_fsck_case_said(&now));
    /* A newer publication took the partial tiles away: the full one has their front. */
    mf_fsck_flip(mf_fsck_case_path(&now, DATA), 0);
    mf_ck_ok(mf_fsck_case_run(&now, true, &err), err);
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));
    mf_log_dir_done(&dir);
}
END_TEST

START_TEST(says_when_the_identity_is_not_its_keys)
{
    struct err err = {0};

    mf_fsck_case_init(&now, FSCK_CLOSED);
    const char *path = mf_fsck_case_path(&now, "identity.json");
    MF_SCOPED(mf_buf_done) struct buf text = mf_fsck_load(path);
    char *at = memmem(text.p, text.n, "\"logId\": \"", 10);
    ck_assert_ptr_nonnull(at);
    at[10] = at[10] == 'A' ? 'B' : 'A';
    mf_fsck_poke(path, 0, mf_buf_span(&text));
    run();
    expect(1, "identity.json", "logId is not that of this origin and publicKey");
    ck_assert_int_eq(truncate(path, 10), 0);
    ck_assert(!mf_fsck_case_run(&now, false, &err));
}
END_TEST

/* Names, sizes and times of all files. */
static void list(const char *path, char *out, size_t cap)
{
    char command[PATH_MAX + 100];

    snprintf(command, sizeof command, "cd '%s' && find . -printf '%%p %%s %%m %%T@ %%C@\\n' | sort",
             path);
    FILE *pipe = popen(command, "re");
    ck_assert_ptr_nonnull(pipe);
    out[fread(out, 1, cap - 1, pipe)] = '\0';
    ck_assert_int_eq(pclose(pipe), 0);
}

START_TEST(writes_nothing)
{
    static char before[16384], after[16384];

    mf_fsck_case_init(&now, FSCK_CRASHED);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "state/dedup/lock.mdb")), 0);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "lock")), 0);
    list(now.path, before, sizeof before);
    run();
    list(now.path, after, sizeof after);
    ck_assert_uint_gt(strlen(before), 1000);
    ck_assert_str_eq(before, after);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("fsck_state");
    TCase *state = tcase_create("state");

    tcase_set_timeout(state, 60);
    tcase_add_unchecked_fixture(state, make_images, mf_fsck_images_remove);
    tcase_add_checked_fixture(state, begin, end);
    tcase_add_test(state, names_a_damaged_commit);
    tcase_add_test(state, names_a_segment_without_its_head);
    tcase_add_test(state, names_a_missing_segment);
    tcase_add_test(state, names_a_changed_root);
    tcase_add_test(state, names_a_changed_entry_of_the_journal);
    tcase_add_test(state, names_a_commit_whose_time_goes_back);
    tcase_add_test(state, passes_over_an_incomplete_last_commit_that_nobody_signed);
    tcase_add_test(state, holds_each_key_of_the_index_against_its_entry);
    tcase_add_test(state, survives_an_index_that_was_made_to_hurt);
    tcase_add_test(state, keeps_out_of_a_log_that_is_open_but_reads_its_public_tree);
    tcase_add_test(state, says_when_the_identity_is_not_its_keys);
    tcase_add_test(state, writes_nothing);
    suite_add_tcase(suite, state);
    return suite;
}
