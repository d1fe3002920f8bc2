#include "tests/support/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

enum { GIVE_UP_S = 10 };

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
}

int mf_wire_connect(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    struct timeval give_up = {.tv_sec = GIVE_UP_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &give_up, sizeof give_up), 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int mf_wire_listen(uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

bool mf_wire_try_send(int fd, struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0)
            return false;
        bytes = mf_span_from(bytes, (size_t)n);
    }
    return true;
}

void mf_wire_send(int fd, struct span bytes)
{
    ck_assert_msg(mf_wire_try_send(fd, bytes), "send: %s", strerror(errno));
}

/* One read; 0 at the end, -1 for a reset. */
static int read_more(int fd, struct buf *out)
{
    struct err err = {0};

    ck_assert(mf_buf_reserve(out, 64 * 1024, &err));
    ssize_t n = recv(fd, out->p + out->n, 64 * 1024 - 1, 0);
    ck_assert_msg(n >= 0 || errno == ECONNRESET, "recv: %s", strerror(errno));
    if (n > 0)
        out->n += (size_t)n;
    out->p[out->n] = '\0';
    return n > 0 ? 1 : (int)n;
}

bool mf_wire_read_all(int fd, struct buf *out)
{
    int more = 1;

    while (more > 0)
        more = read_more(fd, out);
    return more == 0;
}

unsigned mf_wire_count(const struct buf *bytes, const char *text)
{
    unsigned count = 0;
    size_t n = strlen(text);

    for (size_t i = 0; i + n <= bytes->n; i++)
        count += memcmp(bytes->p + i, text, n) == 0;
    return count;
}

bool mf_wire_read_until(int fd, struct buf *out, const char *text, unsigned times)
{
    while (mf_wire_count(out, text) < times)
        if (read_more(fd, out) <= 0)
            return false;
    return true;
}

void mf_wire_reset(int fd)
{
    struct linger hard = {.l_onoff = 1};

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    close(fd);
}

uint64_t mf_wire_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
