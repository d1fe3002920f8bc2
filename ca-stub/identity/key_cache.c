#include "ca-stub/identity/key_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "ca-stub/identity/key_source.h"

#define S_NS 1000000000ULL
enum { THREADS_MAX = 4 };
enum { UNKNOWN_PAUSE_S = 30, FAILURE_PAUSE_MAX_S = 30 };

struct held_keys {
    unsigned shares; /* the slot's and the callers' */
    struct jwk_set *set;
};

struct slot { /* one issuer */
    struct held_keys *keys;
    uint64_t expires_ns; /* from then on the keys are not used */
    uint64_t refresh_ns; /* from then on their use asks for newer ones */
    uint64_t retry_ns;   /* no fetch before, after a failure */
    uint64_t unknown_ns; /* no fetch for an unknown name before */
    uint64_t rounds;     /* fetches ended */
    unsigned failures;   /* in a row */
    bool wanted, running;
    struct err last; /* of the last failure */
};

struct fetcher {
    struct key_cache *cache;
    struct crypto *crypto;
    pthread_t thread;
    bool started;
};

struct key_cache {
    const struct issuer_list *issuers;
    struct clock clock;
    struct key_fetch fetch;
    struct key_report report;
    unsigned waiters_max, wait_ms;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t work;  /* something is wanted, or stop */
    pthread_cond_t ended; /* a fetch has ended */
    unsigned waiters;
    bool stop;
    struct slot *slots; /* one per issuer, in the list's order */
    struct fetcher fetchers[THREADS_MAX];
};

static void drop_share(struct held_keys *keys)
{
    if (keys == NULL || --keys->shares > 0)
        return;
    mf_jwks_free(&keys->set);
    free(keys);
}

/* One fetch; without the lock. */
static bool load(struct key_cache *cache, struct crypto *c, const struct issuer *issuer,
                 struct jwk_set **set, struct key_life *life, struct err *err)
{
    const char *why = "";

    if (!mf_key_source_load(c, issuer, &cache->fetch, set, life, err))
        return false;
    size_t count = mf_jwks_left_out(*set, &why);
    if (count > 0 && cache->report.left_out != NULL)
        cache->report.left_out(cache->report.state, issuer->url, count, why);
    return true;
}

static uint64_t ttl_s(const struct issuer *issuer, struct key_life life)
{
    if (issuer->jwks_file != NULL)
        return MF_KEYS_FILE_S;
    if (!life.said)
        return MF_KEYS_UNSAID_S;
    if (life.max_age_s < MF_KEYS_LEAST_S)
        return MF_KEYS_LEAST_S;
    return life.max_age_s > MF_KEYS_MOST_S ? MF_KEYS_MOST_S : life.max_age_s;
}

/* Takes over the set. */
static bool install(struct key_cache *cache, size_t index, struct jwk_set **set, uint64_t from_ns,
                    struct key_life life)
{
    struct slot *slot = &cache->slots[index];
    uint64_t ttl_ns = ttl_s(&cache->issuers->items[index], life) * S_NS;
    struct held_keys *keys = mf_array_new(1, sizeof *keys);

    if (keys == NULL)
        return false;
    *keys = (struct held_keys){.shares = 1, .set = MF_MOVE(*set)};
    drop_share(slot->keys);
    slot->keys = keys;
    slot->expires_ns = from_ns + ttl_ns;
    slot->refresh_ns = from_ns + ttl_ns / 4 * 3;
    slot->failures = 0;
    slot->retry_ns = 0;
    slot->last = (struct err){0};
    return true;
}

static void note_failure(struct slot *slot, const struct err *why, uint64_t now_ns)
{
    unsigned pause_s = slot->failures >= 5 ? FAILURE_PAUSE_MAX_S : 1U << slot->failures;

    slot->failures++;
    slot->retry_ns = now_ns + pause_s * S_NS;
    slot->last = *why;
}

/* Index of an issuer whose keys are wanted, or the count when there is none. */
static size_t next_wanted(const struct key_cache *cache)
{
    size_t i = 0;

    while (i < cache->issuers->count && !cache->slots[i].wanted)
        i++;
    return i;
}

