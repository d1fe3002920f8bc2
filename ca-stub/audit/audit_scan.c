#include "ca-stub/audit/audit_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/codec/json.h"

static bool find_open(const struct audit_scan *scan, struct span id, size_t *at)
{
    for (size_t i = scan->open_count; i-- > 0;)
        if (mf_span_is(id, scan->open[i].decision_id)) {
            *at = i;
            return true;
        }
    return false;
}

static bool add_open(struct audit_scan *scan, struct span id, struct err *err)
{
    if (scan->open_count == MF_AUDIT_OPEN_INTENTS_MAX)
        return mf_err_set(err, MF_ERR_TRUST, "more than %d intents are open",
                          MF_AUDIT_OPEN_INTENTS_MAX);
    if (scan->open_count == scan->open_cap) {
        size_t cap = scan->open_cap == 0 ? 64 : 2 * scan->open_cap;
        struct audit_open_intent *more = mf_array_new(cap, sizeof *more);
        if (more == NULL)
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for open intents");
        if (scan->open_count > 0)
            memcpy(more, scan->open, scan->open_count * sizeof *more);
        free(scan->open);
        scan->open = more;
        scan->open_cap = cap;
    }
    struct audit_open_intent *intent = &scan->open[scan->open_count++];
    memcpy(intent->decision_id, id.p, id.n);
    intent->decision_id[id.n] = '\0';
    return true;
}

/* An intent opens its decision, an outcome closes it: once each. */
static bool follow_decision(struct audit_scan *scan, const struct audit_line *line, struct err *err)
{
    bool intent = mf_span_is(line->event, MF_AUDIT_INTENT);
    size_t at = 0;

    if (!intent && !mf_span_is(line->event, MF_AUDIT_OUTCOME))
        return true;
    if (line->decision_id.n == 0)
        return mf_err_set(err, MF_ERR_TRUST, "has no decision_id");
    if (intent && find_open(scan, line->decision_id, &at))
        return mf_err_set(err, MF_ERR_TRUST, "opens a decision that is open already");
    if (intent)
        return add_open(scan, line->decision_id, err);
    if (!find_open(scan, line->decision_id, &at))
        return mf_err_set(err, MF_ERR_TRUST, "closes a decision that is not open");
    scan->open[at] = scan->open[--scan->open_count];
    return true;
}

static bool check_first(const struct audit_line *line, struct err *err)
{
    struct span rest = line->rest, format = MF_SPAN("\"format\":");
    uint64_t number = 0;

    if (!mf_span_is(line->event, "create") || !mf_span_starts(rest, format))
        return mf_err_set(err, MF_ERR_TRUST, "does not begin an audit log");
    rest = mf_span_from(rest, format.n);
    if (!mf_span_decimal(mf_span_first(rest, mf_span_find(rest, ',')), &number))
        return mf_err_set(err, MF_ERR_TRUST, "has no format version");
    if (number != MF_AUDIT_FORMAT) {
        mf_err_set(err, MF_ERR_FORMAT, "is of format %" PRIu64 ", this program knows format %d",
                   number, MF_AUDIT_FORMAT);
        return mf_err_hint(err, "run the mayfly-ca that wrote it, or a newer one");
    }
    return true;
}

static bool scan_line(struct audit_scan *scan, struct crypto *c, struct span line, struct err *err)
{
    struct audit_line read = {0};
    uint64_t seq = scan->chain.next_seq;

    if (!mf_audit_chain_read(&scan->chain, c, line, &read, err) ||
        (seq == 0 && !check_first(&read, err)) || !follow_decision(scan, &read, err))
        return mf_err_at(err, "line %" PRIu64, seq + 1);
    return true;
}

/* No later line vouches for the last one, so it is read in full. */
static bool check_last(const struct audit_scan *scan, struct span line, struct err *err)
{
    static const struct json_limits limits = {
        .bytes = MF_AUDIT_LINE_MAX, .depth = 16, .nodes = 4096};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (mf_json_parse(line, &limits, &doc, err))
        return true;
    mf_err_as(err, MF_ERR_TRUST);
    return mf_err_at(err, "line %" PRIu64, scan->chain.next_seq);
}

/* Takes the whole lines out of the window, checking each; what is left stays at its front. */
static bool scan_window(struct audit_scan *scan, struct crypto *c, struct buf *window,
                        struct buf *last, struct err *err)
{
    struct span rest = mf_buf_span(window), line, before = {0};

    while (mf_span_line(&rest, &line)) {
        if (!scan_line(scan, c, line, err))
            return false;
        before = line;
    }
    if (before.p != NULL) {
        mf_buf_reset(last);
        if (!mf_buf_append(last, before, err))
            return false;
    }
    scan->good_bytes += window->n - rest.n;
    if (rest.n >= MF_AUDIT_LINE_MAX)
        return mf_err_set(err, MF_ERR_TRUST, "a line is longer than %d bytes", MF_AUDIT_LINE_MAX);
    if (rest.n > 0)
        memmove(window->p, rest.p, rest.n);
    window->n = rest.n;
    return true;
}

static bool scan_file(int fd, struct crypto *c, struct audit_scan *scan, struct err *err)
{
    enum { CHUNK = 256 * 1024 };
    MF_SCOPED(mf_buf_done) struct buf window = {.max = CHUNK + MF_AUDIT_LINE_MAX};
    MF_SCOPED(mf_buf_done) struct buf last = {.max = MF_AUDIT_LINE_MAX};

    if (lseek(fd, 0, SEEK_SET) != 0)
        return mf_err_sys(err, "cannot seek");
    for (;;) {
        if (!mf_buf_reserve(&window, CHUNK, err))
            return false;
        ssize_t n = read(fd, window.p + window.n, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return mf_err_sys(err, "cannot read");
        if (n == 0)
            break;
        window.n += (size_t)n;
        if (!scan_window(scan, c, &window, &last, err))
            return false;
    }
    scan->tail_bytes = window.n;
    mf_sha256(c, mf_buf_span(&window), scan->tail_hash);
    return last.n == 0 || check_last(scan, mf_buf_span(&last), err);
}

bool mf_audit_scan(int fd, struct crypto *c, struct audit_scan *out, struct err *err)
{
    struct audit_scan scan = {0};

    if (!scan_file(fd, c, &scan, err)) {
        mf_audit_scan_done(&scan);
        return mf_err_hint(err, "keep the file as evidence and start with another audit file");
    }
    *out = scan;
    return true;
}

void mf_audit_scan_done(struct audit_scan *scan)
{
    free(scan->open);
    *scan = (struct audit_scan){0};
}
