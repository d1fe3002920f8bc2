#include <stdlib.h>
#include <unistd.h>

#include "tests/support/fsck_case.h"
#include "tests/support/suite.h"
#include "transparency/engine/journal.h"

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
    mf_fsck_case_check(&now);
    const struct told *told = mf_fsck_case_expect(&now, 2, name,
                                                  "a damaged commit is followed by a valid one");
    ck_assert_int_eq(told->unit, MF_AT_BYTE);
    ck_assert_uint_eq(told->at, 8192);
    told = mf_fsck_case_expect(&now, 2, name, "entries are missing before this commit");
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
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 2, name, "the head of this segment is damaged");
    name = mf_fsck_case_segment(&now, 2);
    const struct told *told = mf_fsck_case_expect(&now, 2, name,
                                                  "entries are missing before this commit");
    ck_assert_str_eq(told->expected, expected);
}
END_TEST

START_TEST(names_a_missing_segment)
{
    mf_fsck_case_init(&now, FSCK_CLOSED);
    const char *expected = first_index(mf_fsck_case_segment(&now, 1), 4096);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, mf_fsck_case_segment(&now, 1))), 0);
    mf_fsck_case_check(&now);
    const char *name = mf_fsck_case_segment(&now, 1);
    mf_fsck_case_expect(&now, 2, name, "the commit does not follow the one before");
    const struct told *told = mf_fsck_case_expect(&now, 2, name,
                                                  "entries are missing before this commit");
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
    mf_fsck_case_check(&now);
    const struct told *told = mf_fsck_case_expect(&now, 1, name, "was written with another root");
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
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 2, name, "was written with another root");
    mf_fsck_case_expect(&now, 2, "state/head", "do not lead to the signed root");
}
END_TEST

/* Another entry in the last record but one, with the root that it leads to. */
static void forge_entry(const char *name)
{
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(mf_fsck_case_path(&now, name));
    struct compact_range range = {.size = 0};
    uint8_t hash[32];
    size_t at[16];
    size_t n = find_records(mf_buf_span(&bytes), at, MF_LEN(at));

    ck_assert_uint_ge(n, 2);
    uint8_t *p = bytes.p + at[n - 2];
    uint8_t *body = p + MF_JOURNAL_HEAD_LEN + mf_be32(p + 60) + 4 + 2;
    body[20] ^= 1;
    for (uint64_t i = 0; i < mf_be64(p + 48); i++) {
        mf_fsck_key(crypto, i, hash);
        mf_compact_range_append(crypto, &range, hash, NULL);
    }
    mf_merkle_hash_leaf(crypto, (struct span){body, FSCK_BODY}, hash);
    mf_compact_range_append(crypto, &range, hash, NULL);
    mf_compact_range_root(crypto, &range, p + 112);
    mf_sha256(crypto, (struct span){p, record_size(p)}, hash);
    memcpy(p + record_size(p), hash, sizeof hash);
    mf_fsck_poke(mf_fsck_case_path(&now, name), 0, mf_buf_span(&bytes));
}

/* Whole in itself, and public already with another entry; the last commit of all is cut off. */
START_TEST(holds_the_end_of_the_journal_against_the_public_tree)
{
    char name[64];
    size_t at[16];
    const uint8_t zeroes[300] = {0};

    mf_fsck_case_init(&now, FSCK_CLOSED);
    last_segment(name);
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(mf_fsck_case_path(&now, name));
    size_t n = find_records(mf_buf_span(&bytes), at, MF_LEN(at));
    forge_entry(name);
    mf_fsck_poke(mf_fsck_case_path(&now, name), at[n - 1] + 200, MF_SPAN_OF(zeroes));
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "state/head")), 0);
    mf_fsck_case_check(&now);
    const struct told *told = mf_fsck_case_expect(&now, 1, "state/journal",
                                                  "are not those of the public tree");
    ck_assert_uint_eq(told->at, mf_be64(bytes.p + at[n - 1] + 48));
}
END_TEST

START_TEST(names_a_commit_whose_time_goes_back)
{
    const uint8_t time[8] = {0};
    char name[64];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    forge_last(72, MF_SPAN_OF(time), name);
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 1, name, "the commit is older than the one before");
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
    mf_fsck_case_check(&now);
    const struct told *told = mf_fsck_case_expect(&now, 1, name, "the last commit is incomplete");
    ck_assert_int_eq(told->kind, MF_FINDING_NOTE);
    ck_assert_uint_eq(told->at, at[n - 1]);
    told = mf_fsck_case_expect(&now, 1, "state/head",
                               "a head was signed for more entries than there are");
    ck_assert_str_eq(told->found, first_index(name, at[n - 1]));
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "state/head")), 0);
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 0, name, "the last commit is incomplete");
}
END_TEST

START_TEST(names_a_commit_that_counts_wrong)
{
    const uint8_t two[4] = {0, 0, 0, 2};
    char name[64];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    forge_last(56, MF_SPAN_OF(two), name);
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 1, name, "has another number of entries than it says");
}
END_TEST

START_TEST(names_a_changed_checkpoint_of_a_commit)
{
    char name[64];
    uint8_t byte = 'E';

    mf_fsck_case_init(&now, FSCK_CLOSED);
    forge_last(MF_JOURNAL_HEAD_LEN, (struct span){&byte, 1}, name);
    mf_fsck_case_check(&now);
    ck_assert_int_eq(mf_fsck_case_expect(&now, 1, name, "signature")->unit, MF_AT_BYTE);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("fsck_journal");
    TCase *journal = tcase_create("journal");

    tcase_set_timeout(journal, 60);
    tcase_add_unchecked_fixture(journal, make_images, mf_fsck_images_remove);
    tcase_add_checked_fixture(journal, begin, end);
    tcase_add_test(journal, names_a_damaged_commit);
    tcase_add_test(journal, names_a_segment_without_its_head);
    tcase_add_test(journal, names_a_missing_segment);
    tcase_add_test(journal, names_a_changed_root);
    tcase_add_test(journal, names_a_changed_entry_of_the_journal);
    tcase_add_test(journal, holds_the_end_of_the_journal_against_the_public_tree);
    tcase_add_test(journal, names_a_commit_whose_time_goes_back);
    tcase_add_test(journal, passes_over_an_incomplete_last_commit_that_nobody_signed);
    tcase_add_test(journal, names_a_commit_that_counts_wrong);
    tcase_add_test(journal, names_a_changed_checkpoint_of_a_commit);
    suite_add_tcase(suite, journal);
    return suite;
}