/* Called with the lock, which is released while the fetch is under way. */
static void fetch_one(struct key_cache *cache, struct crypto *c, size_t index)
{
    struct slot *slot = &cache->slots[index];
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    struct err why = {0};
    struct key_life life = {0};

    slot->wanted = false;
    slot->running = true;
    pthread_mutex_unlock(&cache->lock);
    uint64_t from_ns = mf_clock_monotonic_ns(&cache->clock);
    bool ok = load(cache, c, &cache->issuers->items[index], &set, &life, &why);
    uint64_t now_ns = mf_clock_monotonic_ns(&cache->clock);
    pthread_mutex_lock(&cache->lock);

    if (ok && !install(cache, index, &set, from_ns, life))
        ok = mf_err_set(&why, MF_ERR_SYSTEM, "no memory for keys");
    if (!ok)
        note_failure(slot, &why, now_ns);
    slot->unknown_ns = from_ns + UNKNOWN_PAUSE_S * S_NS;
    slot->running = false;
    slot->rounds++;
    pthread_cond_broadcast(&cache->ended);
}

static void *run_fetcher(void *argument)
{
    struct fetcher *fetcher = argument;
    struct key_cache *cache = fetcher->cache;

    pthread_mutex_lock(&cache->lock);
    while (!cache->stop) {
        size_t index = next_wanted(cache);
        if (index < cache->issuers->count)
            fetch_one(cache, fetcher->crypto, index);
        else
            pthread_cond_wait(&cache->work, &cache->lock);
    }
    pthread_mutex_unlock(&cache->lock);
    return NULL;
}

static void ask(struct key_cache *cache, struct slot *slot)
{
    if (slot->wanted || slot->running)
        return; /* one at a time: who waits gets the result of that one */
    slot->wanted = true;
    pthread_cond_signal(&cache->work);
}

void mf_key_cache_warm(struct key_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->issuers->count; i++)
        if (cache->slots[i].keys == NULL)
            ask(cache, &cache->slots[i]);
    pthread_mutex_unlock(&cache->lock);
}

