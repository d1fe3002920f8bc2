#include "common/net/http_listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { BACKLOG = 4096 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

static bool parse(const char *text, uint16_t port, union address *out, socklen_t *n)
{
    union address a = {0};

    if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(port);
        *n = sizeof a.v4;
    } else if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(port);
        *n = sizeof a.v6;
    } else {
        return false;
    }
    *out = a;
    return true;
}

/* Accepted sockets inherit TCP_NODELAY: without it answers wait for the peer's delayed ACK. */
static bool set_options(int fd, struct err *err)
{
    int on = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        return mf_err_sys(err, "cannot set TCP_NODELAY");
    return true;
}

/* No SO_REUSEPORT: with it another process of the user could take a share of the connections. */
bool mf_listen_open(const char *address, uint16_t port, int *out, struct err *err)
{
    union address a;
    socklen_t n = 0;
    int on = 1;

    if (!parse(address, port, &a, &n))
        return mf_err_set(err, MF_ERR_USAGE, "'%s' is not an IP address", address);
    MF_SCOPED(mf_fd_done)
    int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return mf_err_sys(err, "cannot make a socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return mf_err_sys(err, "cannot set SO_REUSEADDR");
    if (!set_options(fd, err))
        return false;
    if (bind(fd, &a.any, n) != 0 || listen(fd, BACKLOG) != 0) {
        mf_err_sys(err, "cannot listen on %s port %u", address, (unsigned)port);
        mf_err_hint(err, "choose another address or port, or stop what uses this one");
        return mf_err_as(err, MF_ERR_SYSTEM);
    }
    *out = fd;
    fd = -1;
    return true;
}

bool mf_listen_inherit(int inherited, int *out, struct err *err)
{
    int listening = 0;
    socklen_t n = sizeof listening;

    if (getsockopt(inherited, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) != 0)
        return mf_err_sys(err, "cannot use descriptor %d", inherited);
    if (!listening)
        return mf_err_set(err, MF_ERR_USAGE, "descriptor %d is not a listening socket", inherited);
    MF_SCOPED(mf_fd_done) int fd = fcntl(inherited, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return mf_err_sys(err, "cannot duplicate descriptor %d", inherited);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return mf_err_sys(err, "cannot set flags of descriptor %d", inherited);
    if (!set_options(fd, err))
        return false;
    *out = fd;
    fd = -1;
    return true;
}

uint16_t mf_listen_port(int fd)
{
    union address a = {0};
    socklen_t n = sizeof a.room;

    if (getsockname(fd, &a.any, &n) != 0)
        return 0;
    if (a.any.sa_family == AF_INET)
        return ntohs(a.v4.sin_port);
    return a.any.sa_family == AF_INET6 ? ntohs(a.v6.sin6_port) : 0;
}

unsigned mf_connections_allowed(unsigned wanted, unsigned servers)
{
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    rlim_t share = limit.rlim_cur / 2 / servers;
    if (share >= wanted)
        return wanted;
    return share > 0 ? (unsigned)share : 1;
}
