#include "ca-stub/certificate/issuance.h"

#include <inttypes.h>

#include "ca-stub/audit/refusal_budget.h"
#include "ca-stub/certificate/ct_door.h"
#include "ca-stub/certificate/profile.h"
#include "common/keys/signer_client.h"

struct job { /* one certificate on its way */
    const struct issuer_ca *ca;
    const struct issue_worker *worker;
    const struct decision *decision;
    struct leaf leaf;
    uint8_t serial[MF_SERIAL_LEN];
    uint8_t key_id[MF_KEY_ID_LEN];
    struct buf precertificate;
    struct buf certificate;
    struct ct_promise promise;
    bool has_promise;
    enum issue_failure why;
    struct err *err;
};

static void job_done(struct job *job)
{
    mf_buf_done(&job->precertificate);
    mf_buf_done(&job->certificate);
    mf_buf_done(&job->promise.storage);
}

static bool failed(struct job *job, enum issue_failure why)
{
    job->why = why;
    return false;
}

static bool prepare(struct job *job, const struct public_key *key)
{
    const struct cert *ca = &job->ca->chain->cert[0];

    job->precertificate.max = MF_LEAF_MAX;
    job->certificate.max = MF_LEAF_MAX;
    if (!mf_serial_new(job->worker->crypto, job->serial, job->err))
        return failed(job, MF_ISSUE_CA);
    mf_key_id(job->worker->crypto, key, job->key_id);
    job->leaf = (struct leaf){
        .serial = MF_SPAN_OF(job->serial),
        .issuer = ca->subject,
        .issuer_key_id = ca->ski,
        .issuer_kind = mf_public_key_kind(job->ca->chain->key[0]),
        .not_before_s = job->decision->at.s, /* never back-dated */
        .not_after_s = job->decision->at.s + MF_LEAF_LIFETIME_S,
        .spki = mf_public_key_spki(key),
        .key_id = MF_SPAN_OF(job->key_id),
        .identity = &job->decision->verdict->identity,
    };
    if (job->leaf.not_before_s < ca->not_before.s || job->leaf.not_after_s > ca->not_after.s) {
        mf_err_set(job->err, MF_ERR_UNAVAILABLE, "issuing CA would end before the certificate");
        return failed(job, MF_ISSUE_CA);
    }
    /* Before anything is on record or in the CT log: what cannot be finished is not begun. */
    return mf_leaf_check_size(&job->leaf, job->err) ||
           failed(job, job->err->code == MF_ERR_LIMIT ? MF_ISSUE_IDENTITY : MF_ISSUE_CA);
}

static bool record(struct job *job, const char *event, struct span members)
{
    const struct audit_record record = {event, mf_span_str(job->decision->id), members};

    return mf_audit_log_append(job->ca->audit, &record, job->err) || failed(job, MF_ISSUE_AUDIT);
}

static bool record_intent(struct job *job)
{
    MF_SCOPED(mf_buf_done) struct buf members = {.max = MF_DECISION_MEMBERS_MAX};
    const struct decision_intent intent = {job->leaf.serial, job->leaf.spki, job->leaf.not_after_s};

    if (!mf_decision_put_intent(job->worker->crypto, job->decision, &intent, &members, job->err))
        return failed(job, MF_ISSUE_AUDIT);
    return record(job, MF_AUDIT_INTENT, mf_buf_span(&members));
}

/* Signs the leaf with its last extension (empty: the poison) into *out. */
static bool sign_leaf(struct job *job, struct span sct_list, struct buf *out)
{
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_LEAF_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct span message;

    if (!mf_leaf_write_tbs(&job->leaf, sct_list, &tbs, job->err))
        return failed(job, MF_ISSUE_CA);
    message = mf_buf_span(&tbs);
    if (!mf_signer_sign(job->ca->signer, &message, 1, &signature, job->err) ||
        !mf_certificate_join(message, job->leaf.issuer_kind, mf_buf_span(&signature), out,
                             job->err))
        return failed(job, MF_ISSUE_CA);
    return true;
}

static bool get_promise(struct job *job)
{
    const struct ca_chain *chain = job->ca->chain;
    const struct span submitted[] = {mf_buf_span(&job->precertificate), chain->cert[0].der,
                                     chain->cert[1].der};

    job->has_promise = mf_ct_door_submit(job->ca->ct, job->worker->crypto, job->worker->client,
                                         submitted, MF_LEN(submitted), chain->cert[0].spki,
                                         &job->promise, job->err);
    return job->has_promise || failed(job, MF_ISSUE_CT);
}

