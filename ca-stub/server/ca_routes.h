/* Which path goes where. Source: Fulcio fulcio.proto, fulcio_legacy.proto; grpc-gateway errors. */
#ifndef MF_CA_STUB_SERVER_CA_ROUTES_H
#define MF_CA_STUB_SERVER_CA_ROUTES_H

#include <stdatomic.h>

#include "ca-stub/server/signing_cert_api.h"
#include "ca-stub/server/timestamp_api.h"
#include "ca-stub/server/trust_bundle_api.h"

struct ca_routes { /* borrowed; set before the server starts, but for ready */
    struct signing_cert_pool *issuing;
    struct timestamp_pool *timestamps;
    struct trust_bundle *trust;
    struct audit_log *audit;
    atomic_bool ready; /* set once the pools know the server; until then the answer is 503 */
};

/* An http_handler's on_request; state is a struct ca_routes. */
void mf_ca_routes_handle(struct http_request *request, void *state);

#endif
