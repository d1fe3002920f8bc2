/* What the key cache is given, from an issuer or a file, and what it says about it. */
#include <unistd.h>

#include "ca-stub/identity/key_fetch_http.h"
#include "common/base/file.h"
#include "tests/support/cache_fixture.h"
#include "tests/support/script_server.h"
#include "tests/support/suite.h"

static const char *ask(const char *kid)
{
    return cache_fixture_ask(0, kid);
}

static const struct {
    const char *jwks;
    const char *message;
} bad_sets[] = {
    {"{\"keys\":[]}", "holds no usable key"},
    {"<html>", "https://a.example/keys"},
    {"", "https://a.example/keys"},
};

START_TEST(a_bad_set_is_no_set)
{
    struct held_key key = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    fake_issuer_publish(&cache_fixture.fake, bad_sets[_i].jwks);
    mf_ck_refused(
        mf_key_cache_get(cache_fixture.cache, &cache_fixture.issuers.items[0], "a", &key, &why),
        err, bad_sets[_i].message);
    ck_assert_str_eq(why.reason, "ISSUER_UNAVAILABLE");
}
END_TEST

START_TEST(keys_that_cannot_be_used_are_reported_once_for_each_fetch)
{
    char text[1100];

    ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(cache_fixture.reported.calls, 0);
    snprintf(text, sizeof text, "{\"keys\":[{\"kty\":\"oct\"},{\"kty\":\"RSA\"},%s",
             cache_fixture.second + strlen("{\"keys\":["));
    fake_issuer_publish(&cache_fixture.fake, text);
    fake_issuer_advance(&cache_fixture.fake, 31);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(ask("b"), "");
    ck_assert_uint_eq(cache_fixture.reported.calls, 1);
    ck_assert_uint_eq(cache_fixture.reported.count, 2);
    ck_assert_str_eq(cache_fixture.reported.issuer, "https://a.example");
    ck_assert_str_eq(cache_fixture.reported.why, "keys[0]: kty \"oct\" is not accepted");
}
END_TEST

START_TEST(a_failure_that_is_over_is_not_blamed_later)
{
    struct held_key key = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_key_cache_free(&cache_fixture.cache);
    mf_ck_ok(cache_fixture_start(0, 5000, &err), err); /* nobody may wait */
    fake_issuer_set(&cache_fixture.fake, true, false);
    mf_key_cache_warm(cache_fixture.cache);
    fake_issuer_wait_asked_any(&cache_fixture.fake, 1);
    while (
        mf_key_cache_get(cache_fixture.cache, &cache_fixture.issuers.items[0], "a", &key, &why) ||
        strstr(err.what, "the fake issuer is down") == NULL)
        mf_err_clear(&err);
    fake_issuer_set(&cache_fixture.fake, false, false);
    fake_issuer_advance(&cache_fixture.fake, 2);
    mf_err_clear(&err);
    while (!mf_key_cache_get(cache_fixture.cache, &cache_fixture.issuers.items[0], "a", &key, &why))
        mf_err_clear(&err);
    mf_key_cache_release(cache_fixture.cache, &key);
    fake_issuer_set(&cache_fixture.fake, false, true);
    fake_issuer_advance(&cache_fixture.fake, MF_KEYS_UNSAID_S);
    mf_ck_refused(
        mf_key_cache_get(cache_fixture.cache, &cache_fixture.issuers.items[0], "a", &key, &why),
        err, "too many callers wait for its keys");
    ck_assert_ptr_null(strstr(err.what, "the fake issuer is down"));
    fake_issuer_set(&cache_fixture.fake, false, false);
}
END_TEST

static void read_with_file(const char *path)
{
    char text[512];

    mf_key_cache_free(&cache_fixture.cache);
    mf_issuers_done(&cache_fixture.issuers);
    snprintf(text, sizeof text,
             "[{\"issuer\":\"https://a.example\",\"audience\":\"x\",\"type\":\"email\","
             "\"jwks_file\":\"%s\"}]",
             path);
    cache_fixture_issuers(text);
}

START_TEST(a_file_of_keys_needs_no_network_and_may_be_replaced)
{
    char path[] = "/tmp/mayfly-jwks-XXXXXX";
    struct err err = {0};
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    read_with_file(path);
    mf_ck_refused(cache_fixture_start(2, 5000, &err), err, path);
    mf_err_clear(&err);
    mf_ck_ok(mf_file_write(path, mf_span_str(cache_fixture.first), 0600, MF_FILE_REPLACE, &err),
             err);
    mf_ck_ok(cache_fixture_start(2, 5000, &err), err);
    ck_assert_str_eq(ask("a"), "");
    mf_ck_ok(mf_file_write(path, mf_span_str(cache_fixture.second), 0600, MF_FILE_REPLACE, &err),
             err);
    fake_issuer_advance(&cache_fixture.fake, 301);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_str_eq(ask("a"), "KEY_UNKNOWN");
    ck_assert_uint_eq(cache_fixture.fake.asked, 0);
    unlink(path);
}
END_TEST

START_TEST(a_refused_fetch_shows_no_query)
{
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_buf_done) struct buf body = {.max = 1024};
    struct script_step step = {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                               MF_SCRIPT_CLOSE};
    struct key_life life = {0};
    char url[64], want[128];
    struct err err = {0};

    mf_script_start(&s, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/keys?key=secret", (unsigned)s.port);
    snprintf(want, sizeof want, "http://127.0.0.1:%u/keys answered with status 404",
             (unsigned)s.port);
    mf_ck_refused(mf_key_fetch_http.get(NULL, url, NULL, 1024, &body, &life, &err), err, want);
    mf_script_stop(&s);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key_source");
    TCase *sets = tcase_create("sets");

    tcase_add_unchecked_fixture(sets, cache_fixture_make, cache_fixture_drop);
    tcase_add_checked_fixture(sets, cache_fixture_set_up, cache_fixture_tear_down);
    tcase_set_timeout(sets, 30);
    tcase_add_loop_test(sets, a_bad_set_is_no_set, 0, MF_LEN(bad_sets));
    tcase_add_test(sets, keys_that_cannot_be_used_are_reported_once_for_each_fetch);
    tcase_add_test(sets, a_failure_that_is_over_is_not_blamed_later);
    tcase_add_test(sets, a_file_of_keys_needs_no_network_and_may_be_replaced);
    tcase_add_test(sets, a_refused_fetch_shows_no_query);
    suite_add_tcase(suite, sets);
    return suite;
}
