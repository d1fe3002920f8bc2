/* What both submissions share: the URL of an endpoint, and what an HTTP status means. */
#ifndef MF_TRANSPARENCY_SUBMIT_SUBMIT_ANSWER_H
#define MF_TRANSPARENCY_SUBMIT_SUBMIT_ANSWER_H

#include "common/net/http_client.h"

enum { MF_SUBMIT_BASE_URL_MAX = 2048 }; /* bytes */

/* Joins base_url (no trailing slash) and path into url of cap bytes; else MF_ERR_USAGE. */
MF_MUST_USE bool mf_submit_answer_url(const char *base_url, const char *path, char *url, size_t cap,
                                      struct err *err);
/* True for 2xx. 4xx but 408, 425 and 429 is MF_ERR_DENIED with the server's message; all else
 * MF_ERR_UNAVAILABLE. */
MF_MUST_USE bool mf_submit_answer_is_good(const struct http_answer *answer, struct err *err);

#endif
