/* Service failure: an error of a signing service's says which service, where, and what to do. */
#ifndef MF_CLIENT_SIGN_SERVICE_FAILURE_H
#define MF_CLIENT_SIGN_SERVICE_FAILURE_H

#include "common/base/err.h"

enum signing_service { MF_SERVICE_CA, MF_SERVICE_TSA, MF_SERVICE_LOG };

/* Puts the service's name in front of a set error, and behind it what its caller can do. */
void mf_service_failed(enum signing_service service, struct err *err);
/* The same for what it answered, which does not name its URL yet. */
void mf_service_failed_at(enum signing_service service, const char *url, struct err *err);

#endif
