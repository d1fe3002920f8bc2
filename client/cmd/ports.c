#include "client/cmd/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

static bool is_free(uint16_t port, struct err *err)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    MF_SCOPED(mf_fd_done) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return mf_err_sys(err, "cannot open a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return true;
    if (errno != EADDRINUSE)
        return mf_err_sys(err, "cannot use port %u", (unsigned)port);
    mf_err_set(err, MF_ERR_EXISTS, "port %u is in use already", (unsigned)port);
    return mf_err_hint(err, "choose others with --port-base N");
}

bool mf_ports_check(uint16_t base, unsigned count, struct err *err)
{
    for (unsigned i = 0; i < count; i++)
        if (!is_free((uint16_t)(base + i), err))
            return false;
    return true;
}
