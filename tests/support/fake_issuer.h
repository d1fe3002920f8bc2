/* An issuer that a test holds in its hand: documents served through struct key_fetch, a clock that
 * the test moves, and a count of what was asked. */
#ifndef MF_TESTS_SUPPORT_FAKE_ISSUER_H
#define MF_TESTS_SUPPORT_FAKE_ISSUER_H

#include <pthread.h>
#include <stdatomic.h>

#include "ca-stub/identity/key_cache.h"

struct fake_issuer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf jwks;      /* what the keys' address gives now */
    struct key_life life; /* with it */
    bool broken;          /* answer with an error */
    bool held;            /* do not answer until let go */
    unsigned asked;       /* fetches begun, of any document */
    unsigned asked_keys;  /* of the keys */
    char last_url[256];
    atomic_uint_fast64_t now_ns;
};

void fake_issuer_init(struct fake_issuer *fake);
void fake_issuer_done(struct fake_issuer *fake);
struct key_fetch fake_issuer_fetch(struct fake_issuer *fake);
struct clock fake_issuer_clock(struct fake_issuer *fake);
void fake_issuer_publish(struct fake_issuer *fake, const char *jwks);
void fake_issuer_set(struct fake_issuer *fake, bool broken, bool held);
void fake_issuer_advance(struct fake_issuer *fake, unsigned s);
unsigned fake_issuer_asked(struct fake_issuer *fake);
/* Waits until so many fetches of keys have begun. */
void fake_issuer_wait_asked(struct fake_issuer *fake, unsigned count);
/* The same of any document: a broken issuer is not asked for keys. */
void fake_issuer_wait_asked_any(struct fake_issuer *fake, unsigned count);

#endif
