/* Any bytes are refused with a reason, or are a bundle within its limits; one with a message
 * signature is written as JSON that reads as the same bundle. */
#include "client/bundle/bundle.h"
#include "tests/support/fuzz.h"

static bool same(const struct buf *a, const struct buf *b)
{
    return mf_span_eq(mf_buf_span(a), mf_buf_span(b));
}

static void require_same_entry(const struct tlog_entry *a, const struct tlog_entry *b)
{
    mf_require(a->log_index == b->log_index && mf_span_eq(a->log_id, b->log_id));
    mf_require(mf_span_eq(a->kind, b->kind) && mf_span_eq(a->version, b->version));
    mf_require(mf_span_eq(a->body, b->body) && mf_span_eq(a->checkpoint, b->checkpoint));
    mf_require(a->has_proof == b->has_proof && a->proof.count == b->proof.count);
}

static void check_limits(const struct bundle *b)
{
    mf_require(b->minor_version >= 1 && b->minor_version <= 3);
    mf_require(!b->has_key || b->certificate.n == 0);
    mf_require(b->entry_count <= MF_BUNDLE_ENTRIES_MAX);
    mf_require(b->timestamp_count <= MF_BUNDLE_TIMESTAMPS_MAX);
    mf_require(b->signature.n > 0);
    mf_require(!b->has_digest || b->digest.n == mf_digest_length(b->digest_alg));
    mf_require(b->is_dsse ? b->digest.n == 0 : b->payload.n == 0);
    for (size_t i = 0; i < b->entry_count; i++)
        mf_require(b->entries[i].log_index >= 0);
}

static void check_written(const struct bundle *b)
{
    MF_SCOPED(mf_bundle_free) struct bundle *again = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_BUNDLE_MAX};
    const struct bundle_parts parts = {
        .certificate = mf_buf_span(&b->certificate),
        .signature = mf_buf_span(&b->signature),
        .digest_alg = b->digest_alg,
        .digest = mf_buf_span(&b->digest),
        .entry = &b->entries[0],
        .timestamp = mf_buf_span(&b->timestamps[0]),
    };
    struct err err = {0};

    mf_require(mf_bundle_write(&parts, &text, &err));
    mf_require(mf_bundle_parse(mf_buf_span(&text), &again, &err));
    check_limits(again);
    mf_require(again->minor_version == 3 && !again->is_dsse && again->has_digest);
    mf_require(again->digest_alg == b->digest_alg && same(&again->digest, &b->digest));
    mf_require(same(&again->certificate, &b->certificate));
    mf_require(same(&again->signature, &b->signature));
    mf_require(again->entry_count == 1 && again->timestamp_count == 1);
    require_same_entry(&again->entries[0], &b->entries[0]);
    mf_require(same(&again->timestamps[0], &b->timestamps[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;
    struct err err = {0};

    if (!mf_bundle_parse((struct span){data, size}, &b, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && b == NULL);
        return 0;
    }
    check_limits(b);
    if (!b->has_key && !b->is_dsse && b->has_digest && b->entry_count > 0 && b->timestamp_count > 0)
        check_written(b);
    return 0;
}
