#include "transparency/note/witness_policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "transparency/note/cosignature.h"

void mf_witness_policy_free(struct witness_policy **policy)
{
    struct witness_policy *p = *policy;

    if (p == NULL)
        return;
    for (size_t i = 0; i < p->log_count; i++)
        mf_note_key_done(&p->logs[i].key);
    for (size_t i = 0; i < p->witness_count; i++)
        mf_note_key_done(&p->witnesses[i].key);
    mf_buf_done(&p->text);
    free(p);
    *policy = NULL;
}

static size_t count_met(const struct witness_policy *p, const struct policy_node *group,
                        const bool *met)
{
    size_t count = 0;

    for (size_t i = 0; i < group->count; i++)
        count += met[p->members[group->first + i]];
    return count;
}

/* Members stand before their group, so one pass in order is enough. */
static void evaluate(const struct witness_policy *p, const bool *signed_by, bool *met)
{
    for (size_t i = 0; i < p->node_count; i++) {
        const struct policy_node *node = &p->nodes[i];
        met[i] = node->is_group ? count_met(p, node, met) >= node->threshold
                                : signed_by[node->witness];
    }
}

static void list_missing(const struct witness_policy *p, const struct policy_node *group,
                         const bool *met, char *out, size_t cap)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < group->count && used < cap; i++) {
        size_t member = p->members[group->first + i];
        if (met[member])
            continue;
        int n = snprintf(out + used, cap - used, "%s%.*s", used == 0 ? "" : ", ",
                         MF_SPAN_ARG(p->nodes[member].name));
        used += n > 0 ? (size_t)n : cap;
    }
}

static bool not_witnessed(const struct witness_policy *p, const bool *met, struct err *err)
{
    const struct policy_node *quorum = &p->nodes[p->quorum];
    char missing[200];

    if (!quorum->is_group)
        return mf_err_set(err, MF_ERR_REJECTED, "witness %.*s has not cosigned the checkpoint",
                          MF_SPAN_ARG(quorum->name));
    list_missing(p, quorum, met, missing, sizeof missing);
    return mf_err_set(err, MF_ERR_REJECTED,
                      "the quorum %.*s needs %zu of its %zu members and has %zu (without: %s)",
                      MF_SPAN_ARG(quorum->name), quorum->threshold, quorum->count,
                      count_met(p, quorum, met), missing);
}

bool mf_witness_policy_check(struct crypto *c, const struct witness_policy *policy,
                             const struct note *note,
                             bool signed_by[static MF_POLICY_WITNESSES_MAX], struct err *err)
{
    bool met[MF_POLICY_NODES_MAX] = {false};

    memset(signed_by, 0, MF_POLICY_WITNESSES_MAX * sizeof *signed_by);
    for (size_t i = 0; i < policy->witness_count; i++) {
        const struct policy_witness *w = &policy->witnesses[i];
        if (!w->unusable && !mf_cosignature_verify(c, &w->key, note, &signed_by[i], err))
            return false;
    }
    evaluate(policy, signed_by, met);
    return !policy->has_quorum || met[policy->quorum] || not_witnessed(policy, met, err);
}