static struct timespec deadline_in(unsigned ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* Waits, with the lock, until a fetch of the issuer's keys has ended; false when there is no room
 * to wait. */
static bool wait_round(struct key_cache *cache, struct slot *slot)
{
    struct timespec deadline = deadline_in(cache->wait_ms);
    uint64_t round = slot->rounds;
    int status = 0;

    ask(cache, slot);
    if (cache->waiters >= cache->waiters_max)
        return false;
    cache->waiters++;
    while (slot->rounds == round && status == 0)
        status = pthread_cond_timedwait(&cache->ended, &cache->lock, &deadline);
    cache->waiters--;
    return true;
}

static bool unavailable(const struct issuer *issuer, const struct slot *slot, const char *what,
                        struct refusal *why)
{
    char last[400] = "";

    if (slot->last.code != MF_OK)
        mf_err_render(&slot->last, last, sizeof last);
    snprintf(why->reason, sizeof why->reason, "ISSUER_UNAVAILABLE");
    mf_err_set(why->err, MF_ERR_UNAVAILABLE, "%s%s%s", what, last[0] != '\0' ? ": " : "", last);
    return mf_err_at(why->err, "issuer %s", issuer->url);
}

static bool unknown(const struct issuer *issuer, const char *kid, enum jwks_answer answer,
                    struct refusal *why)
{
    if (kid == NULL)
        mf_refusal_set(why, "KEY_UNKNOWN", "token names no key, and there is more than one");
    else if (answer == MF_JWKS_AMBIGUOUS)
        mf_refusal_set(why, "KEY_UNKNOWN", "two keys have the name \"%s\"", kid);
    else
        mf_refusal_set(why, "KEY_UNKNOWN", "no key has the name \"%s\"", kid);
    return mf_err_at(why->err, "issuer %s", issuer->url);
}

struct attempt { /* what a look into the cache gave */
    bool done;   /* key found, or refused */
    bool ok;
};

/* One look, with the lock. Not done means: a fetch may help, and one is due or under way. */
static struct attempt look(struct key_cache *cache, struct slot *slot, const char *kid, bool waited,
                           struct held_key *out, struct refusal *why)
{
    const struct issuer *issuer = &cache->issuers->items[slot - cache->slots];
    uint64_t now_ns = mf_clock_monotonic_ns(&cache->clock);
    bool busy = slot->wanted || slot->running;
    bool may_ask = busy || now_ns >= slot->retry_ns;
    enum jwks_answer answer = MF_JWKS_UNKNOWN;

    if (slot->keys == NULL || now_ns >= slot->expires_ns) {
        if (!waited && may_ask)
            return (struct attempt){.done = false};
        return (struct attempt){true, unavailable(issuer, slot, "has no keys", why)};
    }
    answer = mf_jwks_find(slot->keys->set, kid, &out->jwk);
    if (answer == MF_JWKS_FOUND) {
        if (now_ns >= slot->refresh_ns && may_ask)
            ask(cache, slot);
        slot->keys->shares++;
        out->share = slot->keys;
        return (struct attempt){true, true};
    }
    if (answer == MF_JWKS_UNKNOWN && !waited && may_ask && (busy || now_ns >= slot->unknown_ns))
        return (struct attempt){.done = false};
    /* A key of that name may well be there by now; a retry can help. */
    if (answer == MF_JWKS_UNKNOWN && slot->failures > 0)
        return (struct attempt){true, unavailable(issuer, slot, "cannot renew its keys", why)};
    return (struct attempt){true, unknown(issuer, kid, answer, why)};
}

bool mf_key_cache_get(struct key_cache *cache, const struct issuer *issuer, const char *kid,
                      struct held_key *out, struct refusal *why)
{
    size_t index = (size_t)(issuer - cache->issuers->items);
    struct held_key key = {0};

    assert(index < cache->issuers->count);
    struct slot *slot = &cache->slots[index];
    pthread_mutex_lock(&cache->lock);
    struct attempt attempt = look(cache, slot, kid, false, &key, why);
    if (!attempt.done) {
        if (wait_round(cache, slot))
            attempt = look(cache, slot, kid, true, &key, why);
        else
            attempt.ok = unavailable(issuer, slot, "too many callers wait for its keys", why);
    }
    pthread_mutex_unlock(&cache->lock);
    if (attempt.ok)
        *out = key;
    return attempt.ok;
}

void mf_key_cache_release(struct key_cache *cache, struct held_key *key)
{
    if (key->share != NULL) {
        pthread_mutex_lock(&cache->lock);
        drop_share(key->share);
        pthread_mutex_unlock(&cache->lock);
    }
    *key = (struct held_key){0};
}

static bool load_files(struct key_cache *cache, struct err *err)
{
    for (size_t i = 0; i < cache->issuers->count; i++) {
        const struct issuer *issuer = &cache->issuers->items[i];
        MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
        struct key_life life = {0};
        if (issuer->jwks_file == NULL)
            continue;
        if (!load(cache, cache->fetchers[0].crypto, issuer, &set, &life, err))
            return mf_err_at(err, "issuer %s", issuer->url);
        if (!install(cache, i, &set, mf_clock_monotonic_ns(&cache->clock), life))
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for keys");
    }
    return true;
}

static bool start_threads(struct key_cache *cache, struct err *err)
{
    size_t count = cache->issuers->count < THREADS_MAX ? cache->issuers->count : THREADS_MAX;

    for (size_t i = 0; i < count; i++) {
        struct fetcher *fetcher = &cache->fetchers[i];
        fetcher->cache = cache;
        if (fetcher->crypto == NULL && !mf_crypto_new(MF_CRYPTO_DEFAULT, &fetcher->crypto, err))
            return false;
        if (pthread_create(&fetcher->thread, NULL, run_fetcher, fetcher) != 0)
            return mf_err_set(err, MF_ERR_SYSTEM, "cannot start a thread");
        fetcher->started = true;
    }
    return true;
}

bool mf_key_cache_new(const struct key_cache_params *params, struct key_cache **out,
                      struct err *err)
{
    MF_SCOPED(mf_key_cache_free) struct key_cache *cache = mf_array_new(1, sizeof *cache);
    pthread_condattr_t attributes;

    if (cache == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the key cache");
    cache->issuers = params->issuers;
    cache->clock = params->clock;
    cache->fetch = params->fetch;
    cache->report = params->report;
    cache->waiters_max = params->waiters_max;
    cache->wait_ms = params->wait_ms;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&cache->work, NULL);
    pthread_cond_init(&cache->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    cache->slots = mf_array_new(params->issuers->count, sizeof *cache->slots);
    if (cache->slots == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the key cache");
    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &cache->fetchers[0].crypto, err) ||
        !load_files(cache, err) || !start_threads(cache, err))
        return false;
    *out = MF_MOVE(cache);
    return true;
}

void mf_key_cache_free(struct key_cache **cache)
{
    struct key_cache *old = MF_MOVE(*cache);

    if (old == NULL)
        return;
    pthread_mutex_lock(&old->lock);
    old->stop = true;
    pthread_cond_broadcast(&old->work);
    pthread_mutex_unlock(&old->lock);
    for (size_t i = 0; i < THREADS_MAX; i++) {
        if (old->fetchers[i].started)
            pthread_join(old->fetchers[i].thread, NULL);
        mf_crypto_free(&old->fetchers[i].crypto);
    }
    for (size_t i = 0; old->slots != NULL && i < old->issuers->count; i++)
        drop_share(old->slots[i].keys);
    free(old->slots);
    pthread_cond_destroy(&old->ended);
    pthread_cond_destroy(&old->work);
    pthread_mutex_destroy(&old->lock);
    free(old);
}
