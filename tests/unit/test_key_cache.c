#include <unistd.h>

#include "ca-stub/identity/key_cache.h"
#include "common/base/file.h"
#include "tests/support/fake_issuer.h"
#include "tests/support/suite.h"
#include "tests/support/token_maker.h"

static struct made_keys keys;
static struct fake_issuer fake;
static struct issuer_list issuers;
static struct key_cache *cache;
static char first[600], second[600]; /* sets with the keys "a" and "b" */

static void write_set(const struct private_key *key, const char *kid, char *out, size_t cap)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = cap - 16};

    made_jwk(keys.c, key, kid, "", &text);
    snprintf(out, cap, "{\"keys\":[%.*s]}", (int)text.n, (const char *)text.p);
}

static void make_keys(void)
{
    made_keys_init(&keys, false);
    write_set(keys.p256, "a", first, sizeof first);
    write_set(keys.other, "b", second, sizeof second);
}

static void drop_keys(void)
{
    made_keys_done(&keys);
}

static void read_issuers(const char *text)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    mf_ck_ok(mf_json_parse(mf_span_str(text), &mf_json_config_limits, &doc, &err), err);
    mf_ck_ok(mf_issuers_read(mf_json_root(doc), "/tmp/x.json", &issuers, &err), err);
}

static bool start_cache(unsigned waiters_max, unsigned wait_ms, struct err *err)
{
    const struct key_cache_params params = {.issuers = &issuers,
                                            .clock = fake_issuer_clock(&fake),
                                            .fetch = fake_issuer_fetch(&fake),
                                            .waiters_max = waiters_max,
                                            .wait_ms = wait_ms};

    return mf_key_cache_new(&params, &cache, err);
}

static void set_up(void)
{
    struct err err = {0};

    fake_issuer_init(&fake);
    fake_issuer_publish(&fake, first);
    read_issuers("[{\"issuer\":\"https://a.example\",\"audience\":\"x\",\"type\":\"email\"},"
                 "{\"issuer\":\"https://b.example\",\"audience\":\"x\",\"type\":\"email\"}]");
    mf_ck_ok(start_cache(2, 5000, &err), err);
}

static void tear_down(void)
{
    mf_key_cache_free(&cache);
    mf_issuers_done(&issuers);
    fake_issuer_done(&fake);
}

/* The reason, "" for a key that was found. */
static const char *ask_of(size_t issuer, const char *kid)
{
    static _Thread_local char reason[MF_TOKEN_REASON_MAX];
    struct held_key key = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    if (mf_key_cache_get(cache, &issuers.items[issuer], kid, &key, &why)) {
        ck_assert_ptr_nonnull(key.jwk->key);
        mf_key_cache_release(cache, &key);
        return "";
    }
    ck_assert_ptr_null(key.jwk);
    ck_assert_int_eq(err.code, strcmp(why.reason, "ISSUER_UNAVAILABLE") == 0 ? MF_ERR_UNAVAILABLE
                                                                             : MF_ERR_DENIED);
    snprintf(reason, sizeof reason, "%s", why.reason);
    return reason;
}

static const char *ask(const char *kid)
{
    return ask_of(0, kid);
}

START_TEST(asks_once_and_keeps_the_keys)
{
    ck_assert_uint_eq(fake_issuer_asked(&fake), 0); /* nothing before the first token */
    for (int i = 0; i < 50; i++)
        ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(fake_issuer_asked(&fake), 1);
    ck_assert_str_eq(fake.last_url, "https://a.example/keys");
    ck_assert_str_eq(ask(NULL), "");
}
END_TEST

START_TEST(fetches_ahead_when_told)
{
    mf_key_cache_warm(cache);
    fake_issuer_wait_asked(&fake, (unsigned)issuers.count);
    mf_key_cache_warm(cache);
    ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(fake_issuer_asked(&fake), issuers.count); /* each once */
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
    ck_assert_uint_eq(fake_issuer_asked(&fake), 1); /* the first fetch is itself that fresh */
    fake_issuer_advance(&fake, 31);
    for (int i = 0; i < 100; i++) {
        snprintf(kid, sizeof kid, "evil-%d", i);
        ck_assert_str_eq(ask(kid), "KEY_UNKNOWN");
    }
    ck_assert_uint_eq(fake_issuer_asked(&fake), 2);
    ck_assert_str_eq(ask("a"), "");
}
END_TEST

