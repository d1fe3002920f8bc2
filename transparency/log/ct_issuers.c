#include "transparency/log/ct_issuers.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/buf.h"

enum { SLOTS = 64 }; /* a later chain takes the place of an earlier one of the same slot */

struct slot {
    uint8_t key[32];
    struct issuer_chain chain; /* root null: free */
};

struct ct_issuers {
    pthread_mutex_t lock; /* guards the slots */
    struct slot slots[SLOTS];
};

bool mf_ct_issuers_new(struct ct_issuers **out, struct err *err)
{
    struct ct_issuers *issuers = mf_array_new(1, sizeof *issuers);

    if (issuers == NULL || pthread_mutex_init(&issuers->lock, NULL) != 0) {
        free(issuers);
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for known issuers");
    }
    *out = issuers;
    return true;
}

void mf_ct_issuers_free(struct ct_issuers **issuers)
{
    if (*issuers == NULL)
        return;
    pthread_mutex_destroy(&(*issuers)->lock);
    free(*issuers);
    *issuers = NULL;
}

bool mf_ct_issuers_find(struct ct_issuers *issuers, const uint8_t key[static 32],
                        struct issuer_chain *out)
{
    const struct slot *slot = &issuers->slots[key[0] % SLOTS];

    pthread_mutex_lock(&issuers->lock);
    bool found = slot->chain.root != NULL && memcmp(slot->key, key, sizeof slot->key) == 0;
    if (found)
        *out = slot->chain;
    pthread_mutex_unlock(&issuers->lock);
    return found;
}

void mf_ct_issuers_remember(struct ct_issuers *issuers, const uint8_t key[static 32],
                            const struct issuer_chain *chain)
{
    struct slot *slot = &issuers->slots[key[0] % SLOTS];

    pthread_mutex_lock(&issuers->lock);
    memcpy(slot->key, key, sizeof slot->key);
    slot->chain = *chain;
    pthread_mutex_unlock(&issuers->lock);
}
