#include "transparency/engine/journal_record.h"

static const uint8_t magic[4] = {'M', 'F', 'J', '1'};

enum { SEGMENT_HEAD_LEN = 4 + 4 + 32 + 8 + 32 + 32 }; /* in one sector */

bool mf_journal_head_write(struct crypto *c, const uint8_t log_id[static 32],
                           const struct record_chain *chain, struct buf *out, struct err *err)
{
    uint8_t hash[32];

    if (!mf_buf_reserve(out, MF_JOURNAL_ALIGN, err) ||
        !mf_buf_append(out, MF_SPAN_OF(magic), err) ||
        !mf_buf_append_be(out, chain->format, 4, err) ||
        !mf_buf_append(out, (struct span){log_id, 32}, err) ||
        !mf_buf_append_be(out, chain->generation, 8, err) ||
        !mf_buf_append(out, MF_SPAN_OF(chain->tag), err))
        return false;
    mf_sha256(c, mf_buf_span(out), hash);
    if (!mf_buf_append(out, MF_SPAN_OF(hash), err))
        return false;
    memset(out->p + out->n, 0, MF_JOURNAL_ALIGN - out->n);
    out->n = MF_JOURNAL_ALIGN;
    return true;
}

static bool bad_head(struct err *err, const char *what)
{
    mf_err_set(err, MF_ERR_FORMAT, "%s", what);
    return mf_err_hint(err,
                       "something acknowledged may be lost on this disk: restore the directory "
                       "from a backup, do not delete the file");
}

static bool all_zeros(struct span bytes)
{
    return bytes.n == 0 || (bytes.p[0] == 0 && memcmp(bytes.p, bytes.p + 1, bytes.n - 1) == 0);
}

static bool read_tagged_head(struct crypto *c, const uint8_t log_id[static 32], struct span bytes,
                             struct record_chain *chain, size_t *first, struct err *err)
{
    const uint8_t *p = bytes.p;
    uint8_t hash[32];

    mf_sha256(c, mf_span_first(bytes, SEGMENT_HEAD_LEN - 32), hash);
    if (bytes.n < MF_JOURNAL_ALIGN || memcmp(hash, p + SEGMENT_HEAD_LEN - 32, 32) != 0)
        return bad_head(err, "the head of this segment is damaged");
    if (memcmp(p + 8, log_id, 32) != 0)
        return bad_head(err, "this segment is of another log");
    if (mf_be64(p + 40) > chain->generation)
        return bad_head(err, "this segment bears the name of an older one");
    chain->format = MF_JOURNAL_FORMAT;
    memcpy(chain->tag, p + 48, 32);
    /* Older: recycled, and what it was to be used for never began. */
    *first = mf_be64(p + 40) == chain->generation ? (size_t)MF_JOURNAL_ALIGN : bytes.n;
    return true;
}

bool mf_journal_head_read(struct crypto *c, const uint8_t log_id[static 32], struct span bytes,
                          struct record_chain *chain, size_t *first, struct err *err)
{
    *first = bytes.n;
    if (all_zeros(bytes)) /* reserved, and never begun */
        return true;
    if (bytes.n < SEGMENT_HEAD_LEN || memcmp(bytes.p, magic, 4) != 0)
        return bad_head(err, "the head of this segment is damaged");
    if (mf_be32(bytes.p + 4) == MF_JOURNAL_FORMAT)
        return read_tagged_head(c, log_id, bytes, chain, first, err);
    if (mf_be32(bytes.p + 4) != MF_JOURNAL_FORMAT_UNTAGGED)
        return mf_journal_unknown_format(bytes, err);
    chain->format = MF_JOURNAL_FORMAT_UNTAGGED;
    memcpy(chain->tag, log_id, 32);
    *first = 0;
    return true;
}

bool mf_journal_unknown_format(struct span bytes, struct err *err)
{
    mf_err_set(err, MF_ERR_FORMAT, "a commit of format %u is not known",
               (unsigned)mf_be32(bytes.p + 4));
    return mf_err_hint(err, "this release reads formats %d and %d", MF_JOURNAL_FORMAT_UNTAGGED,
                       MF_JOURNAL_FORMAT);
}

size_t mf_journal_record_size(const struct journal_record *r)
{
    return (size_t)MF_JOURNAL_HEAD_LEN + r->checkpoint.n + r->payload.n + 32;
}

