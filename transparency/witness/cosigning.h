/* Cosigning: the logs of a witness, and the one way to a cosignature: verified, judged, signed,
 * remembered, and only then given away. */
#ifndef MF_TRANSPARENCY_WITNESS_COSIGNING_H
#define MF_TRANSPARENCY_WITNESS_COSIGNING_H

#include <pthread.h>

#include "common/keys/signer_client.h"
#include "common/net/http_server.h"
#include "common/run/trouble.h"
#include "transparency/witness/witness_config.h"
#include "transparency/witness/witness_state.h"

struct witness_task { /* one add-checkpoint; owned by who holds it */
    struct http_ticket ticket;
    struct buf body;
    struct add_checkpoint request; /* borrows from body */
    struct checkpoint checkpoint;  /* likewise */
    struct witness_task *next;     /* in the line for a log's turn */
};

struct witness_log {
    const struct witnessed_log *whom; /* borrowed */
    struct trouble refusals, failures;
    pthread_mutex_t lock; /* guards what follows; never held over I/O */
    bool in_turn;
    struct witness_task *first, **end; /* waiting for the turn */
    size_t waiting;
    bool has_fork;                /* used by who has the turn */
    struct witness_memory memory; /* changed by who has the turn only */
};

struct witness {
    struct witness_dir dir;
    struct signer *signer;
    struct clock clock;
    struct witness_log *logs;
    size_t log_count;
};

/* Opens the folder, starts the signer, and tells it what was cosigned so far. The configuration's
 * logs must outlive it. On failure *out is to be given to _close all the same. */
MF_MUST_USE bool mf_witness_open(struct crypto *c, const struct witness_config *config,
                                 struct clock clock, struct witness *out, struct err *err);
void mf_witness_close(struct witness *witness);

/* Parses the body, finds the log, verifies the log's signature. Any thread. Codes as in
 * add_checkpoint.h, and MF_ERR_NOT_FOUND for an unknown log. */
MF_MUST_USE bool mf_witness_receive(struct witness *witness, struct crypto *c,
                                    struct witness_task *task, struct witness_log **out,
                                    struct err *err);
/* Appends the line of the witness's cosignature. By one thread at a time for each log. Codes as in
 * add_checkpoint.h; MF_ERR_UNAVAILABLE for a log that is not cosigned any more, since its state was
 * found to be an old one; others when the witness itself failed. */
MF_MUST_USE bool mf_witness_cosign(struct witness *witness, struct crypto *c,
                                   struct witness_log *log, const struct witness_task *task,
                                   struct buf *line, struct err *err);
/* A copy of the last cosigned checkpoint of the log with this hash of its origin, in hex.
 * MF_ERR_NOT_FOUND. Any thread. */
MF_MUST_USE bool mf_witness_last(struct witness *witness, struct span hex, struct buf *out,
                                 struct err *err);

#endif
