#include "ca-stub/audit/refusal_budget.h"
#include "tests/support/suite.h"

static uint64_t now_ns;
static struct refusal_budget *budget;

static struct instant no_wall_time(void *state)
{
    (void)state;
    return (struct instant){0};
}

static uint64_t monotonic(void *state)
{
    (void)state;
    return now_ns;
}

static void set_up(void)
{
    struct err err = {0};

    now_ns = 1;
    mf_ck_ok(mf_refusal_budget_new((struct clock){no_wall_time, monotonic, NULL}, &budget, &err),
             err);
}

static void tear_down(void)
{
    mf_refusal_budget_free(&budget);
}

static void advance_s(uint64_t s)
{
    now_ns += s * UINT64_C(1000000000);
}

/* How many of the next tries are to be recorded. */
static unsigned recorded_of(unsigned tries)
{
    uint64_t left_out = 0;
    unsigned count = 0;

    while (tries-- > 0)
        count += mf_refusal_budget_take(budget, &left_out);
    return count;
}

START_TEST(records_a_burst_and_then_one_in_a_while)
{
    uint64_t left_out = 7;

    ck_assert(mf_refusal_budget_take(budget, &left_out));
    ck_assert_uint_eq(left_out, 0);
    ck_assert_uint_eq(recorded_of(10000), MF_REFUSAL_BURST - 1);
    advance_s(MF_REFUSAL_EVERY_S - 1);
    ck_assert_uint_eq(recorded_of(100), 0);
    advance_s(1);
    ck_assert(mf_refusal_budget_take(budget, &left_out));
    ck_assert_uint_eq(left_out, 10000 - (MF_REFUSAL_BURST - 1) + 100); /* every one is counted */
    ck_assert_uint_eq(recorded_of(50), 0);
}
END_TEST

START_TEST(a_day_of_refusals_makes_a_bounded_number_of_records)
{
    unsigned recorded = 0;

    for (unsigned s = 0; s < 86400; s++, advance_s(1))
        recorded += recorded_of(3);
    ck_assert_uint_le(recorded, MF_REFUSAL_BURST + 86400 / MF_REFUSAL_EVERY_S);
    ck_assert_uint_gt(mf_refusal_budget_left_out(budget), 0);
}
END_TEST

START_TEST(never_holds_more_than_one_burst)
{
    advance_s(UINT64_C(86400) * 365);
    ck_assert_uint_eq(recorded_of(10000), MF_REFUSAL_BURST);
}
END_TEST

START_TEST(tells_the_last_count_once)
{
    recorded_of(MF_REFUSAL_BURST + 3);
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 3);
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 0);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("refusal_budget");
    TCase *tc = tcase_create("budget");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, records_a_burst_and_then_one_in_a_while);
    tcase_add_test(tc, a_day_of_refusals_makes_a_bounded_number_of_records);
    tcase_add_test(tc, never_holds_more_than_one_burst);
    tcase_add_test(tc, tells_the_last_count_once);
    suite_add_tcase(suite, tc);
    return suite;
}
