#include "common/run/clock_guard.h"
#include "common/run/exit.h"
#include "tests/support/suite.h"

static const struct {
    enum err_code code;
    int status;
} statuses[] = {
    {MF_OK, 0},         {MF_ERR_REJECTED, 1}, {MF_ERR_USAGE, 2},
    {MF_ERR_FORMAT, 3}, {MF_ERR_LIMIT, 3},    {MF_ERR_NOT_FOUND, 3},
    {MF_ERR_EXISTS, 3}, {MF_ERR_SYSTEM, 3},   {MF_ERR_UNAVAILABLE, 4},
    {MF_ERR_DENIED, 5}, {MF_ERR_TRUST, 6},    {MF_ERR_INTERNAL, 70},
};

START_TEST(each_error_has_its_exit_status)
{
    ck_assert_int_eq(mf_exit_status(statuses[_i].code), statuses[_i].status);
}
END_TEST

START_TEST(several_inputs_report_the_worst)
{
    ck_assert_int_eq(mf_exit_worse(0, 4), 4);
    ck_assert_int_eq(mf_exit_worse(4, 5), 5);
    ck_assert_int_eq(mf_exit_worse(3, 5), 3);
    ck_assert_int_eq(mf_exit_worse(3, 6), 6);
    ck_assert_int_eq(mf_exit_worse(6, 1), 1);
    ck_assert_int_eq(mf_exit_worse(1, 2), 2);
    ck_assert_int_eq(mf_exit_worse(70, 2), 70);
}
END_TEST

struct fake { /* a clock that the test turns */
    struct instant wall;
    uint64_t monotonic_ns;
};

static struct instant fake_now(void *state)
{
    return ((struct fake *)state)->wall;
}

static uint64_t fake_monotonic(void *state)
{
    return ((struct fake *)state)->monotonic_ns;
}

START_TEST(clock_that_steps_is_not_trusted)
{
    struct fake fake = {.wall = {.s = 1000}, .monotonic_ns = 5};
    struct clock_guard_params params = {
        .clock = {fake_now, fake_monotonic, &fake},
        .step_max_ms = 500,
    };
    MF_SCOPED(mf_clock_guard_free) struct clock_guard *guard = NULL;
    struct err err = {0};
    struct instant now = {0};

    mf_ck_ok(mf_clock_guard_new(&params, &guard, &err), err);
    fake.wall.s += 10;
    fake.monotonic_ns += 10000000000U;
    mf_ck_ok(mf_clock_guard_now(guard, &now, &err), err);
    ck_assert_int_eq(now.s, 1010);
    fake.wall.s += 2;
    fake.monotonic_ns += 1000000000U;
    mf_ck_refused(mf_clock_guard_now(guard, &now, &err), err, "stepped by 1000 ms");
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_int_eq(now.s, 1010);
}
END_TEST

START_TEST(clock_that_is_slewed_slowly_is_followed)
{
    struct fake fake = {.wall = {.s = 1000}};
    struct clock_guard_params params = {
        .clock = {fake_now, fake_monotonic, &fake},
        .step_max_ms = 500,
    };
    MF_SCOPED(mf_clock_guard_free) struct clock_guard *guard = NULL;
    struct err err = {0};
    struct instant now = {0};

    mf_ck_ok(mf_clock_guard_new(&params, &guard, &err), err);
    for (int i = 0; i < 100; i++) {
        fake.wall.s += 10;
        fake.monotonic_ns += 9900000000U;
        mf_ck_ok(mf_clock_guard_now(guard, &now, &err), err);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *all = tcase_create("run");

    tcase_add_loop_test(all, each_error_has_its_exit_status, 0, MF_LEN(statuses));
    tcase_add_test(all, several_inputs_report_the_worst);
    tcase_add_test(all, clock_that_steps_is_not_trusted);
    tcase_add_test(all, clock_that_is_slewed_slowly_is_followed);
    suite_add_tcase(suite, all);
    return suite;
}
