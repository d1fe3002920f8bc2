#include "common/net/http_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "common/base/wipe.h"
#include "common/net/body_quota.h"
#include "common/net/http_connection.h"
#include "common/net/http_inbox.h"
#include "common/net/http_listen.h"

enum {
    THREADS_MAX = 16,
    ACCEPT_PAUSE_MS = 100, /* after accept failed, as without descriptors */
    EVHTTP_SLACK = 1024,   /* bytes by which evhttp's limits lie above ours, which speak first */
};

struct io_thread {
    struct http_server *server;
    pthread_t id;
    bool started;
    struct http_inbox *inbox;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener; /* owned by http */
    struct event *wake;
    struct event *grace;
    struct event *resume; /* accepting, after it failed */
    struct http_connections connections;
    atomic_bool paused; /* not accepting: too many connections */
};

struct http_server {
    struct http_server_params params;
    int listen_fd;
    bool own_socket; /* an inherited one may serve others: not shut down */
    uint16_t port;
    struct body_quota quota;
    atomic_uint connections;
    atomic_bool stop;
    unsigned grace_ms; /* written before stop */
    size_t thread_count;
    struct io_thread threads[THREADS_MAX];
};

/* libevent would write to stderr; what matters here reaches the caller as an error. */
static void drop_message(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

static void set_up_libevent(void)
{
    event_set_mem_functions(malloc, mf_wiping_realloc, mf_wiping_free); /* before all else */
    event_set_log_callback(drop_message);
}

/* Counting connections. A thread that sees too many stops accepting; who closes one wakes all. */
static void on_opened(void *state)
{
    struct io_thread *t = state;
    unsigned max = t->server->params.connections_max;

    if (atomic_fetch_add(&t->server->connections, 1) + 1 < max)
        return;
    evconnlistener_disable(t->listener);
    atomic_store(&t->paused, true);
    if (atomic_load(&t->server->connections) < max) /* one closed in between and saw no pause */
        mf_inbox_wake(t->inbox);
}

static void on_closed(void *state)
{
    struct io_thread *t = state;
    struct http_server *server = t->server;

    if (t->connections.stopping && t->connections.open == 0)
        event_base_loopbreak(t->base);
    if (atomic_fetch_sub(&server->connections, 1) > server->params.connections_max)
        return;
    for (size_t i = 0; i < server->thread_count; i++)
        if (atomic_load(&server->threads[i].paused))
            mf_inbox_wake(server->threads[i].inbox);
}

static void accept_again(evutil_socket_t fd, short what, void *arg)
{
    struct io_thread *t = arg;

    (void)fd;
    (void)what;
    if (!atomic_load(&t->paused))
        evconnlistener_enable(t->listener);
}

/* The listener's own state is evhttp, which knows nothing of us. */
static _Thread_local struct io_thread *this_thread;

/* Out of descriptors, mostly: without a pause the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *http)
{
    struct timeval pause = {.tv_usec = ACCEPT_PAUSE_MS * 1000};

    (void)http;
    evconnlistener_disable(listener);
    (void)evtimer_add(this_thread->resume, &pause);
}

static void on_grace_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static void begin_stop(struct io_thread *t)
{
    unsigned ms = t->server->grace_ms;
    struct timeval grace = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    evconnlistener_set_cb(t->listener, NULL, NULL); /* stays off, whoever enables it */
    evconnlistener_disable(t->listener);
    mf_connections_stop(&t->connections);
    if (t->connections.open == 0 || ms == 0 || evtimer_add(t->grace, &grace) != 0)
        event_base_loopbreak(t->base);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct io_thread *t = arg;
    struct parcel *parcels = NULL;
    size_t count = mf_inbox_take(t->inbox, &parcels);

    (void)fd;
    (void)what;
    if (atomic_load(&t->server->stop) && !t->connections.stopping)
        begin_stop(t); /* first: the answers then say that the connection closes */
    for (size_t i = 0; i < count; i++) {
        struct http_request *r = mf_connections_find(&t->connections, parcels[i].ticket);
        if (r != NULL)
            mf_exchange_write(r, &parcels[i].reply);
        mf_parcel_done(&parcels[i]);
    }
    if (atomic_load(&t->paused) &&
        atomic_load(&t->server->connections) < t->server->params.connections_max) {
        atomic_store(&t->paused, false);
        evconnlistener_enable(t->listener);
    }
}

