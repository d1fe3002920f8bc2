#include <stdlib.h>

#include "common/base/buf.h"
#include "tests/support/suite.h"
#include "transparency/engine/gap_index.h"

enum { BURST = 20000 };

static void key_of(uint64_t number, uint8_t key[static 32])
{
    memset(key, 0, 32);
    mf_put_be64(key, number * UINT64_C(0x9e3779b97f4a7c15)); /* spread as a hash is */
    mf_put_be64(key + 8, number);
}

static void fill(struct gap_index *gap, uint64_t from, uint64_t to)
{
    struct err err = {0};
    uint8_t key[32];

    for (uint64_t i = from; i < to; i++) {
        key_of(i, key);
        mf_ck_ok(mf_gap_index_add(gap, key, i, &err), err);
    }
}

/* Exactly [from, to) is found. */
static void check(const struct gap_index *gap, uint64_t from, uint64_t to)
{
    ck_assert_uint_eq(gap->count, to - from);
    for (uint64_t i = 0; i < BURST; i++) {
        uint64_t index = UINT64_MAX;
        uint8_t key[32];
        key_of(i, key);
        bool found = mf_gap_index_find(gap, key, &index);
        ck_assert(found == (i >= from && i < to));
        ck_assert(!found || index == i);
    }
}

START_TEST(keeps_the_first_index_of_a_key)
{
    MF_SCOPED(mf_gap_index_done) struct gap_index gap = {0};
    struct err err = {0};
    uint8_t key[32];
    uint64_t index = 0;

    key_of(3, key);
    ck_assert(!mf_gap_index_find(&gap, key, &index));
    mf_ck_ok(mf_gap_index_add(&gap, key, 5, &err) && mf_gap_index_add(&gap, key, 9, &err), err);
    ck_assert(mf_gap_index_find(&gap, key, &index));
    ck_assert_uint_eq(index, 5);
    ck_assert_uint_eq(gap.count, 1);
}
END_TEST

START_TEST(forgets_what_is_covered_and_what_did_not_happen)
{
    MF_SCOPED(mf_gap_index_done) struct gap_index gap = {0};
    struct dedup_entry *copy = NULL;
    struct err err = {0};
    size_t count = 0;

    fill(&gap, 0, BURST);
    check(&gap, 0, BURST);
    mf_ck_ok(mf_gap_index_keep_from(&gap, 7000, &err), err);
    mf_ck_ok(mf_gap_index_keep_below(&gap, 9000, &err), err);
    check(&gap, 7000, 9000);
    mf_ck_ok(mf_gap_index_copy_below(&gap, 7010, &copy, &count, &err), err);
    ck_assert_uint_eq(count, 10);
    free(copy);
}
END_TEST

START_TEST(gives_the_memory_of_a_burst_back)
{
    MF_SCOPED(mf_gap_index_done) struct gap_index gap = {0};
    struct err err = {0};

    fill(&gap, 0, 10);
    size_t small = gap.cap;
    fill(&gap, 10, BURST);
    ck_assert_uint_ge(gap.cap, 2 * (size_t)BURST);
    mf_ck_ok(mf_gap_index_keep_from(&gap, BURST - 10, &err), err);
    ck_assert_uint_eq(gap.cap, small);
    check(&gap, BURST - 10, BURST);
    fill(&gap, 0, BURST - 10); /* and takes it again */
    check(&gap, 0, BURST);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("gap_index");
    TCase *gap = tcase_create("gap index");

    tcase_add_test(gap, keeps_the_first_index_of_a_key);
    tcase_add_test(gap, forgets_what_is_covered_and_what_did_not_happen);
    tcase_add_test(gap, gives_the_memory_of_a_burst_back);
    suite_add_tcase(suite, gap);
    return suite;
}
