/* One request for a certificate, from its bytes to its answer; runs on a worker thread. */
#ifndef MF_CA_STUB_SERVER_SIGNING_CERT_WORK_H
#define MF_CA_STUB_SERVER_SIGNING_CERT_WORK_H

#include <stdatomic.h>

#include "ca-stub/server/signing_cert_api.h"

struct signing_cert_worker; /* one thread's crypto and connection to the CT log */

/* params must outlive the worker. */
MF_MUST_USE bool mf_signing_cert_worker_new(const struct signing_cert_params *params,
                                            struct signing_cert_worker **out, struct err *err);
void mf_signing_cert_worker_free(struct signing_cert_worker **worker);

struct signing_cert_input { /* borrowed */
    enum signing_cert_api api;
    const char *remote;
    struct span header_token; /* used when the body has no credentials */
    struct span body;
    uint64_t began_ns;                          /* monotonic, when the request came */
    const atomic_uint_fast64_t *begin_until_ns; /* likewise; from then on nothing is begun */
};
/* Always sets *reply. */
void mf_signing_cert_work(struct signing_cert_worker *worker,
                          const struct signing_cert_input *input, struct http_reply *reply);
/* The answer when too many wait. */
void mf_signing_cert_busy(struct http_reply *reply);

#endif
