#include "common/net/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/http_server_parts.h"

enum { BACKLOG = 4096, THREADS_MAX = 16, FLUSH_MS = 20 };

static bool make_address(const struct http_server_params *p, struct sockaddr_storage *out,
                         socklen_t *n, struct err *err)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(p->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(p->port)};

    *out = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, p->address, &v4.sin_addr) == 1) {
        memcpy(out, &v4, *n = sizeof v4);
        return true;
    }
    if (inet_pton(AF_INET6, p->address, &v6.sin6_addr) == 1) {
        memcpy(out, &v6, *n = sizeof v6);
        return true;
    }
    return mf_err_set(err, MF_ERR_USAGE, "'%s' is not an IP address", p->address);
}

/* No SO_REUSEPORT: a second process of the same user would silently take half the connections. */
static bool listen_on(const struct http_server_params *p, int *out, struct err *err)
{
    struct sockaddr_storage address;
    socklen_t n = 0;
    int on = 1;

    if (!make_address(p, &address, &n, err))
        return false;
    MF_SCOPED(mf_fd_done)
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return mf_err_sys(err, "cannot open a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Accepted sockets inherit it; without it replies wait for delayed acknowledgements. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&address, n) != 0 || listen(fd, BACKLOG) != 0) {
        mf_err_sys(err, "cannot listen on %s port %u", p->address, (unsigned)p->port);
        return mf_err_hint(err, "choose another port, or stop what uses this one");
    }
    *out = fd;
    fd = -1;
    return true;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t n = sizeof address;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        return 0;
    memcpy(&v4, &address, sizeof v4);
    memcpy(&v6, &address, sizeof v6);
    return ntohs(address.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
}

static void leave_loop(evutil_socket_t fd, short what, void *arg)
{
    struct io_thread *t = arg;

    (void)fd;
    (void)what;
    event_base_loopexit(t->base, NULL);
}

/* Answers already handed to the kernel's buffers get a moment to go out. */
static void leave_soon(struct io_thread *t, unsigned ms)
{
    const struct timeval after = {.tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000};

    evtimer_add(t->grace, &after);
}

static void begin_stop(struct io_thread *t)
{
    t->stopping = true;
    evconnlistener_disable(t->listener);
    leave_soon(t, t->deferred == 0 ? FLUSH_MS : atomic_load(&t->server->grace_ms));
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct io_thread *t = arg;
    uint64_t ignored = 0;

    (void)what;
    if (read(fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
        return;
    pthread_mutex_lock(&t->lock);
    struct pending_answer *list = t->first;
    t->first = NULL;
    t->last = &t->first;
    pthread_mutex_unlock(&t->lock);
    while (list != NULL) {
        struct pending_answer *next = list->next;
        mf_slot_answer(t, &list->to);
        free(list);
        list = next;
    }
    if (atomic_load(&t->server->stop)) {
        if (!t->stopping)
            begin_stop(t);
        else if (t->deferred == 0)
            leave_soon(t, FLUSH_MS);
    }
}

static void wake(struct io_thread *t)
{
    const uint64_t one = 1;
    ssize_t n = write(t->wake_fd, &one, sizeof one);
    (void)n; /* a full counter wakes as well */
}

void mf_http_answer(struct http_server *server, struct http_answer_to *answers, size_t count)
{
    for (unsigned k = 0; k < server->thread_count; k++) {
        struct io_thread *t = &server->threads[k];
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            if (answers[i].ticket.thread != k)
                continue;
            struct pending_answer *p = malloc(sizeof *p);
            if (p == NULL) { /* the client's deadline will answer for us */
                mf_buf_done(&answers[i].reply.body);
                continue;
            }
            *p = (struct pending_answer){.to = answers[i]};
            pthread_mutex_lock(&t->lock);
            *t->last = p;
            t->last = &p->next;
            pthread_mutex_unlock(&t->lock);
            any = true;
        }
        if (any)
            wake(t);
    }
}

static bool open_http(struct io_thread *t, struct err *err)
{
    const struct http_server_params *p = &t->server->params;
    const struct timeval idle = {.tv_sec = p->idle_ms / 1000,
                                 .tv_usec = (long)(p->idle_ms % 1000) * 1000};
    struct event_config *config = event_config_new();

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        t->base = event_base_new_with_config(config);
    event_config_free(config);
    t->http = t->base != NULL ? evhttp_new(t->base) : NULL;
    int fd = t->http != NULL ? fcntl(t->server->fd, F_DUPFD_CLOEXEC, 3) : -1;
    struct evhttp_bound_socket *bound = fd >= 0 ? evhttp_accept_socket_with_handle(t->http, fd)
                                                : NULL;
    if (bound == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot start an HTTP thread");
    t->listener = evhttp_bound_socket_get_listener(bound);
    evhttp_set_allowed_methods(
        t->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                     EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_PATCH);
    /* Beyond our scanner's limits, so that it is always the one to answer. */
    evhttp_set_max_headers_size(t->http, (ev_ssize_t)p->head_max + 4096);
    evhttp_set_max_body_size(t->http, (ev_ssize_t)p->body_max + 4096);
    evhttp_set_timeout_tv(t->http, &idle);
    evhttp_set_bevcb(t->http, mf_connection_new, t);
    evhttp_set_gencb(t->http, mf_request_handle, t);
    return true;
}

static void *run_thread(void *arg)
{
    struct io_thread *t = arg;

    event_base_dispatch(t->base);
    return NULL;
}

static bool start_thread(struct http_server *server, unsigned index, struct err *err)
{
    struct io_thread *t = &server->threads[index];
    unsigned share = server->params.connections_max / server->params.threads;

    *t = (struct io_thread){.server = server,
                            .index = index,
                            .wake_fd = -1,
                            .free_slot = MF_NO_SLOT,
                            .connection_max = share > 0 ? share : 1};
    t->last = &t->first;
    pthread_mutex_init(&t->lock, NULL);
    server->thread_count++;
    if (!open_http(t, err))
        return false;
    t->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->wake_fd < 0)
        return mf_err_sys(err, "cannot make an event descriptor");
    t->wake = event_new(t->base, t->wake_fd, EV_READ | EV_PERSIST, on_wake, t);
    t->grace = evtimer_new(t->base, leave_loop, t);
    if (t->wake == NULL || t->grace == NULL || event_add(t->wake, NULL) != 0)
        return mf_err_set(err, MF_ERR_SYSTEM, "cannot start an HTTP thread");
    errno = pthread_create(&t->id, NULL, run_thread, t);
    return errno == 0 || mf_err_sys(err, "cannot start an HTTP thread");
}

static void free_thread(struct io_thread *t)
{
    if (t->http != NULL)
        evhttp_free(t->http); /* closes connections, which forget their slots */
    if (t->wake != NULL)
        event_free(t->wake);
    if (t->grace != NULL)
        event_free(t->grace);
    if (t->base != NULL)
        event_base_free(t->base);
    mf_fd_done(&t->wake_fd);
    while (t->first != NULL) {
        struct pending_answer *next = t->first->next;
        mf_buf_done(&t->first->to.reply.body);
        free(t->first);
        t->first = next;
    }
    pthread_mutex_destroy(&t->lock);
    free(t->slots);
    free(t->connections);
}

bool mf_http_server_start(const struct http_server_params *params, struct http_server **out,
                          struct err *err)
{
    MF_SCOPED(mf_http_server_free) struct http_server *s = mf_array_new(1, sizeof *s);

    if (params->threads == 0 || params->threads > THREADS_MAX)
        return mf_err_set(err, MF_ERR_INTERNAL, "%u HTTP threads", params->threads);
    if (s == NULL || (s->threads = mf_array_new(params->threads, sizeof *s->threads)) == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for an HTTP server");
    s->params = *params;
    s->fd = params->listen_fd;
    if (s->fd < 0 && !listen_on(params, &s->fd, err))
        return false;
    s->port = port_of(s->fd);
    for (unsigned i = 0; i < params->threads; i++)
        if (!start_thread(s, i, err))
            return false;
    *out = MF_MOVE(s);
    return true;
}

uint16_t mf_http_server_port(const struct http_server *server)
{
    return server->port;
}

void mf_http_server_stop(struct http_server *server, unsigned grace_ms)
{
    atomic_store(&server->grace_ms, grace_ms);
    atomic_store(&server->stop, true);
    for (unsigned i = 0; i < server->thread_count; i++)
        wake(&server->threads[i]);
    for (unsigned i = 0; i < server->thread_count; i++) {
        if (server->threads[i].id != 0)
            pthread_join(server->threads[i].id, NULL);
        server->threads[i].id = 0;
    }
}

void mf_http_server_free(struct http_server **server)
{
    struct http_server *s = *server;

    if (s == NULL)
        return;
    mf_http_server_stop(s, 0);
    for (unsigned i = 0; i < s->thread_count; i++)
        free_thread(&s->threads[i]);
    if (s->params.listen_fd < 0)
        mf_fd_done(&s->fd);
    free(s->threads);
    free(s);
    *server = NULL;
}
