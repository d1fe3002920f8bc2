/* HTTP/1.1 server on libevent's evhttp, behind our own scanner of the raw request head.
 *
 * One listening socket without SO_REUSEPORT, shared by I/O threads that each own an event base and
 * their connections. A handler runs on an I/O thread and must not block: it answers at once, or
 * defers and lets another thread answer later. Hostile framing (NUL, folding, bare LF, doubled or
 * signed Content-Length, both framings, more than one Host) is refused before a handler runs; every
 * request has a total deadline from its first byte. Rules: RFC 9112; docs/design.
 *
 * Requests carry tokens: all memory that libevent used for one is wiped when libevent frees it. */
#ifndef MF_COMMON_NET_HTTP_SERVER_H
#define MF_COMMON_NET_HTTP_SERVER_H

#include "common/base/buf.h"

struct http_server;
struct http_request; /* lives until answered; only its own I/O thread may touch it */

/* Names a deferred request from any thread. Copy freely; answering one whose client has gone, or
 * answering twice, does nothing. */
struct http_ticket {
    uint32_t thread;
    uint64_t id;
};

struct http_header {
    const char *name;
    const char *value;
};
enum { MF_HTTP_REPLY_HEADERS_MAX = 6 };

struct http_reply {
    unsigned status;
    const char *content_type;                              /* a literal; null for none */
    struct buf body;                                       /* owned; the server takes it; a secret
                                                              one is wiped when it is sent */
    struct http_header headers[MF_HTTP_REPLY_HEADERS_MAX]; /* ends at a null name; texts are copied
                                                              by the call that answers; no line
                                                              ends inside */
    char retry_after[12];                                  /* "" for none; decimal seconds */
    bool close;
};

struct http_handler {
    void (*on_request)(struct http_request *request, void *state);
    void *state; /* borrowed; used by all I/O threads at once */
};

enum { /* where a parameter is 0 */
       MF_HTTP_HEAD_DEFAULT = 16 * 1024,
       MF_HTTP_WAIT_DEFAULT_MS = 30000,
       MF_HTTP_CONNECTIONS_DEFAULT = 10000,
       MF_HTTP_BODY_TOTAL_DEFAULT = 32 * 1024 * 1024, /* shared by the servers of the process */
};

struct http_server_params {
    const char *address;          /* "127.0.0.1", "::1"; with listen_fd >= 0 not used */
    uint16_t port;                /* 0 picks one: mf_http_server_port tells it */
    int listen_fd;                /* an inherited listening socket, or -1; stays the caller's */
    unsigned threads;             /* I/O threads, 1 .. 16 */
    size_t body_max;              /* bytes; more is 413 */
    size_t body_total_max;        /* bytes of requests held over all connections, a few KiB of each
                                     apart; more is 503. At least one whole request */
    size_t head_max;              /* bytes of request line and headers; more is 431 */
    unsigned request_deadline_ms; /* first byte to whole request; also how long a client may take
                                     no byte of its answer. In each quarter of it a large request
                                     must bring a quarter of what is held of it; else 408 */
    unsigned idle_ms;             /* keep-alive */
    unsigned connections_max; /* at it, accepting pauses; may be passed by threads - 1; at most this
                                 server's share of half the descriptors the process may have */
    unsigned servers;         /* of this process, which share what it may have; 0 is 1 */
    struct http_handler handler;
};

/* Binds and starts the threads. "address already in use" is MF_ERR_SYSTEM with the port named. */
MF_MUST_USE bool mf_http_server_start(const struct http_server_params *params,
                                      struct http_server **out, struct err *err);
uint16_t mf_http_server_port(const struct http_server *server);
/* Stops accepting, lets deferred answers go out for at most grace_ms, closes, joins the threads. */
void mf_http_server_stop(struct http_server *server, unsigned grace_ms);
void mf_http_server_free(struct http_server **server);

/* The request; spans are borrowed until it is answered. Paths hold only A-Z a-z 0-9 / . _ - ~ and
 * no "//" or ".." (others were answered 400). */
const char *mf_http_method(const struct http_request *r); /* "GET", "POST", "HEAD" ... */
struct span mf_http_path(const struct http_request *r);
struct span mf_http_query(const struct http_request *r); /* raw, without '?' */
/* First value of a header, empty span when absent; name in any case. */
struct span mf_http_header(const struct http_request *r, const char *name);
struct span mf_http_body(const struct http_request *r); /* contiguous; borrowed */
/* "192.0.2.1" of the peer. */
const char *mf_http_peer(const struct http_request *r);

/* Answers now, on the I/O thread; consumes reply->body. */
void mf_http_reply(struct http_request *r, struct http_reply *reply);
/* A JSON status body {"code":..,"message":..,"details":[]} as gRPC gateways write it. */
void mf_http_reply_status(struct http_request *r, unsigned status, struct span message);
/* Keeps the request open, as long as it takes: no deadline runs meanwhile. Body and path are no
 * longer readable after the handler returns. */
struct http_ticket mf_http_defer(struct http_request *r);
/* Answers deferred requests from any thread; replies of one I/O thread are woken once per call.
 * Consumes all bodies. */
struct http_answer_to {
    struct http_ticket ticket;
    struct http_reply reply;
};
void mf_http_answer(struct http_server *server, struct http_answer_to *answers, size_t count);
/* A JSON status reply for mf_http_answer. */
void mf_http_status_reply(struct http_reply *out, unsigned status, struct span message);

#endif
