/* Sending entries to a Rekor v2 log, ours or another's. Source: rekor-tiles CLIENTS.md. */
#ifndef MF_TRANSPARENCY_SUBMIT_LOG_SUBMIT_H
#define MF_TRANSPARENCY_SUBMIT_LOG_SUBMIT_H

#include "common/net/http_client.h"
#include "transparency/entry/hashedrekord.h"
#include "transparency/entry/tlog_entry.h"

enum { MF_LOG_SUBMIT_ANSWER_MAX = 1024 * 1024 }; /* bytes */

/* The pieces, for callers that send several calls at once (mf_http_call_all): fills in *call for
 * the log at base_url. url (>= MF_LOG_SUBMIT_URL_MAX) and body must outlive the call. */
enum { MF_LOG_SUBMIT_URL_MAX = 2048 + 32 };
MF_MUST_USE bool mf_log_submit_call(const char *base_url, const struct hashedrekord *entry,
                                    char url[static MF_LOG_SUBMIT_URL_MAX], struct buf *body,
                                    struct http_call *call, struct err *err);
/* Reads the answer: 2xx gives an entry with an inclusion proof and checkpoint, unverified. 4xx is
 * MF_ERR_DENIED with the server's message; 408, 429 and 5xx are MF_ERR_UNAVAILABLE, and so is a 2xx
 * answer that is no such entry. */
MF_MUST_USE bool mf_log_submit_answer(const struct http_answer *answer, struct tlog_entry *out,
                                      struct err *err);

/* Both in one, with the deadlines: attempt 30 s, all tries 90 s, 3 tries. base_url has no trailing
 * slash and becomes the place of an error. Verifying what comes back is the caller's. */
MF_MUST_USE bool mf_log_submit(struct http_client *client, const char *base_url,
                               const struct hashedrekord *entry, struct tlog_entry *out,
                               struct err *err);

#endif
