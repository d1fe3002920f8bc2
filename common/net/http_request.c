/* Requests and answers: from the library's to ours, at once or later. */
#include <stdlib.h>

#include "common/net/http_server_parts.h"
#include "common/net/http_status.h"

static const char *method_name(const struct evhttp_request *ev)
{
    switch (evhttp_request_get_command(ev)) {
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
    case EVHTTP_REQ_TRACE:
        return "TRACE";
    case EVHTTP_REQ_CONNECT:
        return "CONNECT";
    case EVHTTP_REQ_PATCH:
        return "PATCH";
    }
    return "OTHER";
}

const char *mf_http_method(const struct http_request *r)
{
    return method_name(r->ev);
}

struct span mf_http_path(const struct http_request *r)
{
    return r->path;
}

struct span mf_http_query(const struct http_request *r)
{
    return r->query;
}

struct span mf_http_header(const struct http_request *r, const char *name)
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(r->ev), name);
    return value == NULL ? (struct span){0} : mf_span_str(value);
}

struct span mf_http_body(const struct http_request *r)
{
    size_t n = evbuffer_get_length(r->input);
    return n == 0 ? (struct span){0} : (struct span){evbuffer_pullup(r->input, -1), n};
}

const char *mf_http_peer(const struct http_request *r)
{
    struct evhttp_connection *evcon = evhttp_request_get_connection(r->ev);
    char *address = NULL;
    uint16_t port = 0;

    if (evcon == NULL)
        return "";
    evhttp_connection_get_peer(evcon, &address, &port);
    return address != NULL ? address : "";
}

void mf_request_handle(struct evhttp_request *ev, void *thread)
{
    struct io_thread *t = thread;
    struct span uri = mf_span_str(evhttp_request_get_uri(ev));
    size_t mark = mf_span_find(uri, '?');
    struct http_request r = {
        .ev = ev,
        .thread = t,
        .connection = mf_connection_of(t, ev),
        .path = mf_span_first(uri, mark),
        .query = mark < uri.n ? mf_span_from(uri, mark + 1) : (struct span){0},
        .input = evhttp_request_get_input_buffer(ev),
    };

    if (r.connection == NULL) { /* its socket went while the library was still parsing */
        evhttp_send_error(ev, 503, NULL);
        return;
    }
    r.connection->answered++;
    t->server->params.handler.on_request(&r, t->server->params.handler.state);
    if (!r.done)
        mf_http_reply_status(&r, 500, MF_SPAN("the request was not answered"));
}

static void free_body(const void *data, size_t n, void *extra)
{
    (void)data;
    (void)n;
    free(extra);
}

void mf_request_send(struct evhttp_request *ev, struct http_reply *reply, bool close)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(ev);
    struct evbuffer *body = evhttp_request_get_output_buffer(ev);

    if (reply->content_type != NULL)
        evhttp_add_header(headers, "Content-Type", reply->content_type);
    for (size_t i = 0; i < MF_HTTP_REPLY_HEADERS_MAX && reply->headers[i].name != NULL; i++)
        evhttp_add_header(headers, reply->headers[i].name, reply->headers[i].value);
    if (reply->retry_after[0] != '\0')
        evhttp_add_header(headers, "Retry-After", reply->retry_after);
    if (reply->close || close)
        evhttp_add_header(headers, "Connection", "close");
    if (reply->body.n > 0 &&
        evbuffer_add_reference(body, reply->body.p, reply->body.n, free_body, reply->body.p) == 0)
        reply->body = (struct buf){0}; /* the library frees it when it is sent */
    mf_buf_done(&reply->body);
    evhttp_send_reply(ev, (int)reply->status, mf_http_reason(reply->status), NULL);
}

void mf_http_reply(struct http_request *r, struct http_reply *reply)
{
    if (r->done)
        return;
    r->done = true;
    mf_request_send(r->ev, reply, r->thread->stopping);
}

void mf_http_status_reply(struct http_reply *out, unsigned status, struct span message)
{
    struct err err = {0};

    *out = (struct http_reply){.status = status, .content_type = "application/json"};
    out->body.max = message.n * 6 + 128;
    if (!mf_buf_printf(&out->body, &err, "{\"code\":%u,\"message\":\"", mf_grpc_code_of(status)))
        return;
    for (size_t i = 0; i < message.n; i++) {
        uint8_t b = message.p[i];
        bool plain = b >= 0x20 && b != '"' && b != '\\' && b < 0x7F;
        bool ok = plain ? mf_buf_append_byte(&out->body, b, &err)
                        : mf_buf_printf(&out->body, &err, "\\u%04x", b);
        if (!ok)
            break;
    }
    (void)!mf_buf_append_str(&out->body, "\",\"details\":[]}", &err);
}

void mf_http_reply_status(struct http_request *r, unsigned status, struct span message)
{
    struct http_reply reply;

    mf_http_status_reply(&reply, status, message);
    mf_http_reply(r, &reply);
}

static bool grow_slots(struct io_thread *t)
{
    size_t cap = t->slot_count == 0 ? 64 : t->slot_count * 2;
    struct slot *grown = realloc(t->slots, cap * sizeof *grown);

    if (grown == NULL)
        return false;
    t->slots = grown;
    for (size_t i = t->slot_count; i < cap; i++)
        t->slots[i] = (struct slot){.next_free = i + 1 < cap ? (uint32_t)i + 1 : MF_NO_SLOT};
    t->free_slot = (uint32_t)t->slot_count;
    t->slot_count = cap;
    return true;
}

struct http_ticket mf_http_defer(struct http_request *r)
{
    struct io_thread *t = r->thread;

    r->done = true;
    if (t->free_slot == MF_NO_SLOT && !grow_slots(t)) {
        evhttp_send_error(r->ev, 503, NULL);
        return (struct http_ticket){.thread = t->index, .id = UINT64_MAX};
    }
    uint32_t at = t->free_slot;
    struct slot *slot = &t->slots[at];
    t->free_slot = slot->next_free;
    slot->ev = r->ev;
    slot->connection = r->connection;
    r->connection->slot = at;
    t->deferred++;
    return (struct http_ticket){.thread = t->index, .id = (uint64_t)slot->generation << 32 | at};
}

static void release_slot(struct io_thread *t, uint32_t at)
{
    struct slot *slot = &t->slots[at];

    slot->ev = NULL;
    slot->connection = NULL;
    slot->generation++;
    slot->next_free = t->free_slot;
    t->free_slot = at;
    t->deferred--;
}

/* The client has gone: an answer that comes later finds another generation. */
void mf_slot_drop(struct io_thread *t, uint32_t slot)
{
    release_slot(t, slot);
}

void mf_slot_answer(struct io_thread *t, struct http_answer_to *answer)
{
    uint32_t at = (uint32_t)answer->ticket.id;
    uint32_t generation = (uint32_t)(answer->ticket.id >> 32);

    if (at >= t->slot_count || t->slots[at].ev == NULL || t->slots[at].generation != generation) {
        mf_buf_done(&answer->reply.body);
        return;
    }
    struct evhttp_request *ev = t->slots[at].ev;
    t->slots[at].connection->slot = MF_NO_SLOT;
    release_slot(t, at);
    mf_request_send(ev, &answer->reply, t->stopping);
}
