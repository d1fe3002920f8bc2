#include "client/verify/tlog_check.h"

#include "client/verify/body_check.h"
#include "client/verify/checkpoint_check.h"
#include "client/verify/promise_check.h"
#include "transparency/entry/rekor_v1.h"

static bool check_kind(const struct tlog_entry *e, bool *is_v1, struct err *err)
{
    enum rekor_v1_kind kind;

    *is_v1 = mf_rekor_v1_kind(e->kind, e->version, &kind);
    if (*is_v1 || (mf_span_is(e->kind, "hashedrekord") && mf_span_is(e->version, "0.0.2")))
        return true;
    if (mf_span_is(e->kind, "intoto") && mf_span_is(e->version, "0.0.1"))
        mf_err_set(err, MF_ERR_REJECTED,
                   "an intoto 0.0.1 entry records no signature, so it proves "
                   "nothing of this one");
    else
        mf_err_set(err, MF_ERR_REJECTED, "entries of kind %.*s %.*s are not known",
                   MF_SPAN_ARG(e->kind), MF_SPAN_ARG(e->version));
    return mf_err_at(err, "kindVersion");
}

static bool check_presence(const struct tlog_entry *e, bool is_v1, struct err *err)
{
    if (!is_v1 && e->promise.n > 0)
        return mf_err_set(err, MF_ERR_REJECTED, "a Rekor v2 entry has no inclusion promise");
    if (e->body.n == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "canonicalizedBody is missing");
    if (!e->has_proof)
        return mf_err_set(err, MF_ERR_REJECTED, "inclusion proof is missing");
    if (e->checkpoint.n == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "checkpoint is missing");
    return true;
}

/* What counts is the checkpoint's head, and in Rekor v2 the entry's index. There are verifiers that
 * go by the copies inside the proof, so those that are there must say the same. Rekor v2's clients
 * are told to ignore them (rekor-tiles CLIENTS.md), so they may be left out of its entries; proto3
 * spells a number left out like 0. */
static bool check_copies(const struct tlog_entry *e, bool is_v1, const struct merkle_head *head,
                         struct err *err)
{
    if ((is_v1 || e->root.n > 0) &&
        !mf_span_eq(e->root, (struct span){head->root, sizeof head->root}))
        return mf_err_set(err, MF_ERR_REJECTED, "rootHash is not the checkpoint's");
    if ((is_v1 || e->tree_size != 0) && (uint64_t)e->tree_size != head->size)
        return mf_err_set(err, MF_ERR_REJECTED, "treeSize is not the checkpoint's");
    if (!is_v1 && e->proof_log_index != 0 && e->proof_log_index != e->log_index)
        return mf_err_set(err, MF_ERR_REJECTED, "logIndex of the proof is not the entry's");
    return true;
}

static bool check_inclusion(struct crypto *c, const struct tlog_entry *e, bool is_v1,
                            const uint8_t leaf[static 32], const struct merkle_head *head,
                            struct err *err)
{
    /* A v1 log counts over all its trees, its proofs within one. */
    uint64_t index = (uint64_t)(is_v1 ? e->proof_log_index : e->log_index);

    return (check_copies(e, is_v1, head, err) &&
            mf_proof_verify_inclusion(c, &e->proof, index, leaf, head, err)) ||
           mf_err_as(err, MF_ERR_REJECTED);
}

bool mf_tlog_check(struct crypto *c, const struct tlog_entry *entry,
                   const struct logged_content *content, const struct trusted_log *log,
                   struct logged_at *out, struct err *err)
{
    struct logged_at at = {.index = entry->log_index, .has_time = entry->promise.n > 0};
    struct merkle_head head;
    uint8_t leaf[32];
    bool is_v1 = false;

    if (!check_kind(entry, &is_v1, err) || !check_presence(entry, is_v1, err))
        return false;
    if (!mf_body_check(c, entry, content, is_v1, leaf, err))
        return mf_err_at(err, "body");
    if (at.has_time && !mf_promise_check(c, entry, log, &at.time, err))
        return mf_err_at(err, "inclusion promise");
    if (!mf_checkpoint_check(c, entry->checkpoint, log, is_v1, &head, err))
        return mf_err_at(err, "checkpoint");
    if (!check_inclusion(c, entry, is_v1, leaf, &head, err))
        return mf_err_at(err, "inclusion proof");
    if (is_v1 && !at.has_time) /* nobody signed the other index */
        at.index = entry->proof_log_index;
    *out = at;
    return true;
}
