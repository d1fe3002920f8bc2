/* POST /api/v2/signingCert and /api/v1/signingCert: worker threads that turn a token and a key into
 * a certificate. The I/O threads only hand requests over; crypto and waiting are the workers'. */
#ifndef MF_CA_STUB_SERVER_SIGNING_CERT_API_H
#define MF_CA_STUB_SERVER_SIGNING_CERT_API_H

#include "ca-stub/certificate/issuance.h"
#include "ca-stub/server/signing_cert_request.h"
#include "common/net/http_server.h"

struct clock_guard;
struct signing_cert_pool;

enum { MF_ISSUE_WORKERS_MAX = 64, MF_ISSUE_QUEUE_MAX = 1024 };

struct signing_cert_params { /* all borrowed */
    struct issuer_ca ca;
    struct token_gate *gate;
    struct clock_guard *guard;
    unsigned workers; /* 1 .. MF_ISSUE_WORKERS_MAX; each waits for audit and CT log */
};

MF_MUST_USE bool mf_signing_cert_pool_new(const struct signing_cert_params *params,
                                          struct signing_cert_pool **out, struct err *err);
/* Where the answers go; before the first request is handled. */
void mf_signing_cert_pool_serve(struct signing_cert_pool *pool, struct http_server *server);
/* On an I/O thread: defers the request, or answers 503 when too many wait. */
void mf_signing_cert_pool_handle(struct signing_cert_pool *pool, enum signing_cert_api api,
                                 struct http_request *request);
/* Answers what waits, joins the workers. No request may come any more. */
void mf_signing_cert_pool_free(struct signing_cert_pool **pool);

#endif
