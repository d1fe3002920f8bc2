/* Queue: owned messages between threads, bounded. A full queue refuses: that is how load is shed.
 */
#ifndef MF_COMMON_BASE_QUEUE_H
#define MF_COMMON_BASE_QUEUE_H

#include "common/base/err.h"
#include "common/base/scope.h"

struct queue;

/* A queue of pointers; cap 1 .. 1,000,000. */
MF_MUST_USE bool mf_queue_new(size_t cap, struct queue **out, struct err *err);
/* Hands item on; ownership moves on success. False when full or closed: the caller keeps it.
 * Any thread, at the same time as any other call but free. */
MF_MUST_USE bool mf_queue_push(struct queue *q, void *item);
/* Waits for at least one item, then takes up to max in order; returns how many.
 * 0 means closed and drained: the consumer ends. Several consumers may wait. */
size_t mf_queue_pop(struct queue *q, void **items, size_t max);
/* No more pushes; waiting consumers drain what is left and then get 0. */
void mf_queue_close(struct queue *q);
/* The queue must be closed and drained, or its items are the caller's loss. Accepts null. */
void mf_queue_free(struct queue **q);

#endif
