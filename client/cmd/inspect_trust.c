/* A trusted root: whom it names, from when until when. */
#include "client/cmd/inspect_kinds.h"
#include "client/trust/trusted_root.h"

static void show_window(struct inspect_view *v, const struct validity *valid)
{
    if (valid->has_start)
        mf_view_time(v, "valid_from", valid->start);
    if (valid->has_end)
        mf_view_time(v, "valid_until", valid->end);
}

static void show_logs(struct inspect_view *v, struct crypto *c, const char *name, const char *title,
                      const struct trusted_log *logs, size_t count)
{
    mf_view_begin_list(v, name);
    for (size_t i = 0; i < count; i++) {
        MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
        struct err ignored = {0};
        bool known = logs[i].usable &&
                     mf_public_key_from_spki(c, mf_buf_span(&logs[i].spki), &key, &ignored);
        mf_view_begin_item(v, title);
        mf_view_text(v, "base_url", logs[i].base_url);
        mf_view_hex(v, "log_id", MF_SPAN_OF(logs[i].log_id));
        mf_view_word(v, "key",
                     known ? mf_key_kind_name(mf_public_key_kind(key))
                           : "of a kind not known here: counts as absent");
        show_window(v, &logs[i].valid);
        mf_view_end_item(v);
    }
    mf_view_end_list(v);
}

static bool show_chains(struct inspect_view *v, struct crypto *c, const char *name,
                        const char *title, const struct trusted_chain *chains, size_t count,
                        struct err *err)
{
    mf_view_begin_list(v, name);
    for (size_t i = 0; i < count; i++) {
        mf_view_begin_item(v, title);
        mf_view_text(v, "uri", chains[i].uri);
        show_window(v, &chains[i].valid);
        mf_view_begin_list(v, "certificates");
        for (size_t k = 0; k < chains[i].count; k++) {
            mf_view_begin_item(v, "  its certificate");
            if (!mf_inspect_certificate(v, c, &chains[i].certs[k], err))
                return mf_err_at(err, "%s[%zu]: certificate %zu", name, i, k);
            mf_view_end_item(v);
        }
        mf_view_end_list(v);
        mf_view_end_item(v);
    }
    mf_view_end_list(v);
    return true;
}

bool mf_inspect_trusted_root(struct inspect_view *v, struct span text, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;

    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err) || !mf_trusted_root_parse(text, &root, err))
        return false;
    show_logs(v, c, "tlogs", "transparency log", root->tlogs, root->tlog_count);
    show_logs(v, c, "ctlogs", "certificate log", root->ctlogs, root->ctlog_count);
    return show_chains(v, c, "certificate_authorities", "certificate authority", root->cas,
                       root->ca_count, err) &&
           show_chains(v, c, "timestamp_authorities", "timestamp authority", root->tsas,
                       root->tsa_count, err);
}
