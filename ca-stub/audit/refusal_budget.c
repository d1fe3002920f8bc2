#include "ca-stub/audit/refusal_budget.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/buf.h"

static const uint64_t every_ns = MF_REFUSAL_EVERY_S * UINT64_C(1000000000);

struct refusal_budget {
    struct clock clock;
    pthread_mutex_t lock;
    unsigned left;      /* records; under lock */
    uint64_t filled_ns; /* monotonic; up to when it has been filled; under lock */
    uint64_t left_out;  /* under lock */
};

bool mf_refusal_budget_new(struct clock clock, struct refusal_budget **out, struct err *err)
{
    struct refusal_budget *budget = mf_array_new(1, sizeof *budget);

    if (budget == NULL || pthread_mutex_init(&budget->lock, NULL) != 0) {
        free(budget);
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the refusal budget");
    }
    budget->clock = clock;
    budget->left = MF_REFUSAL_BURST;
    budget->filled_ns = mf_clock_monotonic_ns(&clock);
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

/* Called with the lock. */
static void fill(struct refusal_budget *budget)
{
    uint64_t now_ns = mf_clock_monotonic_ns(&budget->clock);
    uint64_t more = (now_ns - budget->filled_ns) / every_ns;

    budget->filled_ns += more * every_ns;
    budget->left = more >= MF_REFUSAL_BURST - budget->left ? MF_REFUSAL_BURST
                                                           : budget->left + (unsigned)more;
}

static uint64_t count_out(struct refusal_budget *budget)
{
    uint64_t count = budget->left_out;

    budget->left_out = 0;
    return count;
}

bool mf_refusal_budget_take(struct refusal_budget *budget, uint64_t *left_out)
{
    pthread_mutex_lock(&budget->lock);
    fill(budget);
    bool ok = budget->left > 0;
    if (ok) {
        budget->left--;
        *left_out = count_out(budget);
    } else {
        budget->left_out++;
    }
    pthread_mutex_unlock(&budget->lock);
    return ok;
}

uint64_t mf_refusal_budget_left_out(struct refusal_budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    uint64_t count = count_out(budget);
    pthread_mutex_unlock(&budget->lock);
    return count;
}
