/* For how long an answer may be kept, said in every way that a server may say it. */
#include "common/net/cache_control.h"
#include "tests/support/suite.h"

static const struct {
    const char *first, *second; /* field lines; null for none */
    unsigned max_age_s;
} rows[] = {
    {NULL, NULL, 0},
    {"", NULL, 0},
    {"public", "private", 0},
    {"max-age=60", NULL, 60},
    {"max-age=0", NULL, 0},
    {"MAX-Age=\"60\"", NULL, 60},
    {" ,, public\t, max-age=60 ,", NULL, 60},
    {"max-age=060", NULL, 60},
    {"max-age=99999999999999999999999", NULL, 2147483647},
    {"max-age=60, max-age=30", NULL, 30},
    {"max-age=60", "max-age=30", 30},
    {"max-age=30", "max-age=60", 30},
    {"public", "max-age=60", 60},
    {"s-maxage=99, x-max-age=98, max-age=60", NULL, 60},
    {"private=\"a, max-age=5\", max-age=60", NULL, 60},
    {"private=\"a\\\", max-age=5\", max-age=60", NULL, 60},
    {"max-age=60, no-store", NULL, 0},
    {"No-Cache, max-age=60", NULL, 0},
    {"no-cache=\"Set-Cookie\", max-age=60", NULL, 0},
    {"max-age=60", "no-store", 0},
    {"no-store", "max-age=60", 0},
    {"max-age", NULL, 0},
    {"max-age=", NULL, 0},
    {"max-age=-1", NULL, 0},
    {"max-age=+60", NULL, 0},
    {"max-age=6 0", NULL, 0},
    {"max-age = 60", NULL, 0},
    {"max-age=60;public", NULL, 0},
    {"max-age=60, max-age=x", NULL, 0},
    {"max-age=60, \"", NULL, 0},
    {"max-age=60, private=\"", NULL, 0},
    {"max-age=60, private=\"a\\", NULL, 0},
    {"max-age=60, private=\"a\\\"", NULL, 0},
    {"max-age=60\x01", NULL, 0},
    {"=60, max-age=60", NULL, 0},
};

enum { SILENT = 3 }; /* rows at the front that say nothing */

START_TEST(life_is_what_all_lines_agree_on)
{
    struct cache_control cache = {0};

    if (rows[_i].first != NULL)
        mf_cache_control_read(mf_span_str(rows[_i].first), &cache);
    if (rows[_i].second != NULL)
        mf_cache_control_read(mf_span_str(rows[_i].second), &cache);
    ck_assert_uint_eq(mf_cache_control_max_age(&cache), rows[_i].max_age_s);
    ck_assert_int_eq(mf_cache_control_says(&cache), _i >= SILENT);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("cache_control");
    TCase *all = tcase_create("lines");

    tcase_add_loop_test(all, life_is_what_all_lines_agree_on, 0, MF_LEN(rows));
    suite_add_tcase(suite, all);
    return suite;
}
