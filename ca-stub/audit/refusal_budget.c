#include "ca-stub/audit/refusal_budget.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/buf.h"

/* Tokens whose digests begin alike share a share. A digest cannot be chosen by who does not hold
 * the issuer's key, and a table of tokens would be one more thing to fill. */
enum { SHARES = 1024 };

struct rate {
    unsigned burst;
    uint64_t every_ns;
};

#define SECONDS UINT64_C(1000000000)
static const struct rate stranger_rate = {MF_REFUSAL_STRANGER_BURST,
                                          MF_REFUSAL_STRANGER_EVERY_S *SECONDS};
static const struct rate signed_rate = {MF_REFUSAL_SIGNED_BURST,
                                        MF_REFUSAL_SIGNED_EVERY_S *SECONDS};
static const struct rate token_rate = {MF_REFUSAL_TOKEN_BURST, MF_REFUSAL_TOKEN_EVERY_S *SECONDS};

struct bucket { /* all zero: nothing spent */
    unsigned spent;
    uint64_t since_ns; /* monotonic; up to when what was spent has been forgiven */
};

struct refusal_budget {
    struct clock clock;
    pthread_mutex_t lock; /* guards the rest */
    struct bucket strangers, holders;
    struct bucket tokens[SHARES];
    uint64_t left_out;
};

bool mf_refusal_budget_new(struct clock clock, struct refusal_budget **out, struct err *err)
{
    struct refusal_budget *budget = mf_array_new(1, sizeof *budget);

    if (budget == NULL || pthread_mutex_init(&budget->lock, NULL) != 0) {
        free(budget);
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the refusal budget");
    }
    budget->clock = clock;
    *out = budget;
    return true;
}

void mf_refusal_budget_free(struct refusal_budget **budget)
{
    if (*budget == NULL)
        return;
    pthread_mutex_destroy(&(*budget)->lock);
    free(*budget);
    *budget = NULL;
}

/* Whether anything is left in the bucket now. */
static bool has_left(struct bucket *bucket, const struct rate *rate, uint64_t now_ns)
{
    uint64_t more = (now_ns - bucket->since_ns) / rate->every_ns;

    if (more >= bucket->spent) {
        bucket->spent = 0;
        bucket->since_ns = now_ns;
    } else {
        bucket->spent -= (unsigned)more;
        bucket->since_ns += more * rate->every_ns;
    }
    return bucket->spent < rate->burst;
}

/* Called with the lock. */
static bool take(struct refusal_budget *budget, const uint8_t *token)
{
    uint64_t now_ns = mf_clock_monotonic_ns(&budget->clock);

    if (token == NULL) {
        if (!has_left(&budget->strangers, &stranger_rate, now_ns))
            return false;
        budget->strangers.spent++;
        return true;
    }
    struct bucket *share = &budget->tokens[(token[0] << 8 | token[1]) % SHARES];
    if (!has_left(share, &token_rate, now_ns) || !has_left(&budget->holders, &signed_rate, now_ns))
        return false;
    share->spent++;
    budget->holders.spent++;
    return true;
}

bool mf_refusal_budget_take(struct refusal_budget *budget, const uint8_t *token)
{
    pthread_mutex_lock(&budget->lock);
    bool ok = take(budget, token);
    if (!ok)
        budget->left_out++;
    pthread_mutex_unlock(&budget->lock);
    return ok;
}

uint64_t mf_refusal_budget_left_out(struct refusal_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    uint64_t count = budget->left_out;
    budget->left_out = 0;
    pthread_mutex_unlock(&budget->lock);
    return count;
}

void mf_refusal_budget_keep(struct refusal_budget *budget, uint64_t left_out)
{
    pthread_mutex_lock(&budget->lock);
    budget->left_out += left_out;
    pthread_mutex_unlock(&budget->lock);
}
