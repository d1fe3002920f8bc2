#include "client/verify/witness_check.h"

#include "transparency/note/checkpoint.h"

/* Rekor v1 puts " - " and the number of the tree behind its name. */
static bool is_origin_of(struct span origin, struct span name)
{
    static const struct span between = MF_SPAN_INIT(" - ");
    uint64_t tree = 0;

    if (!mf_span_starts(origin, name))
        return false;
    struct span rest = mf_span_from(origin, name.n);
    return rest.n == 0 ||
           (mf_span_starts(rest, between) && mf_span_decimal(mf_span_from(rest, between.n), &tree));
}

static bool is_named(struct crypto *c, const struct note_key *key, const struct trusted_log *log,
                     const struct note *note, struct span origin)
{
    struct err ignored = {0};

    return mf_span_eq(mf_public_key_spki(key->key), mf_buf_span(&log->spki)) &&
           is_origin_of(origin, mf_note_key_name(key)) &&
           mf_note_key_verify(c, key, note, &ignored);
}

static bool check_log(struct crypto *c, const struct witness_policy *policy,
                      const struct trusted_log *log, const struct note *note, struct err *err)
{
    struct checkpoint checkpoint;

    if (policy->log_count == 0)
        return true;
    if (!mf_checkpoint_parse(note->text, &checkpoint, err))
        return false;
    for (size_t i = 0; i < policy->log_count; i++)
        if (is_named(c, &policy->logs[i].key, log, note, checkpoint.origin))
            return true;
    return mf_err_set(err, MF_ERR_REJECTED, "the policy names other logs, not %.*s",
                      MF_SPAN_ARG(checkpoint.origin));
}

bool mf_witness_check(struct crypto *c, struct span note, const struct trusted_log *log,
                      const struct witness_policy *policy,
                      bool signed_by[static MF_POLICY_WITNESSES_MAX], struct err *err)
{
    MF_SCOPED(mf_note_done) struct note parsed = {0};

    memset(signed_by, 0, MF_POLICY_WITNESSES_MAX * sizeof *signed_by);
    return mf_note_parse(note, &parsed, err) && check_log(c, policy, log, &parsed, err) &&
           mf_witness_policy_check(c, policy, &parsed, signed_by, err);
}
