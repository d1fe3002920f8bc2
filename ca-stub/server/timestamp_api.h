/* POST /api/v1/timestamp: threads of their own that answer what waits in batches, so that one round
 * trip to the signer serves many. Source: timestamp-authority openapi.yaml. */
#ifndef MF_CA_STUB_SERVER_TIMESTAMP_API_H
#define MF_CA_STUB_SERVER_TIMESTAMP_API_H

#include "ca-stub/timestamp/ts_clock.h"
#include "ca-stub/timestamp/ts_token.h"
#include "common/net/http_server.h"

struct timestamp_pool;

enum { MF_TIMESTAMP_WORKERS_MAX = 16, MF_TIMESTAMP_QUEUE_MAX = 8192 };

struct timestamp_params { /* all borrowed */
    const struct ts_issuer *issuer;
    struct ts_clock *clock;
    unsigned workers; /* 1 .. MF_TIMESTAMP_WORKERS_MAX */
};

MF_MUST_USE bool mf_timestamp_pool_new(const struct timestamp_params *params,
                                       struct timestamp_pool **out, struct err *err);
void mf_timestamp_pool_serve(struct timestamp_pool *pool, struct http_server *server);
/* On an I/O thread: reads the request and hands it on, or refuses it. */
void mf_timestamp_pool_handle(struct timestamp_pool *pool, struct http_request *request);
void mf_timestamp_pool_free(struct timestamp_pool **pool);

#endif
