/* Key cache: each issuer's keys, fetched by threads of its own and kept for a while.
 *
 * What tokens can cause: a first fetch; one more when a key's name is not in the set, at most every
 * 30 s; and none at all by a bad signature. One fetch per issuer is under way at a time, and its
 * failure is remembered (1 s, doubling to 30 s). Keys are kept as long as the answer's
 * Cache-Control says, but never for less than MF_KEYS_LEAST_S, also with max-age=0 or no-store:
 * tokens must not be able to cause fetches one by one; nor for more than MF_KEYS_MOST_S. From three
 * quarters of the time on, a use of them asks for newer ones while they go on being used. A new set
 * replaces the old one whole: a key withdrawn is gone. */
#ifndef MF_CA_IDENTITY_KEY_CACHE_H
#define MF_CA_IDENTITY_KEY_CACHE_H

#include "ca-stub/identity/issuer.h"
#include "ca-stub/identity/jwks.h"
#include "common/base/clock.h"

struct key_cache;

enum {
    MF_KEYS_LEAST_S = 60,
    MF_KEYS_MOST_S = 86400,
    MF_KEYS_UNSAID_S = 3600, /* when Cache-Control says nothing */
    MF_KEYS_FILE_S = 300,    /* keys in a file: a replaced one is noticed without a restart */
};

struct key_life { /* what an answer's Cache-Control says */
    bool said;
    unsigned max_age_s; /* 0 also for no-store and no-cache */
};

/* How documents are fetched. A test gives its own. */
struct key_fetch {
    /* GET of url with status 200, at most answer_max bytes, no redirect; ca_file may be null.
     * Called on the fetching threads, by several at a time. */
    bool (*get)(void *state, const char *url, const char *ca_file, size_t answer_max,
                struct buf *body, struct key_life *life, struct err *err);
    void *state; /* borrowed */
};

/* Who is told of keys that were fetched and cannot be used: a token by one of them is refused as
 * one by an unknown key, and only this says why. */
struct key_report {
    /* Once for each fetch that left any out; why is the first one's. Called on the fetching threads
     * and in mf_key_cache_new. Null: nobody is told. */
    void (*left_out)(void *state, const char *issuer, size_t count, const char *why);
    void *state; /* borrowed */
};

struct key_cache_params {
    const struct issuer_list *issuers; /* borrowed, must outlive the cache */
    struct clock clock;                /* its monotonic time ages keys */
    struct key_fetch fetch;
    struct key_report report;
    unsigned waiters_max; /* callers waiting at a time */
    unsigned wait_ms;     /* longest wait of one */
};

/* Reads the key files (MF_ERR_FORMAT, MF_ERR_NOT_FOUND ... name the file) and starts the threads;
 * asks nobody yet. */
MF_MUST_USE bool mf_key_cache_new(const struct key_cache_params *params, struct key_cache **out,
                                  struct err *err);
/* No call may be running; a fetch under way is waited for. */
void mf_key_cache_free(struct key_cache **cache);

/* Asks every issuer whose keys are not there yet, without waiting: a server that has just started
 * then has them before the first burst of tokens comes. */
void mf_key_cache_warm(struct key_cache *cache);

struct held_keys; /* one share of an issuer's set */

struct held_key {
    const struct jwk *jwk;   /* valid until the share is given back */
    struct held_keys *share; /* for mf_key_cache_release */
};

/* The key a token names (kid null: none), waiting for a fetch where one is due.
 * Reasons: KEY_UNKNOWN; ISSUER_UNAVAILABLE with MF_ERR_UNAVAILABLE. */
MF_MUST_USE bool mf_key_cache_get(struct key_cache *cache, const struct issuer *issuer,
                                  const char *kid, struct held_key *out, struct refusal *why);
/* Gives the share back; accepts an empty one. */
void mf_key_cache_release(struct key_cache *cache, struct held_key *key);

#endif
