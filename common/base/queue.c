#include "common/base/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/buf.h"

enum { CAP_MAX = 1000000 };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    void **ring;
    size_t cap;
    size_t head; /* index of the oldest */
    size_t n;
    size_t waiting; /* consumers asleep: no wake-up call is made when there is none */
    bool closed;
};

bool mf_queue_new(size_t cap, struct queue **out, struct err *err)
{
    if (cap == 0 || cap > CAP_MAX)
        return mf_err_set(err, MF_ERR_INTERNAL, "queue of %zu items", cap);
    struct queue *q = mf_array_new(1, sizeof *q);
    void **ring = mf_array_new(cap, sizeof *ring);
    if (q == NULL || ring == NULL) {
        free(q);
        free(ring);
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a queue of %zu items", cap);
    }
    *q = (struct queue){.ring = ring, .cap = cap};
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, NULL);
    *out = q;
    return true;
}

bool mf_queue_push(struct queue *q, void *item)
{
    pthread_mutex_lock(&q->lock);
    bool fits = !q->closed && q->n < q->cap;
    bool wake = false;
    if (fits) {
        q->ring[(q->head + q->n) % q->cap] = item;
        q->n++;
        wake = q->waiting > 0;
    }
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->filled);
    return fits;
}

size_t mf_queue_pop(struct queue *q, void **items, size_t max)
{
    size_t taken = 0;

    pthread_mutex_lock(&q->lock);
    while (q->n == 0 && !q->closed) {
        q->waiting++;
        pthread_cond_wait(&q->filled, &q->lock);
        q->waiting--;
    }
    while (taken < max && q->n > 0) {
        items[taken++] = q->ring[q->head];
        q->head = (q->head + 1) % q->cap;
        q->n--;
    }
    bool more = q->n > 0 && q->waiting > 0;
    pthread_mutex_unlock(&q->lock);
    if (more)
        pthread_cond_signal(&q->filled);
    return taken;
}

void mf_queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_broadcast(&q->filled);
}

void mf_queue_free(struct queue **q)
{
    if (*q == NULL)
        return;
    pthread_cond_destroy(&(*q)->filled);
    pthread_mutex_destroy(&(*q)->lock);
    free((*q)->ring);
    free(*q);
    *q = NULL;
}
