#include "common/run/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/scope.h"

static void notify(const char *state, int flags)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    size_t n = strlen(path);
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* an abstract name */
    MF_SCOPED(mf_fd_done) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* Nobody listening is no fault of ours. */
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | flags, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

void mf_notify_ready(void)
{
    notify("READY=1", 0);
}

void mf_notify_stopping(void)
{
    notify("STOPPING=1", 0);
}

void mf_notify_status(const char *line)
{
    char state[1024];

    if (snprintf(state, sizeof state, "STATUS=%s", line) > 0) /* a longer line is cut */
        notify(state, MSG_DONTWAIT);
}
