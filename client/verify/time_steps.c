/* Steps: when it was signed, and whether that is late enough. */
#include "client/verify/timestamp_check.h"
#include "client/verify/verify_steps.h"
#include "common/codec/timestamp.h"

/* A log counts only in the window for which the trusted root names it: whoever takes the key of a
 * retired one can go on signing checkpoints. */
static bool logs_were_trusted(const struct verify_state *s, struct err *err)
{
    for (size_t i = 0; i < s->bundle->entry_count; i++) {
        const struct trusted_log *log = mf_step_log_of(s, &s->bundle->entries[i]);
        for (size_t k = 0; log != NULL && k < s->out->time_count; k++)
            if (!mf_trusted_root_tlog_holds(s->params->root, log, s->out->times[k]))
                return mf_err_set(err, MF_ERR_REJECTED,
                                  "the time of signing is outside the window for which the "
                                  "trusted root names the log of entry %zu",
                                  i);
    }
    return true;
}

static bool is_log_retired(const struct verify_state *s)
{
    for (size_t i = 0; i < s->bundle->entry_count; i++) {
        const struct trusted_log *log = mf_step_log_of(s, &s->bundle->entries[i]);
        if (log != NULL && log->valid.has_end)
            return true;
    }
    return false;
}

/* Without a certificate, a time is demanded only where something depends on it. */
static bool no_time(struct verify_state *s, const struct err *stranger, struct err *err)
{
    const struct managed_key *key = s->params->key;

    if (key != NULL && (s->params->require & MF_NEED_TIMESTAMP) == 0 && !key->valid.has_start &&
        !key->valid.has_end && s->params->root->tsa_count == 0 && !is_log_retired(s))
        return mf_step_skip(s, MF_STEP_TIMESTAMP, "nothing depends on the time");
    if (stranger->code == MF_OK)
        return mf_err_set(err, MF_ERR_REJECTED, "there is no timestamp, so no time of signing");
    *err = *stranger;
    return false;
}

bool mf_step_timestamp(struct verify_state *s, struct err *err)
{
    const struct bundle *b = s->bundle;
    bool is_required = (s->params->require & MF_NEED_TIMESTAMP) != 0;
    struct err stranger = {0};
    bool has_token = false;

    for (size_t i = 0; i < b->timestamp_count; i++) {
        struct err why = {0};
        struct instant t;
        bool known = false;
        for (size_t k = 0; k < i; k++)
            if (mf_span_eq(mf_buf_span(&b->timestamps[k]), mf_buf_span(&b->timestamps[i])))
                return mf_err_set(err, MF_ERR_REJECTED, "token %zu stands twice", i);
        if (mf_timestamp_check(s->c, mf_buf_span(&b->timestamps[i]), mf_buf_span(&b->signature),
                               s->params->root, &t, &known, &why)) {
            s->out->times[s->out->time_count++] = t;
            has_token = true;
            continue;
        }
        if (known) {
            *err = why;
            return false;
        }
        stranger = why; /* counts for nothing, but says why nothing is left */
    }
    if (is_required && !has_token && s->out->time_count > 0)
        return mf_err_set(err, MF_ERR_REJECTED,
                          "there is no timestamp by an authority, only the log's word");
    if (s->out->time_count > 0)
        return logs_were_trusted(s, err);
    return no_time(s, &stranger, err);
}

static bool check_times(const struct verify_state *s, struct err *err)
{
    const struct verify_floor *floor = s->params->floor;
    char when[MF_RFC3339_MAX];

    if (!floor->has_time)
        return true;
    mf_rfc3339_write(floor->signed_after, when);
    if (s->out->time_count == 0)
        return mf_err_set(err, MF_ERR_REJECTED,
                          "there is no time of signing; it must be from %s on", when);
    for (size_t i = 0; i < s->out->time_count; i++)
        if (mf_instant_cmp(s->out->times[i], floor->signed_after) < 0)
            return mf_err_set(err, MF_ERR_REJECTED, "it was signed before %s", when);
    return true;
}

static bool check_index(const struct verify_floor *floor, const struct logged_entry *entry,
                        struct err *err)
{
    int64_t least = floor->min_log_index;

    for (size_t i = 0; i < floor->log_count; i++)
        if (memcmp(floor->logs[i].log_id, entry->log_id, sizeof entry->log_id) == 0 &&
            floor->logs[i].index > least)
            least = floor->logs[i].index;
    return entry->index >= least ||
           mf_err_set(err, MF_ERR_REJECTED, "log entry %lld is older than entry %lld",
                      (long long)entry->index, (long long)least);
}

bool mf_step_floor(struct verify_state *s, struct err *err)
{
    const struct verify_floor *floor = s->params->floor;

    if (floor == NULL)
        return mf_step_skip(s, MF_STEP_FLOOR, "no floor");
    if (!check_times(s, err))
        return false;
    if (floor->min_log_index > 0 && s->out->entry_count == 0)
        return mf_err_set(err, MF_ERR_REJECTED,
                          "there is no log entry whose index could be compared");
    for (size_t i = 0; i < s->out->entry_count; i++)
        if (!check_index(floor, &s->out->entries[i], err))
            return false;
    return true;
}
