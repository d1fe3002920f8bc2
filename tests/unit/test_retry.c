/* When the client tries again, and after how long. */
#include "common/net/retry.h"
#include "tests/support/suite.h"

START_TEST(waits_stay_between_floor_and_ceiling)
{
    for (unsigned tries = 1; tries < 40; tries++) {
        uint64_t top = mf_retry_wait_ms(tries, 0, UINT64_MAX);
        for (uint64_t random = 1; random < UINT64_MAX / 3; random = random * 3 + 1) {
            uint64_t wait = mf_retry_wait_ms(tries, 0, random);
            ck_assert_uint_ge(wait, MF_RETRY_FLOOR_MS);
            ck_assert_uint_le(wait, MF_RETRY_CEILING_MS);
            if (tries == 1)
                ck_assert_uint_le(wait, (uint64_t)2 * MF_RETRY_FLOOR_MS);
        }
        ck_assert_uint_le(top, MF_RETRY_CEILING_MS);
    }
    ck_assert_uint_eq(mf_retry_wait_ms(1, 0, 0), MF_RETRY_FLOOR_MS);
    ck_assert_uint_eq(mf_retry_wait_ms(9, 0, MF_RETRY_CEILING_MS - MF_RETRY_FLOOR_MS),
                      MF_RETRY_CEILING_MS);
    ck_assert_uint_eq(mf_retry_wait_ms(1, 12, 99), 12000);
}
END_TEST

START_TEST(only_what_may_pass_is_tried_again)
{
    for (unsigned status = 100; status < 600; status++)
        ck_assert(mf_retry_status(status) == (status == 408 || status == 425 || status == 429 ||
                                              (status >= 500 && status != 501)));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("retry");
    TCase *all = tcase_create("retry");

    tcase_add_test(all, waits_stay_between_floor_and_ceiling);
    tcase_add_test(all, only_what_may_pass_is_tried_again);
    suite_add_tcase(suite, all);
    return suite;
}
