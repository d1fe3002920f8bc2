/* Requests as handlers see them, and their replies: declared in http_server.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "common/base/wipe.h"
#include "common/codec/json.h"
#include "common/codec/timestamp.h"
#include "common/net/http_connection.h"
#include "common/net/http_status.h"

enum {
    COPY_MAX = 1024, /* bytes of a body copied rather than referenced: cheaper up to about here */
    STATUS_BODY_MAX = 8 * 1024,
};

const char *mf_http_method(const struct http_request *r)
{
    switch (evhttp_request_get_command(r->req)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    case EVHTTP_REQ_OPTIONS:
        return "OPTIONS";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    case EVHTTP_REQ_TRACE:
    case EVHTTP_REQ_CONNECT:
        break;
    }
    return "";
}

static struct span target(const struct http_request *r)
{
    return mf_span_str(evhttp_request_get_uri(r->req));
}

struct span mf_http_path(const struct http_request *r)
{
    struct span t = target(r);

    return mf_span_first(t, mf_span_find(t, '?'));
}

struct span mf_http_query(const struct http_request *r)
{
    struct span t = target(r);
    size_t mark = mf_span_find(t, '?');

    return mf_span_from(t, mark < t.n ? mark + 1 : t.n);
}

struct span mf_http_header(const struct http_request *r, const char *name)
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(r->req), name);

    return value != NULL ? mf_span_str(value) : (struct span){0};
}

struct span mf_http_body(const struct http_request *r)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(r->req);
    size_t n = evbuffer_get_length(body);

    if (n == 0)
        return (struct span){0};
    const uint8_t *p = evbuffer_pullup(body, -1);
    return (struct span){p, p != NULL ? n : 0};
}

const char *mf_http_peer(const struct http_request *r)
{
    char *address = NULL;
    uint16_t port = 0;

    evhttp_connection_get_peer(r->evcon, &address, &port);
    return address != NULL ? address : "";
}

static void add_header(struct http_request *r, const char *name, const char *value)
{
    /* Refused are only values with line ends: a bug of the caller's, not sent. */
    if (evhttp_add_header(evhttp_request_get_output_headers(r->req), name, value) != 0)
        shutdown(r->fd, SHUT_RDWR);
}

const char *mf_exchange_date(struct http_connections *set)
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1 January 1970 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct timespec now = {0};
    char text[MF_RFC3339_MAX];

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec == set->date_s)
        return set->date;
    mf_rfc3339_write((struct instant){.s = now.tv_sec}, text); /* 2026-11-24T15:26:46Z */
    int month = (text[5] - '0') * 10 + (text[6] - '0') - 1;
    snprintf(set->date, sizeof set->date, "%.3s, %.2s %.3s %.4s %.8s GMT",
             days + now.tv_sec / 86400 % 7 * 3, text + 8, months + month * 3, text, text + 11);
    set->date_s = now.tv_sec;
    return set->date;
}

static void free_body(const void *data, size_t n, void *state)
{
    (void)data;
    (void)n;
    free(state);
}

static void free_secret_body(const void *data, size_t n, void *state)
{
    (void)data;
    (void)n;
    mf_wiping_free(state);
}

static void add_body(struct http_request *r, struct buf *body)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(r->req);

    if (body->n > COPY_MAX &&
        evbuffer_add_reference(out, body->p, body->n, body->secret ? free_secret_body : free_body,
                               body->p) == 0)
        *body = (struct buf){0}; /* moved */
    else if (body->n > 0 && evbuffer_add(out, body->p, body->n) != 0)
        shutdown(r->fd, SHUT_RDWR);
}

static void add_headers(struct http_request *r, const struct http_reply *reply)
{
    char length[24];

    add_header(r, "Date", mf_exchange_date(r->set));
    if (reply->content_type != NULL)
        add_header(r, "Content-Type", reply->content_type);
    if (reply->status != 204 && reply->status != 304) {
        snprintf(length, sizeof length, "%zu", reply->body.n);
        add_header(r, "Content-Length", length);
    }
    for (size_t i = 0; i < MF_HTTP_REPLY_HEADERS_MAX && reply->headers[i].name != NULL; i++)
        add_header(r, reply->headers[i].name, reply->headers[i].value);
    if (reply->retry_after[0] != '\0')
        add_header(r, "Retry-After", reply->retry_after);
    if (reply->close || r->set->stopping)
        add_header(r, "Connection", "close");
}

/* Most answers fit into the socket at once. While one does not, nothing more is read: a client that
 * does not read its answers cannot fill our memory, and one that has half-closed still gets all. */
static void flush(struct http_request *r)
{
    struct evbuffer *out = bufferevent_get_output(r->bev);

    evbuffer_unfreeze(out, 1);
    evbuffer_write(out, r->fd);
    evbuffer_freeze(out, 1);
    if (evbuffer_get_length(out) > 0)
        bufferevent_disable(r->bev, EV_READ);
}

void mf_exchange_write(struct http_request *r, struct http_reply *reply)
{
    bool has_body = evhttp_request_get_command(r->req) != EVHTTP_REQ_HEAD && reply->status != 204 &&
                    reply->status != 304;

    r->exchange = MF_EXCHANGE_ANSWERED;
    add_headers(r, reply);
    if (has_body)
        add_body(r, &reply->body);
    mf_buf_done(&reply->body);
    mf_connection_hold(r);
    evhttp_send_reply(r->req, (int)reply->status, mf_http_reason(reply->status), NULL);
    flush(r);
}

void mf_http_reply(struct http_request *r, struct http_reply *reply)
{
    assert(r->exchange == MF_EXCHANGE_HANDLER || r->exchange == MF_EXCHANGE_DEFERRED);
    mf_exchange_write(r, reply);
}

struct http_ticket mf_http_defer(struct http_request *r)
{
    assert(r->exchange == MF_EXCHANGE_HANDLER);
    r->exchange = MF_EXCHANGE_DEFERRED;
    return (struct http_ticket){
        .thread = r->set->thread,
        .id = (uint64_t)r->set->slots[r->fd].generation << 32 | (uint32_t)r->fd,
    };
}

static bool write_status(struct buf *body, unsigned status, struct span message)
{
    struct err err = {0};
    struct json_writer w = mf_json_writer(body, &err);

    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "code", mf_grpc_code_of(status));
    mf_json_member_put(&w, "message", message);
    mf_json_key(&w, "details");
    mf_json_begin_array(&w);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

void mf_http_status_reply(struct http_reply *out, unsigned status, struct span message)
{
    struct buf body = {.max = STATUS_BODY_MAX};

    if (!write_status(&body, status, message)) { /* too long, or not UTF-8 */
        mf_buf_reset(&body);
        if (!write_status(&body, status, mf_span_str(mf_http_reason(status))))
            mf_buf_reset(&body);
    }
    *out = (struct http_reply){.status = status, .content_type = "application/json", .body = body};
}

void mf_http_reply_status(struct http_request *r, unsigned status, struct span message)
{
    struct http_reply reply;

    mf_http_status_reply(&reply, status, message);
    mf_http_reply(r, &reply);
}
