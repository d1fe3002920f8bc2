/* Answers of the signing services: what a status other than success means to the caller. */
#ifndef MF_CLIENT_SIGN_SERVICE_ANSWER_H
#define MF_CLIENT_SIGN_SERVICE_ANSWER_H

#include "common/net/http_client.h"

/* True for 200 and 201. 408, 425, 429 and 5xx are MF_ERR_UNAVAILABLE, other statuses MF_ERR_DENIED;
 * both with the service's own message, and its machine-readable reason where it gives one. */
MF_MUST_USE bool mf_service_answer_check(const struct http_answer *answer, struct err *err);

#endif