bool mf_journal_record_write(struct crypto *c, const struct record_chain *chain,
                             const struct journal_record *r, struct buf *out,
                             uint8_t hash[static 32], struct err *err)
{
    size_t start = out->n;

    if (r->checkpoint.n > MF_JOURNAL_CHECKPOINT_MAX || r->payload.n > MF_JOURNAL_PAYLOAD_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "commit is too large for a record");
    if (!mf_buf_append(out, MF_SPAN_OF(magic), err) ||
        !mf_buf_append_be(out, chain->format, 4, err) ||
        !mf_buf_append(out, MF_SPAN_OF(chain->tag), err) ||
        !mf_buf_append_be(out, chain->generation, 8, err) ||
        !mf_buf_append_be(out, r->first_index, 8, err) ||
        !mf_buf_append_be(out, r->count, 4, err) ||
        !mf_buf_append_be(out, r->checkpoint.n, 4, err) ||
        !mf_buf_append_be(out, r->payload.n, 8, err) ||
        !mf_buf_append_be(out, r->time_ms, 8, err) ||
        !mf_buf_append(out, MF_SPAN_OF(chain->previous), err) ||
        !mf_buf_append(out, (struct span){r->root, 32}, err) ||
        !mf_buf_append(out, r->checkpoint, err) || !mf_buf_append(out, r->payload, err))
        return false;
    mf_sha256(c, (struct span){out->p + start, out->n - start}, hash);
    return mf_buf_append(out, (struct span){hash, 32}, err);
}

/* A record of this segment: something was begun here. */
static bool begins_here(const struct record_chain *chain, struct span bytes)
{
    return bytes.n >= MF_JOURNAL_HEAD_LEN && memcmp(bytes.p, magic, 4) == 0 &&
           memcmp(bytes.p + 8, chain->tag, 32) == 0 && mf_be64(bytes.p + 40) == chain->generation;
}

size_t mf_journal_record_length(const struct record_chain *chain, struct span bytes)
{
    if (!begins_here(chain, bytes))
        return 0;
    uint64_t checkpoint = mf_be32(bytes.p + 60);
    uint64_t payload = mf_be64(bytes.p + 64);
    if (mf_be32(bytes.p + 4) != chain->format || checkpoint > MF_JOURNAL_CHECKPOINT_MAX ||
        payload > MF_JOURNAL_PAYLOAD_MAX)
        return 1;
    return (size_t)MF_JOURNAL_HEAD_LEN + (size_t)checkpoint + (size_t)payload + 32;
}

enum record_state mf_journal_record_read(struct crypto *c, const struct record_chain *chain,
                                         struct span bytes, struct journal_record *out,
                                         uint8_t previous[static 32], uint8_t hash[static 32],
                                         size_t *size)
{
    size_t length = mf_journal_record_length(chain, bytes);
    if (length == 0)
        return MF_RECORD_NONE;
    if (length == 1 || length > bytes.n)
        return MF_RECORD_BAD;
    const uint8_t *p = bytes.p;
    size_t checkpoint = mf_be32(p + 60);
    size_t payload = (size_t)mf_be64(p + 64);
    size_t signed_n = length - 32;
    mf_sha256(c, mf_span_first(bytes, signed_n), hash);
    if (memcmp(hash, p + signed_n, 32) != 0)
        return MF_RECORD_BAD;
    *out = (struct journal_record){
        .first_index = mf_be64(p + 48),
        .count = mf_be32(p + 56),
        .time_ms = mf_be64(p + 72),
        .checkpoint = {p + MF_JOURNAL_HEAD_LEN, checkpoint},
        .payload = {p + MF_JOURNAL_HEAD_LEN + checkpoint, payload},
    };
    memcpy(previous, p + 80, 32);
    memcpy(out->root, p + 112, 32);
    *size = length;
    return MF_RECORD_GOOD;
}

bool mf_journal_entry(struct span *payload, struct span *entry, struct err *err)
{
    if (payload->n < 4 || mf_be32(payload->p) > payload->n - 4)
        return mf_err_set(err, MF_ERR_FORMAT, "an entry reaches past the end of its commit");
    size_t n = mf_be32(payload->p);
    *entry = (struct span){payload->p + 4, n};
    *payload = mf_span_from(*payload, 4 + n);
    return true;
}
