/* Bytes of connections on their way in: scanned, counted, refused. Declared in http_connection.h.
 *
 * Of what a connection has sent and is not done with, MF_INTAKE_FREE bytes are its own: that is
 * what requests have as a rule, and they meet no other thread here. What is beyond is taken from
 * the server's quota as it comes: what is merely announced costs its sender nothing, so it is only
 * looked at whether it would fit.
 *
 * Who has sent much and then stops would keep it from the others until the deadline. So in every
 * quarter of the deadline a connection must bring its quarter of what is held for it. Whatever
 * comes evenly and in time does: after the time t of a deadline d, at the rate v, v * t is held and
 * v * d / 4 came, which is v * t / 4 or more. A share per address would be no remedy: behind a
 * proxy there is one address, and of IPv6 everybody has many. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/net/body_quota.h"
#include "common/net/http_connection.h"
#include "common/net/http_status.h"

enum {
    LINGER_MAX = 256 * 1024, /* bytes read from a refused client while it may read why */
    PEEK = 4,                /* extents looked at in one go */
    TRIM_AFTER_S = 1,
};

size_t mf_intake_total(const struct http_server_params *params)
{
    size_t request_max = params->head_max + params->body_max;
    size_t total = params->body_total_max > 0 ? params->body_total_max
                                              : MF_HTTP_BODY_TOTAL_DEFAULT / params->servers;

    return total > request_max ? total : request_max;
}

static bool send_refusal(struct http_request *r, unsigned status, const char *why)
{
    char body[200];
    char text[600];

    /* Reasons are our own literals; the quotes in one are what JSON must escape. */
    char reason[120] = "";
    for (size_t i = 0, n = 0; why[i] != '\0' && n < sizeof reason - 3; i++) {
        if (why[i] == '"')
            reason[n++] = '\\';
        reason[n++] = why[i];
    }
    int body_n = snprintf(body, sizeof body, "{\"code\":%u,\"message\":\"%s\",\"details\":[]}",
                          mf_grpc_code_of(status), reason);
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n%sConnection: close\r\n\r\n%s",
                     status, mf_http_reason(status), mf_exchange_date(r->set), body_n,
                     status == 503 ? "Retry-After: 1\r\n" : "", body);
    assert(n > 0 && (size_t)n < sizeof text);
    return send(r->fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n;
}

/* Not even a FIN to wait for: this client was told and did not stop. */
static void cut_hard(struct http_request *r)
{
    struct linger none = {.l_onoff = 1};

    setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    shutdown(r->fd, SHUT_RDWR);
}

/* Says why where no earlier answer is outstanding, then closes; else cuts the connection. */
static void refuse(struct http_request *r, unsigned status, const char *why)
{
    bool is_free = r->req == NULL && r->handled == r->scan.requests &&
                   evbuffer_get_length(bufferevent_get_output(r->bev)) == 0;

    r->refused = true;
    if (!is_free || !send_refusal(r, status, why)) {
        shutdown(r->fd, SHUT_RDWR);
        return;
    }
    /* Closing now would reset the connection under bytes still coming, and lose the answer. */
    shutdown(r->fd, SHUT_WR);
    mf_connection_start_timer(r, &r->set->linger);
}

static void give_back(struct http_connections *set, size_t n)
{
    const struct timeval soon = {.tv_sec = TRIM_AFTER_S};

    if (n > 0 && mf_body_quota_give(set->quota, n))
        (void)evtimer_add(set->trim, &soon); /* one that runs already starts again */
}

static void on_trim(evutil_socket_t fd, short what, void *arg)
{
    struct http_connections *set = arg;

    (void)fd;
    (void)what;
    (void)mf_body_quota_trim(set->quota);
}

/* Sets how many bytes the connection is not done with. False when the quota does not have them. */
static bool count(struct http_request *r, size_t unfinished)
{
    size_t owed = unfinished > MF_INTAKE_FREE ? unfinished - MF_INTAKE_FREE : 0;

    r->unfinished = unfinished;
    if (owed > r->charged && !mf_body_quota_take(r->set->quota, owed - r->charged))
        return false;
    if (owed < r->charged)
        give_back(r->set, r->charged - owed);
    r->charged = owed;
    return true;
}