START_TEST(a_new_key_is_found_and_a_withdrawn_one_is_gone)
{
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_publish(&fake, second);
    fake_issuer_advance(&fake, 31);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_uint_eq(fake_issuer_asked(&fake), 2);
    ck_assert_str_eq(ask("a"), "KEY_UNKNOWN");
    ck_assert_uint_eq(fake_issuer_asked(&fake), 2);
}
END_TEST

static const struct {
    unsigned max_age_s;
    unsigned kept_s;
} ages[] = {{0, 3600}, {1, 300}, {600, 600}, {86400, 86400}, {4000000000U, 86400}};

START_TEST(keys_are_kept_as_long_as_the_issuer_says_within_bounds)
{
    fake.max_age_s = ages[_i].max_age_s;
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_publish(&fake, second);
    fake_issuer_advance(&fake, ages[_i].kept_s / 4 * 3 - 1);
    ck_assert_str_eq(ask("a"), "");
    ck_assert_uint_eq(fake_issuer_asked(&fake), 1);
    fake_issuer_set(&fake, true, false); /* whatever is asked now fails */
    fake_issuer_advance(&fake, ages[_i].kept_s - ages[_i].kept_s / 4 * 3);
    ck_assert_str_eq(ask("a"), ""); /* one second before the end: used, and newer ones wanted */
    fake_issuer_wait_asked(&fake, 1);
    fake_issuer_advance(&fake, 1);
    ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
    fake_issuer_set(&fake, false, false);
    fake_issuer_advance(&fake, 40);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_str_eq(ask("a"), "KEY_UNKNOWN");
}
END_TEST

START_TEST(old_keys_are_used_while_newer_ones_are_fetched)
{
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_set(&fake, false, true);
    fake_issuer_advance(&fake, 2701); /* three quarters of an hour */
    for (int i = 0; i < 50; i++)
        ck_assert_str_eq(ask("a"), ""); /* none waits for the fetch that hangs */
    fake_issuer_wait_asked(&fake, 2);
    ck_assert_uint_eq(fake_issuer_asked(&fake), 2);
    fake_issuer_set(&fake, false, false);
}
END_TEST

START_TEST(a_dead_issuer_is_asked_ever_more_rarely)
{
    static const unsigned pauses_s[] = {1, 2, 4, 8, 16, 30, 30};
    unsigned asked = 0;

    fake_issuer_set(&fake, true, false);
    for (size_t i = 0; i < MF_LEN(pauses_s); i++) {
        ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
        asked = fake.asked;
        for (int k = 0; k < 20; k++)
            ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
        ck_assert_uint_eq(fake.asked, asked);
        if (pauses_s[i] > 1)
            fake_issuer_advance(&fake, pauses_s[i] - 1);
        ck_assert(pauses_s[i] == 1 || strcmp(ask("a"), "ISSUER_UNAVAILABLE") == 0);
        ck_assert_uint_eq(fake.asked, asked);
        fake_issuer_advance(&fake, 1);
    }
    fake_issuer_set(&fake, false, false);
    ck_assert_str_eq(ask("a"), "");
}
END_TEST

START_TEST(an_unknown_name_is_no_verdict_while_the_issuer_is_down)
{
    ck_assert_str_eq(ask("a"), "");
    fake_issuer_set(&fake, true, false);
    fake_issuer_advance(&fake, 31);
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

    fake_issuer_set(&fake, false, true);
    for (int i = 0; i < CALLERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_in_thread, reasons[i]), 0);
    wait_answered(CALLERS - WAITERS); /* while the fetch hangs */
    fake_issuer_set(&fake, false, false);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        found += strcmp(reasons[i], "") == 0;
        unavailable += strcmp(reasons[i], "ISSUER_UNAVAILABLE") == 0;
    }
    ck_assert_uint_eq(found, WAITERS);
    ck_assert_uint_eq(unavailable, CALLERS - WAITERS);
    ck_assert_uint_eq(fake_issuer_asked(&fake), 1);
}
END_TEST

