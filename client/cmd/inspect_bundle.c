/* A bundle's content, certificate, log entries and timestamps. */
#include "client/bundle/bundle.h"
#include "client/cmd/inspect_kinds.h"
#include "client/identity/signer_identity.h"
#include "client/verify/tsr.h"
#include "common/codec/timestamp.h"

static bool show_certificate(struct inspect_view *v, const struct bundle *b, struct err *err)
{
    struct signer_identity who;
    struct cert cert;

    if (b->has_key) {
        mf_view_text(v, "key_hint", b->key_hint);
        return true;
    }
    if (!mf_cert_parse(mf_buf_span(&b->certificate), &cert, err))
        return false;
    if (!mf_signer_identity_read(&cert, &who, err))
        return mf_err_at(err, "certificate");
    mf_inspect_identity(v, &cert);
    mf_view_time(v, "not_before", cert.not_before);
    mf_view_time(v, "not_after", cert.not_after);
    mf_view_hex(v, "serial", cert.serial);
    return true;
}

static void show_entries(struct inspect_view *v, const struct bundle *b)
{
    mf_view_begin_list(v, "log_entries");
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct tlog_entry *e = &b->entries[i];
        mf_view_begin_item(v, "log entry");
        mf_view_text(v, "log_entry_kind", e->kind);
        mf_view_text(v, "log_entry_version", e->version);
        if (e->promise.n > 0)
            mf_view_time(v, "integrated_time", (struct instant){.s = e->integrated_time});
        mf_view_number(v, "log_index", e->log_index);
        mf_view_hex(v, "log_id", e->log_id);
        mf_view_number(v, "tree_size", e->tree_size);
        mf_view_end_item(v);
    }
    mf_view_end_list(v);
}

static bool show_timestamps(struct inspect_view *v, const struct bundle *b, struct err *err)
{
    mf_view_begin_list(v, "timestamps");
    for (size_t i = 0; i < b->timestamp_count; i++) {
        char when[MF_RFC3339_MAX];
        struct tsr t;
        if (!mf_tsr_parse(mf_buf_span(&b->timestamps[i]), &t, err))
            return mf_err_at(err, "timestamp %zu", i);
        mf_rfc3339_write(t.gen_time, when);
        mf_view_element(v, "timestamp", mf_span_str(when));
    }
    mf_view_end_list(v);
    return true;
}

bool mf_inspect_bundle(struct inspect_view *v, struct span text, struct err *err)
{
    MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;

    if (!mf_bundle_parse(text, &b, err))
        return false;
    mf_view_word(v, "content", b->is_dsse ? "dsseEnvelope" : "messageSignature");
    if (b->is_dsse)
        mf_view_text(v, "payload_type", b->payload_type);
    if (b->has_digest)
        mf_view_hex(v, mf_digest_name(b->digest_alg), mf_buf_span(&b->digest));
    if (!show_certificate(v, b, err))
        return false;
    show_entries(v, b);
    return show_timestamps(v, b, err);
}
