#include "ca-stub/audit/audit_chain.h"

#include <inttypes.h>

#include "common/codec/hex.h"
#include "common/codec/timestamp.h"

enum { HEX_LEN = 2 * MF_SHA256_LEN };

bool mf_audit_chain_write(struct audit_chain *chain, struct crypto *c, struct instant now,
                          const struct audit_record *record, struct buf *out, struct err *err)
{
    size_t start = out->n;
    char prev[HEX_LEN + 1], time[MF_RFC3339_MAX];

    now.ns -= now.ns % 1000000; /* milliseconds say enough */
    mf_hex_encode(MF_SPAN_OF(chain->head), prev);
    mf_rfc3339_write(now, time);
    if (!mf_buf_printf(out, err,
                       "{\"seq\":%" PRIu64 ",\"prev\":\"%s\",\"time\":\"%s\",\"event\":\"%s\"",
                       chain->next_seq, prev, time, record->event))
        return false;
    if (record->decision_id.n > 0 &&
        (!mf_buf_append_str(out, ",\"decision_id\":\"", err) ||
         !mf_buf_append(out, record->decision_id, err) || !mf_buf_append_byte(out, '"', err)))
        return false;
    if (record->members.n > 0 &&
        (!mf_buf_append_byte(out, ',', err) || !mf_buf_append(out, record->members, err)))
        return false;
    if (!mf_buf_append_str(out, "}\n", err))
        return false;
    mf_sha256(c, (struct span){out->p + start, out->n - start - 1}, chain->head);
    chain->next_seq++;
    return true;
}

static bool broken(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_TRUST, "%s", what);
}

static bool take(struct span *rest, const char *literal)
{
    struct span prefix = mf_span_str(literal);

    if (!mf_span_starts(*rest, prefix))
        return false;
    *rest = mf_span_from(*rest, prefix.n);
    return true;
}

/* Takes text up to the next quote, which is dropped; no text of ours holds one or an escape. */
static bool take_quoted(struct span *rest, struct span *out)
{
    size_t n = mf_span_find(*rest, '"');

    if (n == rest->n)
        return false;
    *out = mf_span_first(*rest, n);
    *rest = mf_span_from(*rest, n + 1);
    return mf_span_find(*out, '\\') == out->n;
}

static bool read_seq(struct span *rest, uint64_t *out)
{
    size_t n = mf_span_find(*rest, ',');
    struct span digits = mf_span_first(*rest, n);

    *rest = mf_span_from(*rest, n);
    return mf_span_decimal(digits, out);
}

static bool is_word(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 'a' || text.p[i] > 'z')
            return false;
    return text.n > 0;
}

/* Members stand in the order in which they are written: one spelling, and no JSON reader needed to
 * follow the chain. */
static bool read_line(struct span line, uint64_t *seq, struct span *prev, struct audit_line *out)
{
    struct span rest = line, time;
    struct instant at;
    struct err ignored = {0};

    if (!take(&rest, "{\"seq\":") || !read_seq(&rest, seq) || !take(&rest, ",\"prev\":\"") ||
        !take_quoted(&rest, prev) || !take(&rest, ",\"time\":\"") || !take_quoted(&rest, &time) ||
        !mf_rfc3339_parse(time, &at, &ignored) || !take(&rest, ",\"event\":\"") ||
        !take_quoted(&rest, &out->event) || !is_word(out->event))
        return false;
    out->decision_id = (struct span){0};
    if (take(&rest, ",\"decision_id\":\"") &&
        (!take_quoted(&rest, &out->decision_id) || out->decision_id.n == 0 ||
         out->decision_id.n > MF_AUDIT_ID_MAX))
        return false;
    if (rest.n == 0 || rest.p[rest.n - 1] != '}')
        return false;
    rest = mf_span_first(rest, rest.n - 1);
    if (rest.n > 0 && !take(&rest, ","))
        return false;
    out->rest = rest;
    return true;
}

bool mf_audit_chain_read(struct audit_chain *chain, struct crypto *c, struct span line,
                         struct audit_line *out, struct err *err)
{
    struct audit_line read = {0};
    struct span prev = {0};
    uint64_t seq = 0;
    char expected[HEX_LEN + 1];

    mf_hex_encode(MF_SPAN_OF(chain->head), expected);
    if (!read_line(line, &seq, &prev, &read))
        return broken(err, "not a line as this program writes them");
    if (seq != chain->next_seq)
        return mf_err_set(err, MF_ERR_TRUST, "seq is %" PRIu64 ", not %" PRIu64, seq,
                          chain->next_seq);
    if (!mf_span_is(prev, expected))
        return broken(err, "prev is not the hash of the line before");
    mf_sha256(c, line, chain->head);
    chain->next_seq++;
    *out = read;
    return true;
}
