#include <pthread.h>

#include "tests/support/cache_fixture.h"
#include "tests/support/suite.h"

static const char *ask(const char *kid)
{
    return cache_fixture_ask(0, kid);
}

START_TEST(asks_once_and_keeps_the_keys)
{
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake),
                      0); /* nothing before the first token */
    for (int i = 0; i < 50; i++)
        ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 1);
    ck_assert_str_eq(cache_fixture.fake.last_url, "https://a.example/keys");
    ck_assert_str_eq(ask(NULL), "");
}
END_TEST

START_TEST(fetches_ahead_when_told)
{
    mf_key_cache_warm(cache_fixture.cache);
    fake_issuer_wait_asked(&cache_fixture.fake, (unsigned)cache_fixture.issuers.count);
    mf_key_cache_warm(cache_fixture.cache);
    ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake),
                      cache_fixture.issuers.count); /* each once */
}
END_TEST

START_TEST(unknown_names_ask_at_most_every_30_s)
{
    char kid[16];

    ck_assert_str_eq(ask("a"), "");
    for (int i = 0; i < 100; i++) {
        snprintf(kid, sizeof kid, "evil-%d", i);
        ck_assert_str_eq(ask(kid), "KEY_UNKNOWN");
    }
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake),
                      1); /* the first fetch is itself that fresh */
    fake_issuer_advance(&cache_fixture.fake, 31);
    for (int i = 0; i < 100; i++) {
        snprintf(kid, sizeof kid, "evil-%d", i);
        ck_assert_str_eq(ask(kid), "KEY_UNKNOWN");
    }
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 2);
    ck_assert_str_eq(ask("a"), "");
}
END_TEST

START_TEST(a_new_key_is_found_and_a_withdrawn_one_is_gone)
{
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_publish(&cache_fixture.fake, cache_fixture.second);
    fake_issuer_advance(&cache_fixture.fake, 31);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 2);
    ck_assert_str_eq(ask("a"), "KEY_UNKNOWN");
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 2);
}
END_TEST

static const struct {
    struct key_life life;
    unsigned kept_s;
} ages[] = {
    {{false, 0}, 3600},     {{true, 0}, 60},        {{true, 1}, 60},
    {{true, 60}, 60},       {{true, 61}, 61},       {{true, 600}, 600},
    {{true, 86400}, 86400}, {{true, 86401}, 86400}, {{true, 4000000000U}, 86400},
};

START_TEST(keys_are_kept_as_long_as_the_issuer_says_within_bounds)
{
    cache_fixture.fake.life = ages[_i].life;
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_publish(&cache_fixture.fake, cache_fixture.second);
    fake_issuer_advance(&cache_fixture.fake, ages[_i].kept_s / 4 * 3 - 1);
    ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 1);
    fake_issuer_set(&cache_fixture.fake, true, false); /* whatever is asked now fails */
    fake_issuer_advance(&cache_fixture.fake, ages[_i].kept_s - ages[_i].kept_s / 4 * 3);
    ck_assert_str_eq(ask("a"), ""); /* one second before the end: used, and newer ones wanted */
    fake_issuer_wait_asked_any(&cache_fixture.fake,
                               3); /* two documents before; now the first of them again */
    fake_issuer_advance(&cache_fixture.fake, 1);
    ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
    fake_issuer_set(&cache_fixture.fake, false, false);
    fake_issuer_advance(&cache_fixture.fake, 40);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_str_eq(ask("a"), "KEY_UNKNOWN");
}
END_TEST

START_TEST(old_keys_are_used_while_newer_ones_are_fetched)
{
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_set(&cache_fixture.fake, false, true);
    fake_issuer_advance(&cache_fixture.fake, 2701); /* three quarters of an hour */
    for (int i = 0; i < 50; i++)
        ck_assert_str_eq(ask("a"), ""); /* none waits for the fetch that hangs */
    fake_issuer_wait_asked(&cache_fixture.fake, 2);
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 2);
    fake_issuer_set(&cache_fixture.fake, false, false);
}
END_TEST

START_TEST(a_dead_issuer_is_asked_ever_more_rarely)
{
    static const unsigned pauses_s[] = {1, 2, 4, 8, 16, 30, 30};
    unsigned asked = 0;

    fake_issuer_set(&cache_fixture.fake, true, false);
    for (size_t i = 0; i < MF_LEN(pauses_s); i++) {
        ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
        asked = cache_fixture.fake.asked;
        for (int k = 0; k < 20; k++)
            ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
        ck_assert_uint_eq(cache_fixture.fake.asked, asked);
        if (pauses_s[i] > 1)
            fake_issuer_advance(&cache_fixture.fake, pauses_s[i] - 1);
        ck_assert(pauses_s[i] == 1 || strcmp(ask("a"), "ISSUER_UNAVAILABLE") == 0);
        ck_assert_uint_eq(cache_fixture.fake.asked, asked);
        fake_issuer_advance(&cache_fixture.fake, 1);
    }
    fake_issuer_set(&cache_fixture.fake, false, false);
    ck_assert_str_eq(ask("a"), "");
}
END_TEST

