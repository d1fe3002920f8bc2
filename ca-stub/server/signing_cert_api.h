/* POST /api/v2/signingCert and /api/v1/signingCert: worker threads that turn a token and a key into
 * a certificate. The I/O threads only hand requests over; crypto and waiting are the workers'. */
#ifndef MF_CA_STUB_SERVER_SIGNING_CERT_API_H
#define MF_CA_STUB_SERVER_SIGNING_CERT_API_H

#include "ca-stub/certificate/issuance.h"
#include "ca-stub/server/signing_cert_request.h"
#include "common/net/http_server.h"

struct clock_guard;
struct refusal_budget;
struct signing_cert_pool;
struct trouble;

enum { MF_ISSUE_WORKERS_MAX = 64, MF_ISSUE_QUEUE_MAX = 1024 };
/* From a request's arrival to the intent that is put on record: what comes later than that is
 * answered 503 and not begun. With the CT log's time behind it this is below the 30 s that clients
 * wait. */
enum { MF_ISSUE_DEADLINE_MS = 10000 };

struct signing_cert_params { /* all borrowed */
    struct issuer_ca ca;
    struct token_gate *gate;
    struct clock_guard *guard;
    struct refusal_budget *budget; /* of records of refusals */
    struct trouble *faults;        /* of lines on our own faults where no record is made */
    unsigned workers;              /* 1 .. MF_ISSUE_WORKERS_MAX; each waits for audit and CT log */
};

MF_MUST_USE bool mf_signing_cert_pool_new(const struct signing_cert_params *params,
                                          struct signing_cert_pool **out, struct err *err);
/* Where the answers go; before the first request is handled. */
void mf_signing_cert_pool_serve(struct signing_cert_pool *pool, struct http_server *server);
/* On an I/O thread: defers the request, or answers 503 when too many wait. */
void mf_signing_cert_pool_handle(struct signing_cert_pool *pool, enum signing_cert_api api,
                                 struct http_request *request);
/* From so many milliseconds on nothing is begun: what waits then is answered 503, and the workers
 * end what they have begun. Any thread. */
void mf_signing_cert_pool_end(struct signing_cert_pool *pool, unsigned in_ms);
/* The same at once, and joins the workers. No request may come any more. */
void mf_signing_cert_pool_free(struct signing_cert_pool **pool);

#endif
