#include "transparency/engine/journal_record.h"

static const uint8_t magic[4] = {'M', 'F', 'J', '1'};

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
        !mf_buf_append_be(out, MF_JOURNAL_FORMAT, 4, err) ||
        !mf_buf_append(out, MF_SPAN_OF(chain->log_id), err) ||
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

/* A head of this log and generation: something was begun here. */
static bool begins_here(const struct record_chain *chain, struct span bytes)
{
    return bytes.n >= MF_JOURNAL_HEAD_LEN && memcmp(bytes.p, magic, 4) == 0 &&
           memcmp(bytes.p + 8, chain->log_id, 32) == 0 &&
           mf_be64(bytes.p + 40) == chain->generation;
}

enum record_state mf_journal_record_read(struct crypto *c, const struct record_chain *chain,
                                         struct span bytes, struct journal_record *out,
                                         uint8_t previous[static 32], uint8_t hash[static 32],
                                         size_t *size)
{
    if (!begins_here(chain, bytes))
        return MF_RECORD_NONE;
    const uint8_t *p = bytes.p;
    uint64_t checkpoint = mf_be32(p + 60);
    uint64_t payload = mf_be64(p + 64);
    if (mf_be32(p + 4) != MF_JOURNAL_FORMAT || checkpoint > MF_JOURNAL_CHECKPOINT_MAX ||
        payload > MF_JOURNAL_PAYLOAD_MAX)
        return MF_RECORD_BAD;
    size_t signed_n = MF_JOURNAL_HEAD_LEN + (size_t)checkpoint + (size_t)payload;
    if (signed_n + 32 > bytes.n)
        return MF_RECORD_BAD;
    mf_sha256(c, mf_span_first(bytes, signed_n), hash);
    if (memcmp(hash, p + signed_n, 32) != 0)
        return MF_RECORD_BAD;
    *out = (struct journal_record){
        .first_index = mf_be64(p + 48),
        .count = mf_be32(p + 56),
        .time_ms = mf_be64(p + 72),
        .checkpoint = {p + MF_JOURNAL_HEAD_LEN, (size_t)checkpoint},
        .payload = {p + MF_JOURNAL_HEAD_LEN + checkpoint, (size_t)payload},
    };
    memcpy(previous, p + 80, 32);
    memcpy(out->root, p + 112, 32);
    *size = signed_n + 32;
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
