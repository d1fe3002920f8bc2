/* Connections of one I/O thread: the scanner in front of evhttp, refusals, timers, tickets.
 *
 * Inside the room only; everything here is touched by its own thread alone. evhttp handles one
 * request of a connection at a time, so a connection and the request in its hand are one object:
 * the public struct http_request. */
#ifndef MF_COMMON_NET_HTTP_CONNECTION_H
#define MF_COMMON_NET_HTTP_CONNECTION_H

#include <sys/time.h>

#include "common/net/head_scan.h"
#include "common/net/http_server.h"

struct body_quota;
struct bufferevent;
struct evbuffer;
struct evbuffer_cb_entry;
struct evbuffer_cb_info;
struct event;
struct event_base;
struct evhttp_connection;
struct evhttp_request;

enum { MF_INTAKE_FREE = 8 * 1024 }; /* bytes of a connection that the quota does not count */

struct http_slot { /* at the index of its file descriptor */
    struct http_request *connection;
    uint32_t generation; /* grows with each request, so that an old ticket fits nothing */
};

struct http_connections {
    struct event_base *base;                 /* borrowed */
    const struct http_server_params *params; /* borrowed */
    struct body_quota *quota;                /* of the server; borrowed */
    uint32_t thread;
    void (*opened)(void *state); /* called once each; for counting */
    void (*closed)(void *state);
    void *state;
    /* private to the room from here on */
    bool stopping; /* answers say Connection: close */
    size_t open;
    struct http_slot *slots;
    size_t slot_count;
    struct http_request *fresh; /* accepted in this turn of the loop, not yet adopted */
    struct event *adopt;
    struct event *trim; /* gives memory back after a flood */
    struct timeval idle, stall, deadline, linger, pace;
    int64_t date_s; /* second that date is for */
    char date[32];
};

enum exchange { MF_EXCHANGE_NONE, MF_EXCHANGE_HANDLER, MF_EXCHANGE_DEFERRED, MF_EXCHANGE_ANSWERED };

struct http_request {
    struct http_connections *set;
    struct bufferevent *bev;
    struct evbuffer_cb_entry *tap;   /* where the scanner sees the bytes */
    struct evhttp_connection *evcon; /* null until adopted */
    struct evhttp_request *req;      /* the request in hand, or null */
    struct event *timer;             /* null until first needed */
    struct http_request *next_fresh;
    uint64_t handled;   /* requests handed to the handler so far */
    size_t drained;     /* bytes thrown away since the refusal */
    size_t unfinished;  /* bytes that came and belong to requests without an answer */
    size_t charged;     /* bytes of them taken from the quota */
    uint64_t coming;    /* bytes that were announced and had not come when last looked at */
    struct event *pace; /* runs while bytes are charged; null until first needed */
    size_t paced;       /* bytes that came since it began */
    int fd;
    enum exchange exchange;
    bool timer_on;
    bool refused;
    bool held; /* not reading */
    struct head_scan scan;
};

MF_MUST_USE bool mf_connections_init(struct http_connections *set, struct err *err);
/* After every connection is closed. */
void mf_connections_done(struct http_connections *set);
/* For evhttp_set_bevcb and evhttp_set_gencb; arg is the set. */
struct bufferevent *mf_connections_accept(struct event_base *base, void *arg);
void mf_connections_request(struct evhttp_request *req, void *arg);
/* The deferred request of this ticket, or null when it is gone or was answered. */
struct http_request *mf_connections_find(struct http_connections *set, struct http_ticket ticket);
/* While whole requests wait in the buffer nothing more is read: the end of the stream would make
 * evhttp forget them. */
void mf_connection_hold(struct http_request *r);
void mf_connection_start_timer(struct http_request *r, const struct timeval *after);
void mf_connection_stop_timer(struct http_request *r);
/* Closes what is idle and lets answers close the others. */
void mf_connections_stop(struct http_connections *set);

enum { MF_INTAKE_PACES = 4 }; /* in a request's deadline */

/* http_intake.c. Runs when bytes have come in, before evhttp sees them; arg is the connection. */
void mf_intake_came(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg);
/* How many bytes of requests such a server may hold. */
size_t mf_intake_total(const struct http_server_params *params);
/* The request in hand is answered. */
void mf_intake_finished(struct http_request *r);
/* The connection ends. That of a deferred request does not before its ticket is answered, as evhttp
 * reads nothing from it meanwhile: so what its handler has copied stays counted. */
void mf_intake_closed(struct http_request *r);
MF_MUST_USE bool mf_intake_init(struct http_connections *set);
void mf_intake_done(struct http_connections *set);

/* http_exchange.c: writes the reply of the request in hand; consumes its body. */
void mf_exchange_write(struct http_request *r, struct http_reply *reply);
/* "Tue, 24 Nov 2026 15:26:46 GMT" of now, cached for the second; no time zone code runs. */
const char *mf_exchange_date(struct http_connections *set);

#endif
