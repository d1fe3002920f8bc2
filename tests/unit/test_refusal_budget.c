#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ca-stub/audit/refusal_budget.h"
#include "ca-stub/certificate/issuance.h"
#include "common/base/file.h"
#include "tests/support/suite.h"

static uint64_t now_ns;
static struct refusal_budget *budget;

static struct instant some_wall_time(void *state)
{
    (void)state;
    return (struct instant){1795529400, 0};
}

static uint64_t monotonic(void *state)
{
    (void)state;
    return now_ns;
}

static const struct clock steered = {some_wall_time, monotonic, NULL};

static void set_up(void)
{
    struct err err = {0};

    now_ns = 1;
    mf_ck_ok(mf_refusal_budget_new(steered, &budget, &err), err);
}

static void tear_down(void)
{
    mf_refusal_budget_free(&budget);
}

static void advance_s(uint64_t s)
{
    now_ns += s * UINT64_C(1000000000);
}

/* Digest of a token; each number has a share of its own. */
static const uint8_t *token(unsigned number)
{
    static uint8_t digest[32];

    digest[0] = (uint8_t)(number >> 8);
    digest[1] = (uint8_t)number;
    return digest;
}

/* How many of the next tries are to be recorded. */
static unsigned recorded_of(unsigned tries, const uint8_t *digest)
{
    unsigned count = 0;

    while (tries-- > 0)
        count += mf_refusal_budget_take(budget, digest);
    return count;
}

START_TEST(records_a_burst_of_strangers_and_then_one_in_a_while)
{
    ck_assert(mf_refusal_budget_take(budget, NULL));
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 0);
    ck_assert_uint_eq(recorded_of(10000, NULL), MF_REFUSAL_STRANGER_BURST - 1);
    advance_s(MF_REFUSAL_STRANGER_EVERY_S - 1);
    ck_assert_uint_eq(recorded_of(100, NULL), 0);
    advance_s(1);
    ck_assert(mf_refusal_budget_take(budget, NULL));
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), /* every one is counted */
                      10000 - (MF_REFUSAL_STRANGER_BURST - 1) + 100);
    ck_assert_uint_eq(recorded_of(50, NULL), 0);
}
END_TEST

START_TEST(one_token_sent_again_and_again_has_a_share_and_no_more)
{
    ck_assert_uint_eq(recorded_of(4800, token(7)), MF_REFUSAL_TOKEN_BURST);
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 4800 - MF_REFUSAL_TOKEN_BURST);
    ck_assert_uint_eq(recorded_of(1, token(8)), 1); /* another token is as good as before */
    advance_s(MF_REFUSAL_TOKEN_EVERY_S);
    ck_assert_uint_eq(recorded_of(100, token(7)), 1);
}
END_TEST

START_TEST(strangers_take_nothing_from_holders_of_tokens)
{
    recorded_of(10000, NULL);
    ck_assert_uint_eq(recorded_of(1, token(1)), 1);
}
END_TEST

START_TEST(many_tokens_have_one_budget_together)
{
    unsigned recorded = 0;

    for (unsigned i = 0; i < 1024; i++)
        recorded += recorded_of(MF_REFUSAL_TOKEN_BURST, token(i));
    ck_assert_uint_eq(recorded, MF_REFUSAL_SIGNED_BURST);
    ck_assert_uint_eq(recorded_of(1, NULL), 1); /* of which strangers' refusals are no part */
    advance_s(MF_REFUSAL_SIGNED_EVERY_S);
    ck_assert_uint_eq(recorded_of(2, token(1023)), 1);
}
END_TEST

START_TEST(a_day_of_refusals_makes_a_bounded_number_of_records)
{
    unsigned strangers = 0, one = 0, all = 0;

    for (unsigned s = 0; s < 86400; s++, advance_s(1)) {
        strangers += recorded_of(3, NULL);
        one += recorded_of(1, token(0));
        all += recorded_of(1, token(s));
        all += recorded_of(1, token(s + 512));
    }
    ck_assert_uint_le(strangers, MF_REFUSAL_STRANGER_BURST + 86400 / MF_REFUSAL_STRANGER_EVERY_S);
    ck_assert_uint_le(one, MF_REFUSAL_TOKEN_BURST + 86400 / MF_REFUSAL_TOKEN_EVERY_S);
    ck_assert_uint_le(one + all, MF_REFUSAL_SIGNED_BURST + 86400 / MF_REFUSAL_SIGNED_EVERY_S);
    ck_assert_uint_gt(mf_refusal_budget_left_out(budget), 0);
}
END_TEST

START_TEST(never_holds_more_than_one_burst)
{
    recorded_of(10, NULL);
    advance_s(UINT64_C(86400) * 365);
    ck_assert_uint_eq(recorded_of(10000, NULL), MF_REFUSAL_STRANGER_BURST);
    ck_assert_uint_eq(recorded_of(10000, token(3)), MF_REFUSAL_TOKEN_BURST);
}
END_TEST

START_TEST(tells_the_last_count_once)
{
    recorded_of(MF_REFUSAL_STRANGER_BURST + 3, NULL);
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 3);
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 0);
    mf_refusal_budget_keep(budget, 3);
    recorded_of(1, NULL);
    ck_assert_uint_eq(mf_refusal_budget_left_out(budget), 4);
}
END_TEST

/* A file that may not grow is a full disk. */
START_TEST(a_count_that_cannot_be_recorded_is_not_lost)
{
    char dir[] = "/tmp/mayfly-refusal-XXXXXX", path[64];
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4096};
    struct issuer_ca ca = {0};
    struct audit_start start;
    struct rlimit was, small;
    struct err err = {0};
    uint64_t count = 0;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/audit.jsonl", dir);
    mf_ck_ok(mf_audit_log_open(path, steered, &ca.audit, &start, &err), err);
    recorded_of(MF_REFUSAL_STRANGER_BURST + 3, NULL);

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
    small = was;
    small.rlim_cur = 1;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert(!mf_issue_unrecorded(&ca, budget, &count, &err));
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);

    recorded_of(2, NULL);
    err = (struct err){0};
    mf_ck_ok(mf_issue_unrecorded(&ca, budget, &count, &err), err);
    ck_assert_uint_eq(count, 5);
    mf_ck_ok(mf_file_read(path, 4096, &text, &err), err);
    ck_assert_ptr_nonnull(memmem(text.p, text.n, "\"count\":5", 9));
    mf_audit_log_free(&ca.audit);
    unlink(path);
    rmdir(dir);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("refusal_budget");
    TCase *tc = tcase_create("budget");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, records_a_burst_of_strangers_and_then_one_in_a_while);
    tcase_add_test(tc, one_token_sent_again_and_again_has_a_share_and_no_more);
    tcase_add_test(tc, strangers_take_nothing_from_holders_of_tokens);
    tcase_add_test(tc, many_tokens_have_one_budget_together);
    tcase_add_test(tc, a_day_of_refusals_makes_a_bounded_number_of_records);
    tcase_add_test(tc, never_holds_more_than_one_burst);
    tcase_add_test(tc, tells_the_last_count_once);
    tcase_add_test(tc, a_count_that_cannot_be_recorded_is_not_lost);
    suite_add_tcase(suite, tc);
    return suite;
}
