/* From an error to its HTTP status: one table. */
#ifndef MF_COMMON_NET_HTTP_STATUS_H
#define MF_COMMON_NET_HTTP_STATUS_H

#include "common/base/err.h"

/* FORMAT, LIMIT and REJECTED 400, DENIED 403, NOT_FOUND 404, EXISTS 409, UNAVAILABLE 503, others
 * 500. */
unsigned mf_http_status_of(enum err_code code);
/* The code in gRPC status bodies: 400 gives 3, 403 gives 7, 404 gives 5, 409 gives 6, 429 gives 8,
 * 503 gives 14, 500 gives 13, 501 gives 12, 401 gives 16. */
unsigned mf_grpc_code_of(unsigned http_status);
const char *mf_http_reason(unsigned status);

#endif