/* What was announced before and has come since is not asked about again: it was let in. */
static bool fits(struct http_request *r)
{
    uint64_t coming = mf_head_scan_coming(&r->scan);
    bool is_more = coming > r->coming;

    r->coming = coming;
    return !is_more || coming + r->unfinished <= MF_INTAKE_FREE ||
           mf_body_quota_fits(r->set->quota, coming);
}

static void on_pace(evutil_socket_t fd, short what, void *arg);

static void start_pace(struct http_request *r)
{
    if (r->charged == 0 || r->req != NULL || r->refused)
        return;
    if (r->pace == NULL)
        r->pace = evtimer_new(r->set->base, on_pace, r);
    if (r->pace != NULL && evtimer_pending(r->pace, NULL))
        return;
    r->paced = 0;
    if (r->pace == NULL || evtimer_add(r->pace, &r->set->pace) != 0)
        shutdown(r->fd, SHUT_RDWR);
}

static void scan_added(struct http_request *r, struct evbuffer *input, size_t added)
{
    size_t at = evbuffer_get_length(input) - added;

    while (added > 0) {
        struct evbuffer_iovec parts[PEEK];
        struct evbuffer_ptr from;
        if (evbuffer_ptr_set(input, &from, at, EVBUFFER_PTR_SET) != 0)
            break;
        int n = evbuffer_peek(input, (ev_ssize_t)added, &from, parts, PEEK);
        for (int i = 0; i < n && i < PEEK && added > 0; i++) {
            size_t len = parts[i].iov_len < added ? parts[i].iov_len : added;
            if (!mf_head_scan_feed(&r->scan, (struct span){parts[i].iov_base, len}))
                return;
            at += len;
            added -= len;
        }
    }
}

/* Forgets what has come. evhttp may have taken some of it before: what that is stays counted until
 * the connection ends. */
static void drop(struct http_request *r)
{
    struct evbuffer *input = bufferevent_get_input(r->bev);
    size_t n = evbuffer_get_length(input);

    evbuffer_drain(input, n);
    (void)count(r, r->unfinished > n ? r->unfinished - n : 0); /* less always fits */
}

static void on_pace(evutil_socket_t fd, short what, void *arg)
{
    struct http_request *r = arg;

    (void)fd;
    (void)what;
    if (r->charged > 0 && r->req == NULL && !r->refused &&
        r->paced < r->unfinished / MF_INTAKE_PACES) {
        refuse(r, 408, "the body of the request has stopped coming");
        drop(r);
    }
    start_pace(r);
}

void mf_intake_came(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_request *r = arg;

    if (info->n_added == 0)
        return;
    if (!r->refused) {
        bool has_room = count(r, r->unfinished + info->n_added);
        scan_added(r, input, info->n_added);
        if (r->scan.status != 0)
            refuse(r, r->scan.status, r->scan.reason);
        else if (!has_room || !fits(r))
            refuse(r, 503, "too many bytes of requests are waiting");
    } else if ((r->drained += info->n_added) > LINGER_MAX) {
        cut_hard(r);
    }
    if (r->refused) {
        drop(r);
        return;
    }
    r->paced += info->n_added;
    start_pace(r);
    if (mf_head_scan_is_between(&r->scan))
        mf_connection_stop_timer(r);
    else if (!r->timer_on && r->req == NULL)
        mf_connection_start_timer(r, &r->set->deadline);
}

void mf_intake_finished(struct http_request *r)
{
    (void)count(r, evbuffer_get_length(bufferevent_get_input(r->bev)));
    start_pace(r);
}

void mf_intake_closed(struct http_request *r)
{
    give_back(r->set, r->charged);
    r->charged = 0;
}

bool mf_intake_init(struct http_connections *set)
{
    set->trim = evtimer_new(set->base, on_trim, set);
    return set->trim != NULL;
}

void mf_intake_done(struct http_connections *set)
{
    if (set->trim != NULL)
        event_free(set->trim);
    set->trim = NULL;
}
