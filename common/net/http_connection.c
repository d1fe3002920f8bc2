#include "common/net/http_connection.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

enum {
    LINGER_MS = 1000,       /* for a refused client to read why */
    READ_AHEAD = 64 * 1024, /* bytes of pipelined requests buffered beside one whole request */
};

static struct timeval from_ms(unsigned ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

/* A list instead of a heap for timers of one length: constant cost however many idle. */
static void common_timer(struct event_base *base, unsigned ms, struct timeval *out)
{
    struct timeval tv = from_ms(ms > 0 ? ms : 1);
    const struct timeval *common = event_base_init_common_timeout(base, &tv);

    *out = common != NULL ? *common : tv;
}

void mf_connection_stop_timer(struct http_request *r)
{
    if (r->timer_on)
        event_del(r->timer);
    r->timer_on = false;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct http_request *r = arg;

    (void)fd;
    (void)what;
    r->timer_on = false;
    evhttp_connection_free(r->evcon);
}

/* Without memory for a timer the connection is given up: no request is without its deadline. */
void mf_connection_start_timer(struct http_request *r, const struct timeval *after)
{
    mf_connection_stop_timer(r);
    if (r->timer == NULL)
        r->timer = evtimer_new(r->set->base, on_timer, r);
    if (r->timer == NULL || evtimer_add(r->timer, after) != 0) {
        shutdown(r->fd, SHUT_RDWR);
        return;
    }
    r->timer_on = true;
}

static void forget(struct http_request *r)
{
    struct http_connections *set = r->set;

    if (r->timer != NULL)
        event_free(r->timer);
    if (r->pace != NULL)
        event_free(r->pace);
    free(r);
    set->open--;
    set->closed(set->state);
}

static void on_close(struct evhttp_connection *evcon, void *arg)
{
    struct http_request *r = arg;
    struct http_slot *slot = &r->set->slots[r->fd];

    (void)evcon;
    mf_intake_closed(r);
    slot->connection = NULL;
    slot->generation++;
    evbuffer_remove_cb_entry(bufferevent_get_input(r->bev), r->tap);
    /* evhttp lets go of a request that was never answered, and nobody else will free it. */
    if (r->req != NULL && evhttp_request_get_connection(r->req) == NULL)
        evhttp_request_free(r->req);
    forget(r);
}

static bool make_slot(struct http_connections *set, int fd)
{
    size_t need = (size_t)fd + 1;

    if (need <= set->slot_count)
        return true;
    size_t count = set->slot_count < 64 ? 64 : set->slot_count;
    while (count < need)
        count *= 2;
    struct http_slot *slots = mf_array_new(count, sizeof *slots);
    if (slots == NULL)
        return false;
    if (set->slot_count > 0)
        memcpy(slots, set->slots, set->slot_count * sizeof *slots);
    free(set->slots);
    set->slots = slots;
    set->slot_count = count;
    return true;
}

/* evhttp has no call that tells a new connection, but its bufferevent knows it. */
static void adopt(struct http_request *r)
{
    bufferevent_data_cb read_cb = NULL;
    bufferevent_data_cb write_cb = NULL;
    bufferevent_event_cb event_cb = NULL;
    void *evcon = NULL;
    struct bufferevent *bev = r->bev;

    bufferevent_getcb(bev, &read_cb, &write_cb, &event_cb, &evcon);
    r->fd = bufferevent_getfd(bev);
    if (event_cb == NULL || evcon == NULL || r->fd < 0) { /* given up by evhttp already */
        evbuffer_remove_cb_entry(bufferevent_get_input(bev), r->tap);
        forget(r);
    } else if (!make_slot(r->set, r->fd)) {
        evbuffer_remove_cb_entry(bufferevent_get_input(bev), r->tap);
        forget(r);
        evhttp_connection_free(evcon);
    } else {
        r->evcon = evcon;
        r->set->slots[r->fd].connection = r;
        evhttp_connection_set_closecb(r->evcon, on_close, r);
        bufferevent_set_timeouts(bev, &r->set->idle, &r->set->stall);
    }
    bufferevent_decref(bev);
}

/* Runs in the same turn of the loop as the accept, so before anything else of these connections. */
static void on_adopt(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *set = arg;

    (void)fd;
    (void)what;
    while (set->fresh != NULL) {
        struct http_request *r = set->fresh;
        set->fresh = r->next_fresh;
        adopt(r);
    }
}

/* Reads on, as far as one whole request and a little more. */
static void read_on(struct http_request *r)
{
    const struct http_server_params *params = r->set->params;

    bufferevent_setwatermark(r->bev, EV_READ, 0, params->head_max + params->body_max + READ_AHEAD);
    r->held = false;
}

void mf_connection_hold(struct http_request *r)
{
    r->held = r->handled < r->scan.requests;
    if (r->held)
        bufferevent_setwatermark(r->bev, EV_READ, 0, 1);
}

struct bufferevent *mf_connections_accept(struct event_base *base, void *arg)
{
    struct http_connections *set = arg;
    const struct http_server_params *params = set->params;
    struct http_request *r = calloc(1, sizeof *r);
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    /* evhttp then makes one of its own, whose requests are cut: they went past no scanner. */
    if (r == NULL || bev == NULL) {
        free(r);
        if (bev != NULL)
            bufferevent_free(bev);
        return NULL;
    }
    *r = (struct http_request){.set = set, .bev = bev, .fd = -1, .next_fresh = set->fresh};
    mf_head_scan_init(&r->scan, params->head_max, params->body_max);
    r->tap = evbuffer_add_cb(bufferevent_get_input(bev), mf_intake_came, r);
    if (r->tap == NULL) {
        free(r);
        bufferevent_free(bev);
        return NULL;
    }
    read_on(r);
    bufferevent_incref(bev); /* until adopted */
    set->fresh = r;
    set->open++;
    set->opened(set->state);
    event_active(set->adopt, EV_TIMEOUT, 0);
    return bev;
}

static void on_complete(struct evhttp_request *req, void *arg)
{
    struct http_request *r = arg;

    (void)req;
    r->req = NULL;
    r->exchange = MF_EXCHANGE_NONE;
    mf_intake_finished(r);
    if (!mf_head_scan_is_between(&r->scan) && !r->refused)
        mf_connection_start_timer(r, &r->set->deadline);
}

/* Our scanner and evhttp must have seen the same request, or one of them was fooled. */
static struct http_request *match(struct http_connections *set, struct evhttp_request *req)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(req);
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(evcon));
    struct http_request *r = fd >= 0 && (size_t)fd < set->slot_count ? set->slots[fd].connection
                                                                     : NULL;

    if (r == NULL || r->evcon != evcon || r->refused || r->req != NULL ||
        r->handled >= r->scan.requests)
        return NULL;
    if (r->handled + 1 == r->scan.requests &&
        evbuffer_get_length(evhttp_request_get_input_buffer(req)) != r->scan.last_body)
        return NULL;
    return r;
}

