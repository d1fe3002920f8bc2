/* Connections: each one's bytes pass our scanner before the HTTP library parses them. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/net/http_server_parts.h"
#include "common/net/http_status.h"

/* Nothing has been promised to the client when no earlier answer is outstanding: then it is told.
 */
static void refuse(struct connection *k)
{
    char answer[512];
    char body[256];
    unsigned status = k->scan.refused;
    int body_n = snprintf(body, sizeof body, "{\"code\":%u,\"message\":\"%s\",\"details\":[]}",
                          mf_grpc_code_of(status), k->scan.reason);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                     "Connection: close\r\n\r\n%s",
                     status, mf_http_reason(status), body_n, body);
    bool quiet = k->answered == k->scan.finished &&
                 evbuffer_get_length(bufferevent_get_output(k->bev)) == 0;

    if (quiet && n > 0 && (size_t)n < sizeof answer)
        (void)send(k->fd, answer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(k->fd, SHUT_RDWR);
}

static void arm_deadline(struct connection *k)
{
    unsigned ms = k->thread->server->params.request_deadline_ms;
    const struct timeval after = {.tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000};

    evtimer_add(k->deadline, &after);
}

static void scan_piece(struct connection *k, struct span bytes)
{
    uint64_t finished = k->scan.finished;
    bool was_in_request = k->scan.in_request;

    if (!mf_head_scan_feed(&k->scan, bytes)) {
        evtimer_del(k->deadline);
        refuse(k);
        return;
    }
    if (!k->scan.in_request)
        evtimer_del(k->deadline);
    else if (!was_in_request || k->scan.finished != finished)
        arm_deadline(k);
}

/* Runs when bytes arrive, before the library's own read callback. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *change, void *arg)
{
    struct connection *k = arg;
    struct evbuffer_ptr from;
    struct evbuffer_iovec pieces[8];

    if (change->n_added == 0)
        return;
    if (k->scan.state == MF_HEAD_REFUSED) {
        evbuffer_drain(input, evbuffer_get_length(input));
        return;
    }
    k->fd = bufferevent_getfd(k->bev);
    if (evbuffer_ptr_set(input, &from, change->orig_size, EVBUFFER_PTR_SET) != 0)
        return;
    size_t left = change->n_added;
    while (left > 0 && k->scan.state != MF_HEAD_REFUSED) {
        int n = evbuffer_peek(input, (ev_ssize_t)left, &from, pieces, (int)MF_LEN(pieces));
        size_t seen = 0;
        for (int i = 0; i < n && i < (int)MF_LEN(pieces) && seen < left; i++) {
            size_t take = pieces[i].iov_len < left - seen ? pieces[i].iov_len : left - seen;
            scan_piece(k, (struct span){pieces[i].iov_base, take});
            seen += take;
            if (k->scan.state == MF_HEAD_REFUSED)
                break;
        }
        if (seen == 0)
            break;
        left -= seen;
        if (left > 0 && evbuffer_ptr_set(input, &from, seen, EVBUFFER_PTR_ADD) != 0)
            break;
    }
    if (k->scan.state == MF_HEAD_REFUSED)
        evbuffer_drain(input, evbuffer_get_length(input));
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct connection *k = arg;

    (void)fd;
    (void)what;
    shutdown(bufferevent_getfd(k->bev), SHUT_RDWR);
}

static void forget(struct connection *k)
{
    struct io_thread *t = k->thread;

    if (k->slot != MF_NO_SLOT)
        mf_slot_drop(t, k->slot);
    if (k->fd >= 0 && (size_t)k->fd < t->connection_cap && t->connections[k->fd] == k)
        t->connections[k->fd] = NULL;
    event_free(k->deadline);
    free(k);
    if (t->connection_count-- == t->connection_max && !t->stopping)
        evconnlistener_enable(t->listener);
}

static void on_close(struct evhttp_connection *evcon, void *arg)
{
    (void)evcon;
    forget(arg);
}

static bool remember(struct io_thread *t, struct connection *k)
{
    size_t need = (size_t)k->fd + 1;

    if (need > t->connection_cap) {
        size_t cap = need < 256 ? 256 : need * 2;
        struct connection **grown = realloc(t->connections, cap * sizeof(struct connection *));
        if (grown == NULL)
            return false;
        memset(grown + t->connection_cap, 0,
               (cap - t->connection_cap) * sizeof(struct connection *));
        t->connections = grown;
        t->connection_cap = cap;
    }
    t->connections[k->fd] = k;
    return true;
}

/* Runs right after the library has made its connection around our bufferevent, before any of its
 * events. The library (2.1) has no call for "a connection was made"; it does give each bufferevent
 * its connection as the callbacks' argument, and tells us of the end of a connection once we have
 * that. */
static void tie(evutil_socket_t fd, short what, void *arg)
{
    struct connection *k = arg;
    struct io_thread *t = k->thread;
    bufferevent_data_cb on_read = NULL;
    void *evcon = NULL;

    (void)fd;
    (void)what;
    bufferevent_getcb(k->bev, &on_read, NULL, NULL, &evcon);
    if (++t->connection_count >= t->connection_max)
        evconnlistener_disable(t->listener);
    k->fd = bufferevent_getfd(k->bev);
    evhttp_connection_set_closecb(evcon, on_close, k);
    if (k->fd < 0 || !remember(t, k))
        evhttp_connection_free(evcon); /* calls on_close */
}

struct bufferevent *mf_connection_new(struct event_base *base, void *thread)
{
    struct io_thread *t = thread;
    struct connection *k = calloc(1, sizeof *k);
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (k != NULL)
        *k = (struct connection){.thread = t, .bev = bev, .slot = MF_NO_SLOT, .fd = -1};
    if (k != NULL && bev != NULL && (k->deadline = evtimer_new(base, on_deadline, k)) != NULL) {
        mf_head_scan_init(&k->scan, t->server->params.head_max, t->server->params.body_max);
        evbuffer_add_cb(bufferevent_get_input(bev), on_input, k);
        if (event_base_once(base, -1, EV_TIMEOUT, tie, k, NULL) == 0)
            return bev;
        event_free(k->deadline);
    }
    /* No memory: an unread, unscanned connection must not be served. */
    if (bev != NULL)
        bufferevent_free(bev);
    free(k);
    return NULL;
}

struct connection *mf_connection_of(struct io_thread *t, struct evhttp_request *ev)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(ev);
    int fd = evcon == NULL ? -1 : bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));

    return fd >= 0 && (size_t)fd < t->connection_cap ? t->connections[fd] : NULL;
}
