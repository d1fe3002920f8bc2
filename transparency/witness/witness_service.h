/* Witness service: requests, the workers that serve them, and the logs' turns.
 *
 * Workers parse and verify as many requests at a time as there are workers. What depends on a log's
 * last checkpoint is done in that log's turn: one request after another, by whichever worker holds
 * the turn, so that no log waits for another's disk writes or requests. */
#ifndef MF_TRANSPARENCY_WITNESS_WITNESS_SERVICE_H
#define MF_TRANSPARENCY_WITNESS_WITNESS_SERVICE_H

#include "common/base/queue.h"
#include "transparency/witness/cosigning.h"

struct witness_service {
    struct witness witness;
    const struct witness_config *config; /* borrowed */
    struct crypto *crypto;               /* of the thread that starts it */
    struct http_server *http;
    struct queue *queue; /* of struct witness_task, for the workers */
    struct witness_worker *workers;
    size_t worker_count;
};

/* Opens the witness, starts the server and the workers. The configuration must outlive it. On
 * failure nothing is left. */
MF_MUST_USE bool mf_witness_service_start(const struct witness_config *config, struct clock clock,
                                          struct witness_service *out, struct err *err);
/* Answers what waits, and ends everything. */
void mf_witness_service_stop(struct witness_service *service);

/* Hands an add-checkpoint to the workers, or refuses it. On an I/O thread. */
void mf_witness_service_take(struct witness_service *service, struct http_request *request);

#endif