void mf_connections_request(struct evhttp_request *req, void *arg)
{
    struct http_connections *set = arg;
    struct http_request *r = match(set, req);

    if (r == NULL) {
        evhttp_connection_free(evhttp_request_get_connection(req));
        return;
    }
    mf_connection_stop_timer(r);
    r->handled++;
    if (r->held && r->handled == r->scan.requests)
        read_on(r);
    r->req = req;
    r->exchange = MF_EXCHANGE_HANDLER;
    set->slots[r->fd].generation++;
    evhttp_request_set_on_complete_cb(req, on_complete, r);
    set->params->handler.on_request(r, set->params->handler.state);
    if (r->exchange == MF_EXCHANGE_HANDLER)
        mf_http_reply_status(r, 500, MF_SPAN("request was not answered"));
    if (r->exchange == MF_EXCHANGE_DEFERRED) {
        struct evbuffer *body = evhttp_request_get_input_buffer(req);
        evbuffer_drain(body, evbuffer_get_length(body));
    }
}

struct http_request *mf_connections_find(struct http_connections *set, struct http_ticket ticket)
{
    size_t fd = ticket.id & UINT32_MAX;

    if (fd >= set->slot_count || set->slots[fd].generation != ticket.id >> 32)
        return NULL;
    struct http_request *r = set->slots[fd].connection;
    return r != NULL && r->exchange == MF_EXCHANGE_DEFERRED ? r : NULL;
}

void mf_connections_stop(struct http_connections *set)
{
    set->stopping = true;
    for (size_t i = 0; i < set->slot_count; i++) {
        struct http_request *r = set->slots[i].connection;
        if (r != NULL && r->req == NULL && r->handled == r->scan.requests &&
            mf_head_scan_is_between(&r->scan))
            evhttp_connection_free(r->evcon);
    }
}

bool mf_connections_init(struct http_connections *set, struct err *err)
{
    set->adopt = event_new(set->base, -1, 0, on_adopt, set);
    if (set->adopt == NULL || !mf_intake_init(set))
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for an event");
    common_timer(set->base, set->params->idle_ms, &set->idle);
    common_timer(set->base, set->params->request_deadline_ms, &set->deadline);
    common_timer(set->base, set->params->request_deadline_ms, &set->stall);
    common_timer(set->base, LINGER_MS, &set->linger);
    common_timer(set->base, set->params->request_deadline_ms / MF_INTAKE_PACES, &set->pace);
    return true;
}

void mf_connections_done(struct http_connections *set)
{
    if (set->adopt != NULL)
        event_free(set->adopt);
    set->adopt = NULL;
    mf_intake_done(set);
    free(set->slots);
    set->slots = NULL;
    set->slot_count = 0;
}
