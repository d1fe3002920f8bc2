#include "tests/support/cache_fixture.h"

#include "tests/support/suite.h"
#include "tests/support/token_maker.h"

struct cache_fixture cache_fixture;
static struct made_keys keys;

static void write_set(const struct private_key *key, const char *kid, char *out, size_t cap)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = cap - 16};

    made_jwk(keys.c, key, kid, "", &text);
    snprintf(out, cap, "{\"keys\":[%.*s]}", (int)text.n, (const char *)text.p);
}

void cache_fixture_make(void)
{
    struct cache_fixture *f = &cache_fixture;

    made_keys_init(&keys, false);
    write_set(keys.p256, "a", f->first, sizeof f->first);
    write_set(keys.other, "b", f->second, sizeof f->second);
}

void cache_fixture_drop(void)
{
    made_keys_done(&keys);
}

void cache_fixture_issuers(const char *text)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    mf_ck_ok(mf_json_parse(mf_span_str(text), &mf_json_config_limits, &doc, &err), err);
    mf_ck_ok(mf_issuers_read(mf_json_root(doc), "/tmp/x.json", &cache_fixture.issuers, &err), err);
}

static void on_left_out(void *state, const char *issuer, size_t count, const char *why)
{
    struct cache_fixture *f = state;

    f->reported.calls++;
    f->reported.count = count;
    snprintf(f->reported.issuer, sizeof f->reported.issuer, "%s", issuer);
    snprintf(f->reported.why, sizeof f->reported.why, "%s", why);
}

bool cache_fixture_start(unsigned waiters_max, unsigned wait_ms, struct err *err)
{
    struct cache_fixture *f = &cache_fixture;
    const struct key_cache_params params = {.issuers = &f->issuers,
                                            .clock = fake_issuer_clock(&f->fake),
                                            .fetch = fake_issuer_fetch(&f->fake),
                                            .report = {on_left_out, f},
                                            .waiters_max = waiters_max,
                                            .wait_ms = wait_ms};

    return mf_key_cache_new(&params, &f->cache, err);
}

void cache_fixture_set_up(void)
{
    struct err err = {0};

    fake_issuer_init(&cache_fixture.fake);
    fake_issuer_publish(&cache_fixture.fake, cache_fixture.first);
    cache_fixture_issuers(
        "[{\"issuer\":\"https://a.example\",\"audience\":\"x\",\"type\":\"email\"},"
        "{\"issuer\":\"https://b.example\",\"audience\":\"x\",\"type\":\"email\"}]");
    mf_ck_ok(cache_fixture_start(2, 5000, &err), err);
}

void cache_fixture_tear_down(void)
{
    mf_key_cache_free(&cache_fixture.cache);
    mf_issuers_done(&cache_fixture.issuers);
    fake_issuer_done(&cache_fixture.fake);
}

const char *cache_fixture_ask(size_t issuer, const char *kid)
{
    static _Thread_local char reason[MF_TOKEN_REASON_MAX];
    struct held_key key = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    if (mf_key_cache_get(cache_fixture.cache, &cache_fixture.issuers.items[issuer], kid, &key,
                         &why)) {
        ck_assert_ptr_nonnull(key.jwk->key);
        mf_key_cache_release(cache_fixture.cache, &key);
        return "";
    }
    ck_assert_ptr_null(key.jwk);
    ck_assert_int_eq(err.code, strcmp(why.reason, "ISSUER_UNAVAILABLE") == 0 ? MF_ERR_UNAVAILABLE
                                                                             : MF_ERR_DENIED);
    snprintf(reason, sizeof reason, "%s", why.reason);
    return reason;
}
