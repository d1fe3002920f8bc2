/* HTTP on loopback: our server beside evhttp alone (the price of the scanner, deadlines and
 * tickets), deferred answers in batches, and our client beside a bare socket. The load generator is
 * a thread of the same process, so the figures are ratios, not rates to boast of. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "common/net/http_client.h"
#include "common/net/http_server.h"

enum {
    BODY = 2048,
    CONNECTIONS_MAX = 512,
    RUN_MS = 1000,
    CALLS = 5000,
    TICKETS_MAX = 4096,
    RESPONSE_MAX = 8192,
};

static uint8_t filler[BODY];

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Server side: answers at once, or leaves the ticket to a thread that answers all that wait. */
struct shop {
    struct http_server *server;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct http_ticket tickets[TICKETS_MAX];
    size_t count;
    bool ended;
    uint64_t batches, answers;
};

static struct buf copy_of(size_t n)
{
    struct buf b = {.max = BODY};
    struct err err = {0};

    if (!mf_buf_append(&b, (struct span){filler, n}, &err))
        die("memory");
    return b;
}

static void on_request(struct http_request *r, void *state)
{
    struct shop *shop = state;

    if (mf_http_body(r).n == 0) {
        struct http_reply reply = {
            .status = 200, .content_type = "text/plain", .body = copy_of(BODY)};
        mf_http_reply(r, &reply);
        return;
    }
    pthread_mutex_lock(&shop->lock);
    if (shop->count == TICKETS_MAX)
        die("tickets");
    shop->tickets[shop->count++] = mf_http_defer(r);
    pthread_cond_signal(&shop->more);
    pthread_mutex_unlock(&shop->lock);
}

static void *answer_all(void *arg)
{
    static struct http_answer_to answers[TICKETS_MAX];
    struct shop *shop = arg;

    for (;;) {
        pthread_mutex_lock(&shop->lock);
        while (shop->count == 0 && !shop->ended)
            pthread_cond_wait(&shop->more, &shop->lock);
        size_t n = shop->count;
        for (size_t i = 0; i < n; i++)
            answers[i].ticket = shop->tickets[i];
        shop->count = 0;
        pthread_mutex_unlock(&shop->lock);
        if (n == 0)
            return NULL;
        for (size_t i = 0; i < n; i++)
            answers[i].reply = (struct http_reply){
                .status = 201, .content_type = "application/json", .body = copy_of(BODY)};
        mf_http_answer(shop->server, answers, n);
        shop->batches++;
        shop->answers += n;
    }
}

/* Load: each connection sends its request again as soon as the whole answer is there. */
static size_t response_size(int fd, struct span request)
{
    static char answer[RESPONSE_MAX];
    size_t n = 0;

    if (send(fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
        die("send");
    for (;;) {
        ssize_t more = recv(fd, answer + n, sizeof answer - 1 - n, 0);
        if (more <= 0)
            die("recv");
        n += (size_t)more;
        answer[n] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        if (end != NULL && n >= (size_t)(end + 4 - answer) + BODY)
            return n;
    }
}

static double load(uint16_t port, struct span request, size_t connections)
{
    static char answer[RESPONSE_MAX];
    static size_t got[CONNECTIONS_MAX];
    static int fds[CONNECTIONS_MAX];
    int ep = epoll_create1(EPOLL_CLOEXEC);
    size_t size = 0;
    uint64_t done = 0;

    for (size_t i = 0; i < connections; i++) {
        fds[i] = dial(port);
        size = response_size(fds[i], request);
        got[i] = 0;
        struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = i}};
        epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &event);
    }
    double start = seconds();
    for (size_t i = 0; i < connections; i++)
        send(fds[i], request.p, request.n, MSG_NOSIGNAL);
    while (seconds() - start < RUN_MS / 1000.0) {
        struct epoll_event events[256];
        int n = epoll_wait(ep, events, 256, 100);
        for (int k = 0; k < n; k++) {
            size_t i = events[k].data.u64;
            ssize_t more = recv(fds[i], answer, sizeof answer, 0);
            if (more <= 0)
                die("recv");
            got[i] += (size_t)more;
            if (got[i] < size)
                continue;
            got[i] = 0;
            done++;
            send(fds[i], request.p, request.n, MSG_NOSIGNAL);
        }
    }
    double rate = (double)done / (seconds() - start);
    for (size_t i = 0; i < connections; i++)
        close(fds[i]);
    close(ep);
    return rate;
}

/* evhttp with nothing around it. */
static void plain_reply(struct evhttp_request *req, void *arg)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(req);

    (void)arg;
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "text/plain");
    evbuffer_add(out, filler, BODY);
    evhttp_send_reply(req, 200, "OK", NULL);
}

struct plain {
    struct event_base *base;
    atomic_bool *ended;
};

static void plain_tick(evutil_socket_t fd, short what, void *arg)
{
    struct plain *p = arg;

    (void)fd;
    (void)what;
    if (atomic_load(p->ended))
        event_base_loopbreak(p->base);
}