static void close_thread(struct io_thread *t)
{
    mf_inbox_close(t->inbox);
    event_free(t->resume); /* both would wake the listener, which goes with evhttp */
    event_free(t->wake);
    evhttp_free(t->http);
    event_base_loop(t->base, EVLOOP_NONBLOCK); /* what evhttp freed is finished by the loop */
    event_free(t->grace);
    mf_connections_done(&t->connections);
    event_base_free(t->base);
}

static void *run_thread(void *arg)
{
    struct io_thread *t = arg;

    this_thread = t;
    event_base_dispatch(t->base);
    close_thread(t);
    return NULL;
}

static bool make_base(struct io_thread *t)
{
    struct event_config *config = event_config_new();

    if (config == NULL)
        return false;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    t->base = event_base_new_with_config(config);
    event_config_free(config);
    return t->base != NULL;
}

static bool make_http(struct io_thread *t)
{
    const struct http_server_params *params = &t->server->params;
    struct timeval idle = {.tv_sec = params->idle_ms / 1000 + 1};

    t->http = evhttp_new(t->base);
    if (t->http == NULL)
        return false;
    evhttp_set_max_headers_size(t->http, (ev_ssize_t)params->head_max + EVHTTP_SLACK);
    evhttp_set_max_body_size(t->http, (ev_ssize_t)params->body_max + EVHTTP_SLACK);
    evhttp_set_default_content_type(t->http, NULL);
    evhttp_set_timeout_tv(t->http, &idle);
    evhttp_set_allowed_methods(t->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                            EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_PATCH |
                                            EVHTTP_REQ_OPTIONS);
    evhttp_set_bevcb(t->http, mf_connections_accept, &t->connections);
    evhttp_set_gencb(t->http, mf_connections_request, &t->connections);
    t->listener = evconnlistener_new(t->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, 0,
                                     t->server->listen_fd);
    if (t->listener == NULL)
        return false;
    evconnlistener_set_error_cb(t->listener, on_accept_error);
    if (evhttp_bind_listener(t->http, t->listener) == NULL) {
        evconnlistener_free(t->listener);
        return false;
    }
    return true;
}

static bool make_thread(struct http_server *server, uint32_t index, struct err *err)
{
    struct io_thread *t = &server->threads[index];

    t->server = server;
    if (!mf_inbox_new(&t->inbox, err))
        return false;
    if (!make_base(t))
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot make an event loop");
    t->connections = (struct http_connections){
        .base = t->base,
        .params = &server->params,
        .quota = &server->quota,
        .thread = index,
        .opened = on_opened,
        .closed = on_closed,
        .state = t,
    };
    t->grace = evtimer_new(t->base, on_grace_over, t->base);
    t->resume = evtimer_new(t->base, accept_again, t);
    t->wake = event_new(t->base, mf_inbox_fd(t->inbox), EV_READ | EV_PERSIST, on_wake, t);
    if (t->grace == NULL || t->resume == NULL || t->wake == NULL || event_add(t->wake, NULL) != 0 ||
        !make_http(t))
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot make an HTTP server");
    return mf_connections_init(&t->connections, err);
}

/* A thread that never ran. */
static void unmake_thread(struct io_thread *t)
{
    if (t->resume != NULL)
        event_free(t->resume);
    if (t->http != NULL)
        evhttp_free(t->http);
    if (t->wake != NULL)
        event_free(t->wake);
    if (t->grace != NULL)
        event_free(t->grace);
    mf_connections_done(&t->connections);
    if (t->base != NULL)
        event_base_free(t->base);
}

/* Signals are for the thread that reads them from a descriptor; SIGPIPE is for nobody. */
static bool start_thread(struct io_thread *t, struct err *err)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&t->id, NULL, run_thread, t);
    t->started = errno == 0;
    if (!t->started)
        mf_err_sys(err, "cannot start a thread");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t->started;
}

