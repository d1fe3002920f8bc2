/* HTTP client on libcurl's multi interface: deadlines, response caps, no redirects, Retry-After.
 *
 * A struct http_client belongs to one thread at a time and keeps its connections open. */
#ifndef MF_COMMON_NET_HTTP_CLIENT_H
#define MF_COMMON_NET_HTTP_CLIENT_H

#include "common/base/buf.h"
#include "common/base/secret.h"

struct http_client;

struct http_client_params {
    const char *user_agent;
    const char *ca_file;   /* PEM of trust for TLS beside the system's folder, or null */
    bool allow_plain_http; /* also to other hosts than loopback */
    unsigned connect_ms;   /* 0 gives 5,000 */
    uint64_t budget_ms;    /* from mf_http_client_new on, no call takes longer; 0 for no such end */
};

/* Loads libcurl now: for a server, before it shuts itself off from files. Otherwise the first
 * client that is made does. MF_ERR_SYSTEM where libcurl is missing. */
MF_MUST_USE bool mf_http_client_prepare(struct err *err);
MF_MUST_USE bool mf_http_client_new(const struct http_client_params *params,
                                    struct http_client **out, struct err *err);
void mf_http_client_free(struct http_client **client);

struct http_call {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *content_type; /* or null */
    const char *accept;       /* or null */
    struct span body;
    const struct secret *bearer; /* sent as Authorization: Bearer; or null. Never logged or
                                    redirected; the answer's body is then a secret buf */
    size_t answer_max;           /* bytes of body accepted; more is MF_ERR_UNAVAILABLE */
    unsigned attempt_ms;         /* one attempt; 0: as long as the call */
    unsigned total_ms;           /* with all tries and waits; 0 gives 60,000 */
    unsigned tries; /* 1 for no retry. Retried: connect, TLS and reset faults, 408, 425, 429,
                       5xx but 501; waits with full jitter 0.5 s .. 30 s, or Retry-After */
};

struct http_answer {
    unsigned status;
    struct buf body;
    char content_type[128];
    unsigned retry_after_s;
    unsigned max_age_s; /* Cache-Control: max-age; 0 when absent or with no-store or no-cache */
    bool max_age_said;  /* false when it is 0 because it is absent */
};

/* Proxies are taken from the environment as curl does, but never for loopback hosts. An answer of
 * any status is success here, after its retries also one that asks to come back; no answer at all
 * is MF_ERR_UNAVAILABLE, with the URL, without its query, as its place. A bad URL, or plain http to
 * a host that is not loopback, is MF_ERR_USAGE; a ca_file that cannot be read is MF_ERR_TRUST. */
MF_MUST_USE bool mf_http_call(struct http_client *client, const struct http_call *call,
                              struct http_answer *out, struct err *err);
/* All at once; results[i].ok and .err per call. */
struct http_result {
    bool ok;
    struct http_answer answer;
    struct err err;
};
void mf_http_call_all(struct http_client *client, const struct http_call *calls, size_t count,
                      struct http_result *results);
void mf_http_answer_done(struct http_answer *answer);

#endif
