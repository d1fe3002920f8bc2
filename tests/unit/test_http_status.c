#include "common/net/http_status.h"
#include "tests/support/suite.h"

START_TEST(statuses_and_codes_agree)
{
    static const unsigned rows[][2] = {{400, 3}, {401, 16}, {403, 7},  {404, 5},  {409, 6},
                                       {429, 8}, {500, 13}, {501, 12}, {503, 14}, {299, 2}};

    for (size_t i = 0; i < MF_LEN(rows); i++)
        ck_assert_uint_eq(mf_grpc_code_of(rows[i][0]), rows[i][1]);
    ck_assert_uint_eq(mf_http_status_of(MF_ERR_FORMAT), 400);
    ck_assert_uint_eq(mf_http_status_of(MF_ERR_DENIED), 403);
    ck_assert_uint_eq(mf_http_status_of(MF_ERR_UNAVAILABLE), 503);
    ck_assert_uint_eq(mf_http_status_of(MF_ERR_INTERNAL), 500);
    ck_assert_str_eq(mf_http_reason(409), "Conflict");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_status");
    TCase *all = tcase_create("status");

    tcase_add_test(all, statuses_and_codes_agree);
    suite_add_tcase(suite, all);
    return suite;
}
