/* Steps: the log's entries, and the witnesses of their heads. */
#include "client/verify/root_hint.h"
#include "client/verify/tlog_check.h"
#include "client/verify/verify_steps.h"
#include "client/verify/witness_check.h"

static bool is_repeated(const struct bundle *b, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (b->entries[i].log_index == b->entries[at].log_index &&
            mf_span_eq(b->entries[i].log_id, b->entries[at].log_id))
            return true;
    return false;
}

const struct trusted_log *mf_step_log_of(const struct verify_state *s, const struct tlog_entry *e)
{
    return e->log_id.n == 32 ? mf_trusted_root_tlog(s->params->root, e->log_id.p) : NULL;
}

static struct logged_content logged_content(const struct verify_state *s)
{
    const struct bundle *b = s->bundle;

    return (struct logged_content){
        .record =
            {
                .key_details = s->key_details,
                .digest = mf_artifact_digest(&s->content, mf_sig_digest(s->scheme)),
                .signature = mf_buf_span(&b->signature),
                .is_certificate = !b->has_key,
                .verifier = b->has_key ? mf_public_key_spki(s->key) : s->leaf.der,
            },
        .is_dsse = b->is_dsse,
        .payload_type = b->payload_type,
        .payload = mf_buf_span(&b->payload),
    };
}

static void count_entry(struct verify_state *s, const struct trusted_log *log,
                        const struct logged_at *at)
{
    struct logged_entry *entry = &s->out->entries[s->out->entry_count++];

    memcpy(entry->log_id, log->log_id, sizeof entry->log_id);
    entry->index = at->index;
    if (at->has_time)
        s->out->times[s->out->time_count++] = at->time;
}

static bool no_entry(const struct verify_state *s, struct err *err)
{
    if (s->bundle->entry_count == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "there is no log entry");
    mf_err_set(err, MF_ERR_REJECTED, "no entry is of a log that the trusted root names");
    return mf_root_hint(s->params->root, s->leaf.not_before, err);
}

bool mf_step_log(struct verify_state *s, struct err *err)
{
    const struct bundle *b = s->bundle;
    const struct logged_content content = logged_content(s);

    if (!mf_step_is_needed(s, MF_STEP_LOG, MF_NEED_LOG, s->params->root->no_tlogs))
        return true;
    if (!mf_step_names_artifact(s))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the bundle is for another file, or this one changed");
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct tlog_entry *e = &b->entries[i];
        struct logged_at at;
        if (is_repeated(b, i))
            return mf_err_set(err, MF_ERR_REJECTED, "entry %zu stands twice", i);
        const struct trusted_log *log = mf_step_log_of(s, e);
        if (log == NULL)
            continue;
        if (!mf_tlog_check(s->c, e, &content, log, &at, err))
            return b->entry_count == 1 ? false : mf_err_at(err, "entry %zu", i);
        count_entry(s, log, &at);
    }
    return s->out->entry_count > 0 || no_entry(s, err);
}

/* Every head that counts as a proof must have been seen: one good entry would be a way around. */
bool mf_step_witness(struct verify_state *s, struct err *err)
{
    const struct bundle *b = s->bundle;
    bool one[MF_POLICY_WITNESSES_MAX];
    bool is_first = true;

    if (s->params->witnesses == NULL)
        return mf_step_skip(s, MF_STEP_WITNESS, "no witness policy");
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct tlog_entry *e = &b->entries[i];
        const struct trusted_log *log = mf_step_log_of(s, e);
        if (log == NULL)
            continue;
        bool ok = mf_witness_check(s->c, e->checkpoint, log, s->params->witnesses, one, err);
        for (size_t k = 0; k < MF_LEN(one); k++)
            s->out->witnessed[k] = one[k] && (is_first || s->out->witnessed[k]);
        is_first = false;
        if (!ok)
            return b->entry_count == 1 ? false : mf_err_at(err, "entry %zu", i);
    }
    return !is_first ||
           mf_err_set(err, MF_ERR_REJECTED, "there is no log's head that could be witnessed");
}
