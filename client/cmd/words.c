#include "client/cmd/words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/span.h"
#include "common/base/utf8.h"

enum { MESSAGE_MAX = 2048 };

/* A datagram socket with an abstract name that the kernel picks. */
bool mf_words_open(int *fd, char *variable, size_t cap, struct err *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    socklen_t length = sizeof at;
    int on = 1;
    MF_SCOPED(mf_fd_done) int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (s < 0 || setsockopt(s, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        bind(s, (const struct sockaddr *)&at, sizeof at.sun_family) != 0 ||
        getsockname(s, (struct sockaddr *)&at, &length) != 0)
        return mf_err_sys(err, "cannot open a readiness socket");
    size_t n = length - offsetof(struct sockaddr_un, sun_path);
    if (n < 2 || snprintf(variable, cap, "NOTIFY_SOCKET=@%.*s", (int)n - 1, at.sun_path + 1) < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "readiness socket has no name");
    *fd = s;
    s = -1;
    return true;
}

static bool is_ours(const struct msghdr *message)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(message);
    struct ucred who;

    if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
        return false;
    memcpy(&who, CMSG_DATA(c), sizeof who);
    return who.uid == geteuid();
}

/* False when none is there; *n is 0 for one that does not count. */
static bool receive(int fd, char text[static MESSAGE_MAX], size_t *n)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec part = {.iov_base = text, .iov_len = MESSAGE_MAX};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, 0);

    *n = got > 0 && is_ours(&message) ? (size_t)got : 0;
    return got >= 0;
}

bool mf_words_hear(int fd, char *said, size_t cap)
{
    const struct span status = MF_SPAN("STATUS=");
    char text[MESSAGE_MAX];
    bool ready = false;
    size_t n = 0;

    while (receive(fd, text, &n)) {
        struct span word = {(const uint8_t *)text, n};
        if (mf_span_starts(word, MF_SPAN("READY=1")))
            ready = true;
        else if (mf_span_starts(word, status))
            mf_utf8_escape(mf_span_from(word, status.n), said, cap);
    }
    return ready;
}
