#include "common/keys/signer_wire.h"

#include <errno.h>
#include <sys/socket.h>

enum { CHUNK = 16 * 1024 }; /* bytes asked for at once: most messages fit */

bool mf_signer_wire_begin(struct buf *b, uint8_t kind, uint16_t count, struct err *err)
{
    mf_buf_reset(b);
    return mf_buf_append_byte(b, kind, err) && mf_buf_append_byte(b, MF_SIGNER_VERSION, err) &&
           mf_buf_append_be(b, count, 2, err) && mf_buf_append_be(b, 0, 4, err);
}

void mf_signer_wire_seal(struct buf *b)
{
    mf_put_be32(b->p + 4, (uint32_t)(b->n - MF_SIGNER_HEADER)); /* buffers are far below 4 GiB */
}

bool mf_signer_wire_header(const uint8_t bytes[static MF_SIGNER_HEADER], uint32_t max,
                           struct signer_header *out, struct err *err)
{
    const struct signer_header h = {
        .kind = bytes[0], .count = mf_be16(bytes + 2), .length = mf_be32(bytes + 4)};

    if (bytes[1] != MF_SIGNER_VERSION)
        return mf_err_set(err, MF_ERR_FORMAT, "signer message of version %d, not %d", bytes[1],
                          MF_SIGNER_VERSION);
    if (h.length > max)
        return mf_err_set(err, MF_ERR_FORMAT, "signer message of %u bytes", h.length);
    *out = h;
    return true;
}

bool mf_signer_wire_put(struct buf *b, struct span item, struct err *err)
{
    return mf_buf_append_be(b, item.n, 4, err) && mf_buf_append(b, item, err);
}

bool mf_signer_wire_take(struct span *rest, struct span *item, struct err *err)
{
    if (rest->n < 4 || mf_be32(rest->p) > rest->n - 4)
        return mf_err_set(err, MF_ERR_FORMAT, "signer message is cut short");
    size_t n = mf_be32(rest->p);
    *item = mf_span_first(mf_span_from(*rest, 4), n);
    *rest = mf_span_from(*rest, 4 + n);
    return true;
}

bool mf_signer_wire_put_head(struct buf *b, const struct tree_head *head, struct err *err)
{
    return mf_buf_append_be(b, head->size, 8, err) &&
           mf_buf_append(b, MF_SPAN_OF(head->root), err) &&
           mf_buf_append_be(b, head->timestamp_ms, 8, err);
}

bool mf_signer_wire_take_head(struct span *rest, struct tree_head *out, struct err *err)
{
    if (rest->n < MF_SIGNER_HEAD)
        return mf_err_set(err, MF_ERR_FORMAT, "tree head of %zu bytes", rest->n);
    out->size = mf_be64(rest->p);
    memcpy(out->root, rest->p + 8, sizeof out->root);
    out->timestamp_ms = mf_be64(rest->p + 40);
    *rest = mf_span_from(*rest, MF_SIGNER_HEAD);
    return true;
}

bool mf_signer_wire_head(struct span body, struct tree_head *out, struct err *err)
{
    if (body.n != MF_SIGNER_HEAD)
        return mf_err_set(err, MF_ERR_FORMAT, "tree head of %zu bytes", body.n);
    return mf_signer_wire_take_head(&body, out, err);
}

/* A socket with a deadline says EAGAIN when that has passed. */
static bool failed(struct err *err, const char *what)
{
    bool late = errno == EAGAIN;

    mf_err_sys(err, "%s", what);
    return late ? mf_err_as(err, MF_ERR_UNAVAILABLE) : false;
}

/* Reads until b holds `need` bytes. The two sides take turns, so nothing lies behind them. */
static bool fill(int fd, size_t need, struct buf *b, struct err *err)
{
    while (b->n < need) {
        size_t want = need - b->n > CHUNK ? need - b->n : CHUNK;
        if (want > b->max - b->n)
            want = b->max - b->n;
        if (!mf_buf_reserve(b, want, err))
            return false;
        ssize_t n = recv(fd, b->p + b->n, want, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(err, "cannot read from the signer's socket");
        if (n == 0 && b->n == 0)
            return false; /* closed between messages: no error */
        if (n == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "signer message is cut short");
        b->n += (size_t)n;
    }
    return true;
}

bool mf_signer_wire_receive(int fd, uint32_t max, struct buf *b, struct signer_header *out,
                            struct err *err)
{
    mf_buf_reset(b);
    if (!fill(fd, MF_SIGNER_HEADER, b, err) || !mf_signer_wire_header(b->p, max, out, err) ||
        !fill(fd, MF_SIGNER_HEADER + (size_t)out->length, b, err))
        return false;
    if (b->n != MF_SIGNER_HEADER + (size_t)out->length)
        return mf_err_set(err, MF_ERR_FORMAT, "bytes follow the signer message");
    return true;
}

bool mf_signer_wire_send(int fd, struct span message, struct err *err)
{
    while (message.n > 0) {
        ssize_t n = send(fd, message.p, message.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(err, "cannot write to the signer's socket");
        message = mf_span_from(message, (size_t)n);
    }
    return true;
}