static bool finish(struct job *job)
{
    MF_SCOPED(mf_buf_done) struct buf value = {.max = MF_LEAF_MAX};
    const struct sct_list list = {.scts = {job->promise.sct}, .count = 1};

    if (!mf_sct_list_to_extension(&list, &value, job->err))
        return failed(job, MF_ISSUE_CA);
    if (!sign_leaf(job, mf_buf_span(&value), &job->certificate))
        return false;
    const struct leaf_check check = {mf_buf_span(&job->certificate),
                                     mf_buf_span(&job->precertificate), job->ca->chain->key[0]};
    return mf_leaf_check(job->worker->crypto, &job->leaf, &check, job->err) ||
           failed(job, MF_ISSUE_CA);
}

static const char *reason_of(enum issue_failure why)
{
    switch (why) {
    case MF_ISSUE_IDENTITY:
    case MF_ISSUE_CA:
        return "CA_BACKEND";
    case MF_ISSUE_CT:
        return "CT_LOG";
    case MF_ISSUE_AUDIT:
        return "AUDIT_UNAVAILABLE";
    }
    return "CA_BACKEND";
}

static bool record_outcome(struct job *job, const struct decision_outcome *outcome)
{
    MF_SCOPED(mf_buf_done) struct buf members = {.max = MF_DECISION_MEMBERS_MAX};
    struct decision_outcome full = *outcome;

    full.latency_us = (mf_clock_monotonic_ns(&job->ca->clock) - job->decision->began_ns) / 1000;
    if (!mf_decision_put_outcome(job->worker->crypto, &full, &members, job->err))
        return failed(job, MF_ISSUE_AUDIT);
    return record(job, MF_AUDIT_OUTCOME, mf_buf_span(&members));
}

/* The intent is durable: whatever happens now, its outcome is recorded. */
static bool carry_out(struct job *job)
{
    char detail[600];
    struct err cause;

    if (sign_leaf(job, (struct span){0}, &job->precertificate) && get_promise(job) && finish(job)) {
        const struct decision_outcome issued = {
            .outcome = "issued",
            .certificate = mf_buf_span(&job->certificate),
            .log_id = job->promise.sct.log_id,
            .sct_timestamp_ms = job->promise.sct.timestamp_ms,
        };
        return record_outcome(job, &issued);
    }
    cause = *job->err;
    enum issue_failure why = job->why;
    mf_err_render(&cause, detail, sizeof detail);
    const struct decision_outcome failure = {
        .outcome = "failed",
        .reason = reason_of(why),
        .detail = detail,
        /* what the log promised is in it, with a certificate or without */
        .log_id = job->has_promise ? job->promise.sct.log_id : NULL,
        .sct_timestamp_ms = job->promise.sct.timestamp_ms,
    };
    mf_err_clear(job->err);
    if (!record_outcome(job, &failure))
        return false;
    *job->err = cause;
    return failed(job, why);
}

bool mf_issue(const struct issuer_ca *ca, const struct issue_worker *worker,
              const struct decision *decision, const struct public_key *key, struct buf *der,
              enum issue_failure *why, struct err *err)
{
    MF_SCOPED(job_done)
    struct job job = {.ca = ca, .worker = worker, .decision = decision, .err = err};

    if (!mf_ct_door_is_open(ca->ct, err)) {
        *why = MF_ISSUE_CT;
        return false;
    }
    if (prepare(&job, key) && record_intent(&job) && carry_out(&job) &&
        (mf_buf_append(der, mf_buf_span(&job.certificate), err) || failed(&job, MF_ISSUE_CA)))
        return true;
    *why = job.why;
    return false;
}

bool mf_issue_deny(const struct issuer_ca *ca, const struct decision *decision, const char *reason,
                   const struct err *cause, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf members = {.max = MF_DECISION_MEMBERS_MAX};
    char detail[600];

    mf_err_render(cause, detail, sizeof detail);
    if (!mf_decision_put_deny(decision, reason, detail, &members, err))
        return mf_err_as(err, MF_ERR_UNAVAILABLE);
    const struct audit_record record = {MF_AUDIT_DENY, mf_span_str(decision->id),
                                        mf_buf_span(&members)};
    return mf_audit_log_append(ca->audit, &record, err);
}

static bool record_count(const struct issuer_ca *ca, uint64_t count, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf members = {.max = 64};

    if (!mf_buf_printf(&members, err, "\"decision\":\"deny\",\"count\":%" PRIu64, count))
        return false;
    const struct audit_record record = {MF_AUDIT_UNRECORDED, {0}, mf_buf_span(&members)};
    return mf_audit_log_append(ca->audit, &record, err);
}

bool mf_issue_unrecorded(const struct issuer_ca *ca, struct refusal_budget *budget, uint64_t *count,
                         struct err *err)
{
    *count = mf_refusal_budget_left_out(budget);
    if (*count == 0 || record_count(ca, *count, err))
        return true;
    mf_refusal_budget_keep(budget, *count);
    return false;
}
