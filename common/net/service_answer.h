/* Service answer: what an HTTP status means to who asked, and why it was no success. */
#ifndef MF_COMMON_NET_SERVICE_ANSWER_H
#define MF_COMMON_NET_SERVICE_ANSWER_H

#include "common/net/http_client.h"

struct secret;

/* True for 2xx. 4xx that may not be retried (see retry.h) is MF_ERR_DENIED, all else
 * MF_ERR_UNAVAILABLE: "answered STATUS: MESSAGE (REASON): DETAIL", as far as gRPC's status in JSON
 * has them, or else with the first line of the body. Who answered is for the caller to put in
 * front.
 *
 * sent is the secret that the call showed, or null. A text that has a part of it, or what may be a
 * token, is withheld: services quote what they refuse, and errors end up in logs. */
MF_MUST_USE bool mf_service_answer_check(const struct http_answer *answer,
                                         const struct secret *sent, struct err *err);

#endif
