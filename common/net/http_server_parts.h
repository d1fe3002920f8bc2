/* What the files of the HTTP server share. Not for other rooms. */
#ifndef MF_COMMON_NET_HTTP_SERVER_PARTS_H
#define MF_COMMON_NET_HTTP_SERVER_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "common/net/head_scan.h"
#include "common/net/http_server.h"

struct io_thread;

struct connection { /* one accepted socket; owned by its thread */
    struct io_thread *thread;
    struct bufferevent *bev;
    struct event *deadline; /* total, from the first byte of a request */
    struct head_scan scan;
    uint64_t answered; /* requests that have begun to be handled */
    uint32_t slot;     /* of the deferred request, or MF_NO_SLOT */
    int fd;
};

#define MF_NO_SLOT UINT32_MAX

struct slot {                  /* a deferred request */
    struct evhttp_request *ev; /* null: free, or its client has gone */
    struct connection *connection;
    uint32_t generation;
    uint32_t next_free;
};

struct pending_answer {
    struct pending_answer *next;
    struct http_answer_to to;
};

struct io_thread {
    struct http_server *server;
    unsigned index;
    pthread_t id;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *wake;
    struct event *grace;
    int wake_fd;
    struct connection **connections; /* by descriptor */
    size_t connection_cap, connection_count, connection_max;
    struct slot *slots;
    size_t slot_count;
    uint32_t free_slot;
    size_t deferred; /* slots in use */
    bool stopping;
    pthread_mutex_t lock; /* guards the two below */
    struct pending_answer *first, **last;
};

struct http_server {
    struct http_server_params params;
    int fd;
    uint16_t port;
    atomic_bool stop;
    atomic_uint grace_ms;
    struct io_thread *threads;
    unsigned thread_count;
};

struct http_request {
    struct evhttp_request *ev;
    struct io_thread *thread;
    struct connection *connection;
    struct span path, query;
    struct evbuffer *input;
    bool done; /* answered or deferred */
};

/* http_connection.c */
struct bufferevent *mf_connection_new(struct event_base *base, void *thread);
struct connection *mf_connection_of(struct io_thread *thread, struct evhttp_request *ev);

/* http_request.c */
void mf_request_handle(struct evhttp_request *ev, void *thread);
void mf_request_send(struct evhttp_request *ev, struct http_reply *reply, bool close);
void mf_slot_answer(struct io_thread *thread, struct http_answer_to *answer);
void mf_slot_drop(struct io_thread *thread, uint32_t slot);

#endif
