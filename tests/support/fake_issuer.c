#include "tests/support/fake_issuer.h"

#include "tests/support/suite.h"

#define DISCOVERY "/.well-known/openid-configuration"

void fake_issuer_init(struct fake_issuer *fake)
{
    *fake = (struct fake_issuer){.jwks = {.max = 1 << 20}};
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
    atomic_store(&fake->now_ns, 1000000000000ULL);
}

void fake_issuer_done(struct fake_issuer *fake)
{
    mf_buf_done(&fake->jwks);
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->lock);
}

static bool put_discovery(const char *url, size_t issuer_n, struct buf *body, struct err *err)
{
    return mf_buf_printf(body, err, "{\"issuer\":\"%.*s\",\"jwks_uri\":\"%.*s/keys\"}",
                         (int)issuer_n, url, (int)issuer_n, url);
}

static bool get(void *state, const char *url, const char *ca_file, size_t answer_max,
                struct buf *body, struct key_life *life, struct err *err)
{
    struct fake_issuer *fake = state;
    const char *tail = strstr(url, DISCOVERY);
    bool ok = false;

    (void)ca_file;
    (void)answer_max;
    pthread_mutex_lock(&fake->lock);
    fake->asked++;
    fake->asked_keys += tail == NULL ? 1 : 0;
    snprintf(fake->last_url, sizeof fake->last_url, "%s", url);
    pthread_cond_broadcast(&fake->changed);
    while (fake->held && tail == NULL)
        pthread_cond_wait(&fake->changed, &fake->lock);
    if (fake->broken)
        ok = mf_err_set(err, MF_ERR_UNAVAILABLE, "the fake issuer is down");
    else if (tail != NULL)
        ok = put_discovery(url, (size_t)(tail - url), body, err);
    else
        ok = mf_buf_append(body, mf_buf_span(&fake->jwks), err);
    *life = fake->life;
    pthread_mutex_unlock(&fake->lock);
    return ok;
}

struct key_fetch fake_issuer_fetch(struct fake_issuer *fake)
{
    return (struct key_fetch){.get = get, .state = fake};
}

static uint64_t monotonic_ns(void *state)
{
    struct fake_issuer *fake = state;

    return atomic_load(&fake->now_ns);
}

static struct instant now(void *state)
{
    return (struct instant){.s = (int64_t)(monotonic_ns(state) / 1000000000)};
}

struct clock fake_issuer_clock(struct fake_issuer *fake)
{
    return (struct clock){.now = now, .monotonic_ns = monotonic_ns, .state = fake};
}

void fake_issuer_publish(struct fake_issuer *fake, const char *jwks)
{
    struct err err = {0};

    pthread_mutex_lock(&fake->lock);
    mf_buf_reset(&fake->jwks);
    bool ok = mf_buf_append_str(&fake->jwks, jwks, &err);
    pthread_mutex_unlock(&fake->lock);
    mf_ck_ok(ok, err);
}

void fake_issuer_set(struct fake_issuer *fake, bool broken, bool held)
{
    pthread_mutex_lock(&fake->lock);
    fake->broken = broken;
    fake->held = held;
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

void fake_issuer_advance(struct fake_issuer *fake, unsigned s)
{
    atomic_fetch_add(&fake->now_ns, (uint64_t)s * 1000000000);
}

unsigned fake_issuer_asked(struct fake_issuer *fake)
{
    pthread_mutex_lock(&fake->lock);
    unsigned asked = fake->asked_keys;
    pthread_mutex_unlock(&fake->lock);
    return asked;
}

static void wait_count(struct fake_issuer *fake, const unsigned *counter, unsigned count)
{
    pthread_mutex_lock(&fake->lock);
    while (*counter < count)
        pthread_cond_wait(&fake->changed, &fake->lock);
    pthread_mutex_unlock(&fake->lock);
}

void fake_issuer_wait_asked(struct fake_issuer *fake, unsigned count)
{
    wait_count(fake, &fake->asked_keys, count);
}

void fake_issuer_wait_asked_any(struct fake_issuer *fake, unsigned count)
{
    wait_count(fake, &fake->asked, count);
}
