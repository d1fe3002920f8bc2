/* A key cache over an issuer that a test holds in its hand, with one set of fixtures for its
 * suites: two issuers, https://a.example and https://b.example, which publish the key "a". */
#ifndef MF_TESTS_SUPPORT_CACHE_FIXTURE_H
#define MF_TESTS_SUPPORT_CACHE_FIXTURE_H

#include "tests/support/fake_issuer.h"

struct cache_fixture {
    struct fake_issuer fake;
    struct issuer_list issuers;
    struct key_cache *cache;
    char first[600], second[600]; /* sets with the keys "a" and "b" */
    struct { /* what the cache has reported, written by its threads while a test waits */
        unsigned calls;
        size_t count;
        char issuer[64], why[320];
    } reported;
};

extern struct cache_fixture cache_fixture;

/* Unchecked: makes the keys once. */
void cache_fixture_make(void);
void cache_fixture_drop(void);
/* Checked: a cache in which two callers may wait for 5 s. */
void cache_fixture_set_up(void);
void cache_fixture_tear_down(void);

/* In place of what set_up made, after mf_key_cache_free and mf_issuers_done. */
void cache_fixture_issuers(const char *json);
bool cache_fixture_start(unsigned waiters_max, unsigned wait_ms, struct err *err);

/* Asks for a key and gives it back: the reason of the refusal, "" for a key that was found. */
const char *cache_fixture_ask(size_t issuer, const char *kid);

#endif
