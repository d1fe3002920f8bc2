/* Load on an HTTP server on loopback: N connections with one request each under way, one thread.
 * For benchmarks: whatever goes wrong ends the program. */
#ifndef MF_TESTS_SUPPORT_LOAD_H
#define MF_TESTS_SUPPORT_LOAD_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/span.h"
#include "tests/support/bench.h"

enum { MF_LOAD_CONNECTIONS = 512, MF_LOAD_ANSWERS = 400000 };

struct load {
    uint16_t port;
    unsigned connections, seconds, status; /* of every answer */
    struct span (*next)(void *state);      /* the next request, head and body */
    void *state;
};

struct load_result {
    size_t answers;
    double rate;            /* a second */
    double p50, p99, worst; /* milliseconds */
};

struct load_connection {
    int fd;
    double sent_us;
    size_t got, need; /* bytes of the answer; need 0 until its length is known */
    char head[2048];
};

static inline void mf_load_die(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static inline void mf_load_send(const struct load *load, struct load_connection *k)
{
    struct span request = load->next(load->state);

    k->got = k->need = 0;
    k->sent_us = mf_bench_now_us();
    if (write(k->fd, request.p, request.n) != (ssize_t)request.n)
        mf_load_die("cannot send");
}

static inline void mf_load_connect(const struct load *load, struct load_connection *k, int epoll)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(load->port),
                             .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = k}};
    int on = 1;

    k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(k->fd, (struct sockaddr *)&to, sizeof to) != 0)
        mf_load_die("cannot connect");
    setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, k->fd, &event) != 0)
        mf_load_die("epoll");
}

/* True when the whole answer has come. */
static inline bool mf_load_receive(const struct load *load, struct load_connection *k)
{
    char rest[16384];
    bool in_head = k->need == 0;
    ssize_t n = in_head ? read(k->fd, k->head + k->got, sizeof k->head - 1 - k->got)
                        : read(k->fd, rest, sizeof rest);

    if (n <= 0)
        mf_load_die("the server closed a connection");
    k->got += (size_t)n;
    if (in_head) {
        k->head[k->got] = '\0';
        const char *end = strstr(k->head, "\r\n\r\n");
        const char *length = strstr(k->head, "Content-Length: ");
        if (end == NULL || length == NULL)
            return false;
        if (strtoul(k->head + 9, NULL, 10) != load->status)
            mf_load_die(k->head);
        k->need = (size_t)(end + 4 - k->head) + (size_t)strtoul(length + 16, NULL, 10);
    }
    return k->got >= k->need;
}

static inline struct load_result mf_load_run(const struct load *load)
{
    static struct load_connection all[MF_LOAD_CONNECTIONS];
    static double latencies[MF_LOAD_ANSWERS];
    struct epoll_event events[64];
    size_t count = 0;
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    for (unsigned i = 0; i < load->connections; i++)
        mf_load_connect(load, &all[i], epoll);
    double from = mf_bench_now_us();
    for (unsigned i = 0; i < load->connections; i++)
        mf_load_send(load, &all[i]);
    while (mf_bench_now_us() - from < load->seconds * 1e6 && count + 64 < MF_LOAD_ANSWERS) {
        int n = epoll_wait(epoll, events, 64, 1000);
        for (int i = 0; i < n; i++) {
            struct load_connection *k = events[i].data.ptr;
            if (!mf_load_receive(load, k))
                continue;
            latencies[count++] = (mf_bench_now_us() - k->sent_us) / 1000;
            mf_load_send(load, k);
        }
    }
    double took = (mf_bench_now_us() - from) / 1e6;
    for (unsigned i = 0; i < load->connections; i++)
        close(all[i].fd);
    close(epoll);
    if (count == 0)
        mf_load_die("no answer came");
    qsort(latencies, count, sizeof latencies[0], mf_bench_compare);
    return (struct load_result){count, (double)count / took, latencies[count / 2],
                                latencies[count * 99 / 100], latencies[count - 1]};
}

static inline void mf_load_print(const char *what, unsigned connections, struct load_result r)
{
    printf("%4u connections: %8.0f %s/s  p50 %6.2f ms  p99 %6.2f ms  worst %6.2f ms\n", connections,
           r.rate, what, r.p50, r.p99, r.worst);
}

#endif