START_TEST(an_unknown_name_is_no_verdict_while_the_issuer_is_down)
{
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_set(&cache_fixture.fake, true, false);
    fake_issuer_advance(&cache_fixture.fake, 31);
    ck_assert_str_eq(ask("b"), "ISSUER_UNAVAILABLE");
    ck_assert_str_eq(ask("a"), ""); /* the keys at hand are still good */
}
END_TEST

/* How many threads have their answer. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    unsigned count;
} answered = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void wait_answered(unsigned count)
{
    pthread_mutex_lock(&answered.lock);
    while (answered.count < count)
        pthread_cond_wait(&answered.more, &answered.lock);
    pthread_mutex_unlock(&answered.lock);
}

static void *ask_in_thread(void *reason)
{
    char *out = reason;

    snprintf(out, MF_TOKEN_REASON_MAX, "%s", ask("a"));
    pthread_mutex_lock(&answered.lock);
    answered.count++;
    pthread_cond_broadcast(&answered.more);
    pthread_mutex_unlock(&answered.lock);
    return NULL;
}

START_TEST(callers_share_one_fetch_and_only_some_may_wait)
{
    enum { CALLERS = 8, WAITERS = 2 };
    static char reasons[CALLERS][MF_TOKEN_REASON_MAX];
    pthread_t threads[CALLERS];
    unsigned found = 0, unavailable = 0;

    fake_issuer_set(&cache_fixture.fake, false, true);
    for (int i = 0; i < CALLERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_in_thread, reasons[i]), 0);
    wait_answered(CALLERS - WAITERS); /* while the fetch hangs */
    fake_issuer_set(&cache_fixture.fake, false, false);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        found += strcmp(reasons[i], "") == 0;
        unavailable += strcmp(reasons[i], "ISSUER_UNAVAILABLE") == 0;
    }
    ck_assert_uint_eq(found, WAITERS);
    ck_assert_uint_eq(unavailable, CALLERS - WAITERS);
    ck_assert_uint_eq(fake_issuer_asked(&cache_fixture.fake), 1);
}
END_TEST

START_TEST(a_hung_issuer_does_not_hold_up_another)
{
    static char reason[MF_TOKEN_REASON_MAX];
    pthread_t thread;

    ck_assert_str_eq(cache_fixture_ask(1, "a"), "");
    fake_issuer_set(&cache_fixture.fake, false, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_in_thread, reason), 0);
    fake_issuer_wait_asked(&cache_fixture.fake, 2);
    ck_assert_str_eq(cache_fixture_ask(1, "a"), "");
    fake_issuer_set(&cache_fixture.fake, false, false);
    pthread_join(thread, NULL);
    ck_assert_str_eq(reason, "");
}
END_TEST

START_TEST(a_caller_waits_no_longer_than_it_may)
{
    struct err err = {0};

    mf_key_cache_free(&cache_fixture.cache);
    mf_ck_ok(cache_fixture_start(2, 20, &err), err);
    fake_issuer_set(&cache_fixture.fake, false, true);
    ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
    fake_issuer_set(&cache_fixture.fake, false, false);
}
END_TEST

START_TEST(a_share_outlives_the_set_that_replaces_it)
{
    struct held_key key = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(
        mf_key_cache_get(cache_fixture.cache, &cache_fixture.issuers.items[0], "a", &key, &why),
        err);
    fake_issuer_publish(&cache_fixture.fake, cache_fixture.second);
    fake_issuer_advance(&cache_fixture.fake, 31);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_str_eq(key.jwk->kid, "a");
    mf_key_cache_release(cache_fixture.cache, &key);
    mf_key_cache_release(cache_fixture.cache, &key);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key_cache");
    TCase *storms = tcase_create("storms");

    tcase_add_unchecked_fixture(storms, cache_fixture_make, cache_fixture_drop);
    tcase_add_checked_fixture(storms, cache_fixture_set_up, cache_fixture_tear_down);
    tcase_set_timeout(storms, 30);
    tcase_add_test(storms, asks_once_and_keeps_the_keys);
    tcase_add_test(storms, fetches_ahead_when_told);
    tcase_add_test(storms, unknown_names_ask_at_most_every_30_s);
    tcase_add_test(storms, a_new_key_is_found_and_a_withdrawn_one_is_gone);
    tcase_add_loop_test(storms, keys_are_kept_as_long_as_the_issuer_says_within_bounds, 0,
                        MF_LEN(ages));
    tcase_add_test(storms, old_keys_are_used_while_newer_ones_are_fetched);
    tcase_add_test(storms, a_dead_issuer_is_asked_ever_more_rarely);
    tcase_add_test(storms, an_unknown_name_is_no_verdict_while_the_issuer_is_down);
    tcase_add_test(storms, callers_share_one_fetch_and_only_some_may_wait);
    tcase_add_test(storms, a_hung_issuer_does_not_hold_up_another);
    tcase_add_test(storms, a_caller_waits_no_longer_than_it_may);
    tcase_add_test(storms, a_share_outlives_the_set_that_replaces_it);
    suite_add_tcase(suite, storms);
    return suite;
}