static bool check_params(const struct http_server_params *p, struct err *err)
{
    if (p->threads < 1 || p->threads > THREADS_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "threads must be 1 to %d", THREADS_MAX);
    if (p->head_max > INT32_MAX / 4 || p->body_max > INT32_MAX / 4)
        return mf_err_set(err, MF_ERR_USAGE, "limits of a request are too large");
    return true;
}

static void set_params(struct http_server *server, const struct http_server_params *params)
{
    struct http_server_params *p = &server->params;

    *p = *params;
    if (p->head_max == 0)
        p->head_max = MF_HTTP_HEAD_DEFAULT;
    if (p->request_deadline_ms == 0)
        p->request_deadline_ms = MF_HTTP_WAIT_DEFAULT_MS;
    if (p->idle_ms == 0)
        p->idle_ms = MF_HTTP_WAIT_DEFAULT_MS;
    if (p->connections_max == 0)
        p->connections_max = MF_HTTP_CONNECTIONS_DEFAULT;
    if (p->servers == 0)
        p->servers = 1;
    p->connections_max = mf_connections_allowed(p->connections_max, p->servers);
    server->quota.max = mf_intake_total(p);
}

static bool start_all(struct http_server *server, struct err *err)
{
    for (uint32_t i = 0; i < server->params.threads; i++) {
        server->thread_count = i + 1;
        if (!make_thread(server, i, err))
            return false;
    }
    for (size_t i = 0; i < server->thread_count; i++)
        if (!start_thread(&server->threads[i], err))
            return false;
    return true;
}

bool mf_http_server_start(const struct http_server_params *params, struct http_server **out,
                          struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (!check_params(params, err))
        return false;
    pthread_once(&once, set_up_libevent);
    MF_SCOPED(mf_http_server_free)
    struct http_server *server = mf_array_new(1, sizeof *server);
    if (server == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a server");
    server->listen_fd = -1;
    set_params(server, params);
    server->own_socket = params->listen_fd < 0;
    if (server->own_socket ? !mf_listen_open(params->address, params->port, &server->listen_fd, err)
                           : !mf_listen_inherit(params->listen_fd, &server->listen_fd, err))
        return false;
    server->port = mf_listen_port(server->listen_fd);
    if (!start_all(server, err))
        return false;
    *out = MF_MOVE(server);
    return true;
}

uint16_t mf_http_server_port(const struct http_server *server)
{
    return server->port;
}

void mf_http_server_stop(struct http_server *server, unsigned grace_ms)
{
    server->grace_ms = grace_ms;
    atomic_store(&server->stop, true);
    for (size_t i = 0; i < server->thread_count; i++)
        if (server->threads[i].started)
            mf_inbox_wake(server->threads[i].inbox);
    if (server->own_socket && server->listen_fd >= 0)
        shutdown(server->listen_fd, SHUT_RDWR); /* new clients are refused from here on */
    for (size_t i = 0; i < server->thread_count; i++) {
        struct io_thread *t = &server->threads[i];
        if (t->started)
            pthread_join(t->id, NULL);
        else
            unmake_thread(t);
        t->started = false;
        t->http = NULL;
        t->wake = NULL;
        t->grace = NULL;
        t->resume = NULL;
        t->base = NULL;
    }
    mf_fd_done(&server->listen_fd);
}

void mf_http_server_free(struct http_server **server)
{
    struct http_server *s = *server;

    *server = NULL;
    if (s == NULL)
        return;
    mf_http_server_stop(s, 0);
    for (size_t i = 0; i < s->thread_count; i++)
        mf_inbox_free(&s->threads[i].inbox);
    free(s);
}

void mf_http_answer(struct http_server *server, struct http_answer_to *answers, size_t count)
{
    for (uint32_t i = 0; i < server->thread_count; i++)
        mf_inbox_send(server->threads[i].inbox, i, answers, count);
    for (size_t i = 0; i < count; i++) /* a ticket of no thread: nobody took it */
        mf_buf_done(&answers[i].reply.body);
}
