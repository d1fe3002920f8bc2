#include <stdlib.h>

#include "common/base/file.h"
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
    mf_fsck_case_init(&now, FSCK_CLOSED);
}

static void end(void)
{
    mf_fsck_case_done(&now);
    mf_crypto_free(&crypto);
}

/* The root of the first entries, or (other) a root that they do not have. */
static void head_of(uint64_t size, bool other, struct merkle_head *out)
{
    struct compact_range range = {.size = 0};
    uint8_t key[32];

    for (uint64_t i = 0; i < size; i++) {
        mf_fsck_key(crypto, other && i == 7 ? 8 : i, key);
        mf_compact_range_append(crypto, &range, key, NULL);
    }
    out->size = size;
    mf_compact_range_root(crypto, &range, out->root);
}

static void write_checkpoint(const struct merkle_head *head)
{
    MF_SCOPED(mf_buf_done) struct buf note = {0};
    struct err err = {0};

    mf_fsck_case_sign(&now, crypto, head, &note);
    mf_ck_ok(mf_file_write(mf_fsck_case_path(&now, "public/checkpoint"), mf_buf_span(&note), 0644,
                           MF_FILE_REPLACE, &err),
             err);
}

START_TEST(names_a_checkpoint_of_another_root)
{
    struct merkle_head head;

    head_of(700, false, &head);
    write_checkpoint(&head);
    mf_fsck_case_check(&now);
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));
    head_of(700, true, &head);
    write_checkpoint(&head);
    mf_fsck_case_check(&now);
    ck_assert_uint_eq(mf_fsck_case_expect(&now, 2, "public/checkpoint",
                                          "the entries before this one have another root")
                          ->at,
                      700);
    mf_fsck_case_expect(&now, 2, "public/checkpoint",
                        "journal's entries before this one do not lead to the signed");
}
END_TEST

/* A log of somebody else may have signed any size. */
START_TEST(gives_up_on_a_tree_that_is_not_there)
{
    const struct merkle_head head = {.size = (1ULL << 62) + 12345};

    write_checkpoint(&head);
    mf_fsck_case_check(&now);
    ck_assert_uint_eq(now.result.size, head.size);
    ck_assert_uint_ge(now.result.faults, MF_FSCK_FAULTS_MAX);
    ck_assert_uint_lt(now.result.faults, MF_FSCK_FAULTS_MAX + 100);
}
END_TEST

static void write_slot(const struct merkle_head *head)
{
    MF_SCOPED(mf_buf_done) struct buf note = {0};
    MF_SCOPED(mf_buf_done) struct buf slot = {.max = 4096};
    struct err err = {0};
    uint8_t hash[32];

    mf_fsck_case_sign(&now, crypto, head, &note);
    mf_ck_ok(mf_buf_append_be(&slot, note.n, 4, &err) &&
                 mf_buf_append(&slot, mf_buf_span(&note), &err),
             err);
    mf_sha256(crypto, mf_buf_span(&slot), hash);
    mf_ck_ok(mf_buf_append(&slot, MF_SPAN_OF(hash), &err), err);
    mf_fsck_poke(mf_fsck_case_path(&now, "state/head"), 4096, mf_buf_span(&slot));
}

/* Before the journal, within it, and behind all that there is. */
START_TEST(holds_each_signed_head_against_the_entries)
{
    const uint64_t sizes[] = {300, 660, 680, 700};
    struct merkle_head head;

    for (size_t i = 0; i < MF_LEN(sizes); i++) {
        head_of(sizes[i], false, &head);
        write_slot(&head);
        mf_fsck_case_check(&now);
        ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));
        head_of(sizes[i], true, &head);
        write_slot(&head);
        mf_fsck_case_check(&now);
        const struct told *told = mf_fsck_case_expect(
            &now, 1, "state/head",
            sizes[i] > 660 ? "do not lead to the signed root" : "and they have another root");
        ck_assert_uint_eq(told->at, sizes[i]);
    }
    head_of(701, false, &head);
    write_slot(&head);
    mf_fsck_case_check(&now);
    const struct told *told = mf_fsck_case_expect(&now, 1, "state/head",
                                                  "was signed for more entries than there are");
    ck_assert_str_eq(told->expected, "701");
    ck_assert_str_eq(told->found, "700");
}
END_TEST

/* Replaces the checkpoint in a record of the first segment by one of this head. */
static void write_record_note(unsigned number, const struct merkle_head *head)
{
    MF_SCOPED(mf_buf_done) struct buf note = {0};
    const char *path = mf_fsck_case_path(&now, mf_fsck_case_segment(&now, 0));
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(path);
    uint8_t *p = bytes.p + (size_t)(1 + number) * MF_JOURNAL_ALIGN;
    size_t n = (size_t)MF_JOURNAL_HEAD_LEN + mf_be32(p + 60) + (size_t)mf_be64(p + 64);
    uint8_t hash[32];

    mf_fsck_case_sign(&now, crypto, head, &note);
    ck_assert_uint_eq(note.n, mf_be32(p + 60));
    memcpy(p + MF_JOURNAL_HEAD_LEN, note.p, note.n);
    mf_sha256(crypto, (struct span){p, n}, hash);
    memcpy(p + n, hash, sizeof hash);
    mf_fsck_poke(path, 0, mf_buf_span(&bytes));
}

/* Each with a hash of its own now, which the next record does not have. */
START_TEST(holds_each_checkpoint_of_the_journal_against_the_entries)
{
    struct merkle_head head;

    head_of(660, true, &head);
    write_record_note(0, &head);
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 2, "state/journal",
                        "first checkpoint has another root than the public tree");
    head_of(660, false, &head);
    write_record_note(0, &head);
    mf_fsck_case_check(&now);
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));

    head_of(661, true, &head);
    write_record_note(1, &head);
    mf_fsck_case_check(&now);
    const struct told *told =
        mf_fsck_case_expect(&now, 2, mf_fsck_case_segment(&now, 0),
                            "its checkpoint has another root than the entries before");
    ck_assert_uint_eq(told->at, 2 * MF_JOURNAL_ALIGN);
    head_of(670, false, &head);
    write_record_note(1, &head);
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 2, mf_fsck_case_segment(&now, 0),
                        "its checkpoint covers entries that come later");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("fsck_heads");
    TCase *heads = tcase_create("heads");

    tcase_set_timeout(heads, 60);
    tcase_add_unchecked_fixture(heads, make_images, mf_fsck_images_remove);
    tcase_add_checked_fixture(heads, begin, end);
    tcase_add_test(heads, names_a_checkpoint_of_another_root);
    tcase_add_test(heads, gives_up_on_a_tree_that_is_not_there);
    tcase_add_test(heads, holds_each_signed_head_against_the_entries);
    tcase_add_test(heads, holds_each_checkpoint_of_the_journal_against_the_entries);
    suite_add_tcase(suite, heads);
    return suite;
}