static void *plain_run(void *arg)
{
    struct plain *p = arg;
    struct timeval tick = {.tv_usec = 20000};
    struct event *timer = event_new(p->base, -1, EV_PERSIST, plain_tick, p);

    event_add(timer, &tick);
    event_base_dispatch(p->base);
    event_free(timer);
    return NULL;
}

static double load_plain(struct span request, size_t connections)
{
    atomic_bool ended = false;
    struct plain p = {event_base_new(), &ended};
    struct evhttp *http = evhttp_new(p.base);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    struct sockaddr_in address = {0};
    socklen_t n = sizeof address;
    pthread_t thread;
    int on = 1;

    if (bound == NULL)
        die("evhttp");
    int fd = evhttp_bound_socket_get_fd(bound);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    getsockname(fd, (struct sockaddr *)&address, &n);
    evhttp_set_gencb(http, plain_reply, NULL);
    pthread_create(&thread, NULL, plain_run, &p);
    double rate = load(ntohs(address.sin_port), request, connections);
    atomic_store(&ended, true);
    pthread_join(thread, NULL);
    evhttp_free(http);
    event_base_free(p.base);
    return rate;
}

static struct http_server *start(struct shop *shop, unsigned threads)
{
    struct http_server_params params = {
        .address = "127.0.0.1",
        .listen_fd = -1,
        .threads = threads,
        .body_max = 65536,
        .handler = {on_request, shop},
    };
    struct err err = {0};

    if (!mf_http_server_start(&params, &shop->server, &err))
        die(err.what);
    return shop->server;
}

static void bench_get(struct shop *shop)
{
    static const char text[] = "GET /tile/0/000 HTTP/1.1\r\nHost: localhost\r\n"
                               "User-Agent: bench\r\nAccept: */*\r\n\r\n";
    static const size_t counts[] = {1, 16, 128, 512};
    struct span request = {(const uint8_t *)text, sizeof text - 1};
    struct http_server *server = start(shop, 1);

    for (size_t i = 0; i < MF_LEN(counts); i++) {
        double plain = load_plain(request, counts[i]);
        double ours = load(mf_http_server_port(server), request, counts[i]);
        printf("GET %d bytes, 1 thread, %3zu connections: ours %7.0f/s, evhttp alone %7.0f/s, "
               "ratio %.2f\n",
               BODY, counts[i], ours, plain, ours / plain);
    }
    mf_http_server_free(&server);
}

static void bench_post(struct shop *shop)
{
    static const size_t counts[] = {1, 16, 128, 512};
    struct http_server *server = start(shop, 2);
    static char text[BODY + 256];
    pthread_t thread;
    int head = snprintf(text, sizeof text,
                        "POST /api/v2/log/entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        "application/json\r\nContent-Length: %d\r\n\r\n",
                        BODY);

    memset(text + head, 'a', BODY);
    pthread_create(&thread, NULL, answer_all, shop);
    for (size_t i = 0; i < MF_LEN(counts); i++) {
        uint64_t batches = shop->batches;
        uint64_t answers = shop->answers;
        double rate = load(mf_http_server_port(server),
                           (struct span){(const uint8_t *)text, (size_t)head + BODY}, counts[i]);
        printf(
            "deferred POST %d bytes, 2 threads, %3zu connections: %7.0f/s, %.1f answers a batch\n",
            BODY, counts[i], rate,
            (double)(shop->answers - answers) / (double)(shop->batches - batches + 1));
    }
    pthread_mutex_lock(&shop->lock);
    shop->ended = true;
    pthread_cond_signal(&shop->more);
    pthread_mutex_unlock(&shop->lock);
    pthread_join(thread, NULL);
    mf_http_server_free(&server);
}

static void bench_client(struct shop *shop)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static const struct http_client_params params = {.user_agent = "bench"};
    struct http_server *server = start(shop, 1);
    struct http_client *client = NULL;
    struct err err = {0};
    char url[64];
    int fd = dial(mf_http_server_port(server));
    double start_s = seconds();

    for (int i = 0; i < CALLS; i++)
        response_size(fd, (struct span){(const uint8_t *)text, sizeof text - 1});
    double bare = (seconds() - start_s) / CALLS;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)mf_http_server_port(server));
    struct http_call call = {.method = "GET", .url = url, .answer_max = BODY, .tries = 1};
    if (!mf_http_client_new(&params, &client, &err))
        die(err.what);
    start_s = seconds();
    for (int i = 0; i < CALLS; i++) {
        struct http_answer answer = {0};
        if (!mf_http_call(client, &call, &answer, &err))
            die(err.what);
        mf_http_answer_done(&answer);
    }
    double ours = (seconds() - start_s) / CALLS;
    printf("client call, warm loopback connection: %.0f us, a bare socket %.0f us, ratio %.2f\n",
           ours * 1e6, bare * 1e6, ours / bare);
    close(fd);
    mf_http_client_free(&client);
    mf_http_server_free(&server);
}

int main(void)
{
    static struct shop shop = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

    memset(filler, 'x', sizeof filler);
    bench_get(&shop);
    bench_post(&shop);
    bench_client(&shop);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("memory at most: %ld KiB\n", use.ru_maxrss);
    return 0;
}
