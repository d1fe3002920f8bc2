#include "common/keys/known_log.h"

#include "common/base/utf8.h"
#include "common/codec/base64.h"

enum { ROOT = 32 }; /* bytes */

bool mf_known_log_check_origin(struct span origin, struct err *err)
{
    if (origin.n == 0 || origin.n > MF_KNOWN_ORIGIN_MAX || !mf_utf8_is_valid(origin))
        return mf_err_set(err, MF_ERR_USAGE, "origin is not 1 to %d bytes of UTF-8",
                          MF_KNOWN_ORIGIN_MAX);
    for (size_t i = 0; i < origin.n; i++)
        if (origin.p[i] < 0x20 || origin.p[i] == 0x7F)
            return mf_err_set(err, MF_ERR_USAGE, "origin has control characters");
    return true;
}

static bool check_root(const struct known_log *log, const struct tree_head *head, struct err *err)
{
    if (log->has_head && head->size == log->head.size &&
        memcmp(head->root, log->head.root, ROOT) != 0)
        return mf_err_set(err, MF_ERR_DENIED, "another root was signed for size %" PRIu64,
                          head->size);
    return true;
}

static bool check_size(const struct tree_head *head, struct err *err)
{
    return head->size <= INT64_MAX || mf_err_set(err, MF_ERR_DENIED, "size is not below 2^63");
}

bool mf_known_log_check_head(const struct known_log *log, const struct tree_head *head,
                             struct err *err)
{
    if (!check_size(head, err))
        return false;
    if (log->has_head && head->size < log->head.size)
        return mf_err_set(err, MF_ERR_DENIED,
                          "size %" PRIu64 " is below %" PRIu64 ", signed before", head->size,
                          log->head.size);
    return check_root(log, head, err);
}

bool mf_known_log_check_time(const struct known_log *log, const struct tree_head *head,
                             struct err *err)
{
    if (log->has_head && head->timestamp_ms < log->head.timestamp_ms)
        return mf_err_set(err, MF_ERR_DENIED,
                          "timestamp %" PRIu64 " is before %" PRIu64 ", signed before",
                          head->timestamp_ms, log->head.timestamp_ms);
    return true;
}

/* First of all: a signature that exists must never be forgotten. */
void mf_known_log_remember(struct known_log *log, const struct tree_head *head)
{
    log->has_head = true;
    log->head = *head;
}

bool mf_known_log_recall(struct known_log *log, const struct tree_head *head, struct err *err)
{
    if (!check_root(log, head, err) || !check_size(head, err))
        return false;
    uint64_t latest = log->has_head ? log->head.timestamp_ms : 0;
    if (!log->has_head || head->size > log->head.size)
        log->head = *head;
    log->has_head = true;
    log->head.timestamp_ms = head->timestamp_ms > latest ? head->timestamp_ms : latest;
    return true;
}

/* C2SP tlog-checkpoint: the note's text, which is what its signature covers. */
bool mf_known_log_checkpoint(const struct known_log *log, const struct tree_head *head,
                             struct buf *text, struct err *err)
{
    return mf_buf_append(text, (struct span){log->origin, log->origin_n}, err) &&
           mf_buf_printf(text, err, "\n%" PRIu64 "\n", head->size) &&
           mf_base64_append(text, MF_SPAN_OF(head->root), err) &&
           mf_buf_append_byte(text, '\n', err);
}

/* C2SP tlog-checkpoint: whole lines, none of them empty; signed-note: no control characters. A line
 * that were more than it seems could make the text that of another message. */
static bool check_extensions(struct span lines, struct err *err)
{
    struct span line;

    if (lines.n > MF_SIGNER_EXTENSIONS_MAX || !mf_utf8_is_valid(lines))
        return mf_err_set(err, MF_ERR_FORMAT, "extension lines are not up to %d bytes of UTF-8",
                          MF_SIGNER_EXTENSIONS_MAX);
    while (lines.n > 0) {
        if (!mf_span_line(&lines, &line) || line.n == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "extension line is empty or has no LF");
        for (size_t i = 0; i < line.n; i++)
            if (line.p[i] < 0x20)
                return mf_err_set(err, MF_ERR_FORMAT, "extension line has control characters");
    }
    return true;
}

/* C2SP tlog-cosignature, "Ed25519 signed message". */
bool mf_known_log_cosigned(const struct known_log *log, const struct tree_head *head,
                           struct span extensions, struct buf *text, struct err *err)
{
    return check_extensions(extensions, err) &&
           mf_buf_printf(text, err, "cosignature/v1\ntime %" PRIu64 "\n", head->timestamp_ms) &&
           mf_known_log_checkpoint(log, head, text, err) && mf_buf_append(text, extensions, err);
}