START_TEST(a_hung_issuer_does_not_hold_up_another)
{
    static char reason[MF_TOKEN_REASON_MAX];
    pthread_t thread;

    ck_assert_str_eq(ask_of(1, "a"), "");
    fake_issuer_set(&fake, false, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_in_thread, reason), 0);
    fake_issuer_wait_asked(&fake, 2);
    ck_assert_str_eq(ask_of(1, "a"), "");
    fake_issuer_set(&fake, false, false);
    pthread_join(thread, NULL);
    ck_assert_str_eq(reason, "");
}
END_TEST

START_TEST(a_caller_waits_no_longer_than_it_may)
{
    struct err err = {0};

    mf_key_cache_free(&cache);
    mf_ck_ok(start_cache(2, 20, &err), err);
    fake_issuer_set(&fake, false, true);
    ck_assert_str_eq(ask("a"), "ISSUER_UNAVAILABLE");
    fake_issuer_set(&fake, false, false);
}
END_TEST

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

    fake_issuer_publish(&fake, bad_sets[_i].jwks);
    mf_ck_refused(mf_key_cache_get(cache, &issuers.items[0], "a", &key, &why), err,
                  bad_sets[_i].message);
    ck_assert_str_eq(why.reason, "ISSUER_UNAVAILABLE");
}
END_TEST

static void read_with_file(const char *path)
{
    char text[512];

    mf_key_cache_free(&cache);
    mf_issuers_done(&issuers);
    snprintf(text, sizeof text,
             "[{\"issuer\":\"https://a.example\",\"audience\":\"x\",\"type\":\"email\","
             "\"jwks_file\":\"%s\"}]",
             path);
    read_issuers(text);
}

START_TEST(a_file_of_keys_needs_no_network_and_may_be_replaced)
{
    char path[] = "/tmp/mayfly-jwks-XXXXXX";
    struct err err = {0};
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    read_with_file(path);
    mf_ck_refused(start_cache(2, 5000, &err), err, path);
    mf_err_clear(&err);
    mf_ck_ok(mf_file_write(path, mf_span_str(first), 0600, MF_FILE_REPLACE, &err), err);
    mf_ck_ok(start_cache(2, 5000, &err), err);
    ck_assert_str_eq(ask("a"), "");
    mf_ck_ok(mf_file_write(path, mf_span_str(second), 0600, MF_FILE_REPLACE, &err), err);
    fake_issuer_advance(&fake, 301);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_str_eq(ask("a"), "KEY_UNKNOWN");
    ck_assert_uint_eq(fake.asked, 0);
    unlink(path);
}
END_TEST

START_TEST(a_share_outlives_the_set_that_replaces_it)
{
    struct held_key key = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(mf_key_cache_get(cache, &issuers.items[0], "a", &key, &why), err);
    fake_issuer_publish(&fake, second);
    fake_issuer_advance(&fake, 31);
    ck_assert_str_eq(ask("b"), "");
    ck_assert_str_eq(key.jwk->kid, "a");
    mf_key_cache_release(cache, &key);
    mf_key_cache_release(cache, &key);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key_cache");
    TCase *storms = tcase_create("storms");

    tcase_add_unchecked_fixture(storms, make_keys, drop_keys);
    tcase_add_checked_fixture(storms, set_up, tear_down);
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
    tcase_add_loop_test(storms, a_bad_set_is_no_set, 0, MF_LEN(bad_sets));
    tcase_add_test(storms, a_file_of_keys_needs_no_network_and_may_be_replaced);
    tcase_add_test(storms, a_share_outlives_the_set_that_replaces_it);
    suite_add_tcase(suite, storms);
    return suite;
}
