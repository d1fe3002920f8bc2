#include "common/base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"

static uint64_t now_ms(void)
{
    struct clock clock = mf_clock_system();

    return mf_clock_monotonic_ns(&clock) / 1000000;
}

static bool check_kind(struct input *in, struct err *err)
{
    struct stat st = {0};

    if (fstat(in->fd, &st) != 0)
        return mf_err_sys(err, "cannot look at it");
    in->is_pipe = S_ISFIFO(st.st_mode);
    if (S_ISDIR(st.st_mode))
        return mf_err_set(err, MF_ERR_SYSTEM, "is a directory");
    return in->is_pipe || S_ISREG(st.st_mode) ||
           mf_err_set(err, MF_ERR_SYSTEM, "neither a regular file nor a pipe");
}

struct input mf_input_given(int fd)
{
    return (struct input){.fd = fd, .has_writer = true, .since_ms = now_ms(), .silent_ms = INT_MAX};
}

bool mf_input_open(const char *path, struct input *out, struct err *err)
{
    MF_SCOPED(mf_input_done)
    struct input in = {
        .since_ms = now_ms(), .writer_ms = MF_INPUT_WRITER_MS, .silent_ms = MF_INPUT_SILENT_MS};

    /* Opening a pipe without a writer would wait for one, for ever. */
    in.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (in.fd < 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    if (!check_kind(&in, err))
        return mf_err_at(err, "%s", path);
    *out = in;
    in.fd = -1; /* moved */
    return true;
}

/* After a read that gave nothing: waits until there is more, the last writer has gone, or time is
 * up, which the read that follows finds out. */
static bool wait_for_more(struct input *in, struct err *err)
{
    struct pollfd ready = {.fd = in->fd, .events = POLLIN};
    uint64_t waited = now_ms() - in->since_ms;
    unsigned limit = in->has_writer ? in->silent_ms : in->writer_ms;

    if (waited >= limit && !in->has_writer)
        return mf_err_set(err, MF_ERR_SYSTEM, "a pipe that nothing writes into");
    if (waited >= limit)
        return mf_err_set(err, MF_ERR_SYSTEM, "a pipe through which nothing came for %u s",
                          limit / 1000);
    if (poll(&ready, 1, (int)(limit - waited)) > 0)
        in->has_writer = true; /* or had: then it is at its end */
    return true;
}

bool mf_input_read(struct input *in, uint8_t *out, size_t cap, size_t *n, struct err *err)
{
    for (;;) {
        ssize_t got = read(in->fd, out, cap);
        if (got > 0 && (in->is_pipe || in->has_writer))
            in->since_ms = now_ms();
        if (got > 0 || (got == 0 && (!in->is_pipe || in->has_writer))) {
            *n = (size_t)got;
            return true;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != EAGAIN)
            return mf_err_sys(err, "cannot read");
        if (got < 0)
            in->has_writer = true; /* one that is silent */
        if (!wait_for_more(in, err))
            return false;
    }
}

void mf_input_done(struct input *in)
{
    mf_fd_done(&in->fd);
}
