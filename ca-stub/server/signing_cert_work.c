#include "ca-stub/server/signing_cert_work.h"

#include <stdlib.h>

#include "ca-stub/audit/refusal_budget.h"
#include "ca-stub/certificate/profile.h"
#include "ca-stub/certificate/proof_of_possession.h"
#include "ca-stub/identity/token_gate.h"
#include "ca-stub/server/ca_answer.h"
#include "common/net/http_client.h"
#include "common/run/clock_guard.h"
#include "common/run/log.h"
#include "common/run/trouble.h"

enum { RETRY_AFTER_S = 2 };

/* Fulcio's texts; clients and people search for them. */
static const char token_text[] = "There was an error processing the identity token";
static const char ca_text[] = "error communicating with CA backend";
static const char ct_text[] = "Error entering certificate in CTL";
static const char late_text[] = "the request has waited too long";

struct signing_cert_worker {
    const struct signing_cert_params *params;
    struct crypto *crypto;
    struct http_client *client;
};

struct work { /* one request */
    struct signing_cert_worker *worker;
    const struct signing_cert_input *input;
    struct signing_cert_request request;
    struct token_verdict verdict;
    struct decision decision;
    struct public_key *key;
    struct buf certificate;
    bool unrecorded; /* no line in audit log or service log; of our own faults, one in a while */
    struct err err;
};

static void work_done(struct work *w)
{
    mf_signing_cert_request_done(&w->request);
    mf_token_verdict_done(&w->verdict);
    mf_public_key_free(&w->key);
    mf_buf_done(&w->certificate);
}

bool mf_signing_cert_worker_new(const struct signing_cert_params *params,
                                struct signing_cert_worker **out, struct err *err)
{
    const struct http_client_params client = {
        .user_agent = "mayfly-ca", .allow_plain_http = true, .connect_ms = 2000};
    struct signing_cert_worker *worker = mf_array_new(1, sizeof *worker);

    if (worker == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a worker");
    worker->params = params;
    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &worker->crypto, err) ||
        !mf_http_client_new(&client, &worker->client, err)) {
        mf_signing_cert_worker_free(&worker);
        return false;
    }
    *out = worker;
    return true;
}

void mf_signing_cert_worker_free(struct signing_cert_worker **worker)
{
    if (*worker == NULL)
        return;
    mf_http_client_free(&(*worker)->client);
    mf_crypto_free(&(*worker)->crypto);
    free(*worker);
    *worker = NULL;
}

void mf_signing_cert_busy(struct http_reply *reply)
{
    const struct ca_refusal refusal = {.status = 503,
                                       .message = "too many requests are waiting",
                                       .reason = "OVERLOADED",
                                       .detail = "",
                                       .decision_id = "",
                                       .retry_after_s = 1};

    mf_ca_refuse(&refusal, reply);
}

static void answer(struct work *w, unsigned status, const char *message, const char *reason,
                   struct http_reply *reply)
{
    char detail[600];

    mf_err_render(&w->err, detail, sizeof detail);
    const struct ca_refusal refusal = {.status = status,
                                       .message = message,
                                       .reason = reason,
                                       .detail = detail,
                                       .decision_id = w->unrecorded ? "" : w->decision.id,
                                       .retry_after_s = status == 503 ? RETRY_AFTER_S : 0};
    mf_ca_refuse(&refusal, reply);
    if (w->unrecorded && status >= 500) /* whoever runs this must hear of it, budget or not */
        mf_trouble_log(w->worker->params->faults, MF_LOG_WARN, "requests fail, not recorded",
                       reason, &w->err);
    if (w->unrecorded)
        return;
    mf_log(status >= 500 ? MF_LOG_WARN : MF_LOG_INFO, "certificate refused",
           MF_LOG_TEXT("decision_id", w->decision.id), MF_LOG_TEXT("reason", reason),
           MF_LOG_TEXT("detail", detail), MF_LOG_NUMBER("status", status));
}

/* A refusal costs whoever asks nothing, so a budget decides what is written down; see
 * refusal_budget.h. */
static void spend_budget(struct work *w)
{
    const struct signing_cert_params *params = w->worker->params;
    uint64_t left_out = 0;
    struct err err = {0};

    w->unrecorded = !mf_refusal_budget_take(params->budget,
                                            w->verdict.is_signed ? w->verdict.digest : NULL);
    if (w->unrecorded)
        return;
    if (!mf_issue_unrecorded(&params->ca, params->budget, &left_out, &err))
        mf_log_err(MF_LOG_WARN, "audit log", &err);
    else if (left_out > 0)
        mf_log(MF_LOG_WARN, "refusals were not recorded", MF_LOG_NUMBER("count", left_out));
}

/* A refusal is a decision, whoever is to blame: it is answered as such only once it is on record,
 * or counted. */
static void deny(struct work *w, unsigned status, const char *message, const char *reason,
                 struct http_reply *reply)
{
    struct err audit = {0};

    spend_budget(w);
    if (w->unrecorded ||
        mf_issue_deny(&w->worker->params->ca, &w->decision, reason, &w->err, &audit)) {
        answer(w, status, message, reason, reply);
        return;
    }
    w->err = audit;
    answer(w, 503, ca_text, "AUDIT_UNAVAILABLE", reply);
}

static bool check_token(struct work *w, struct http_reply *reply)
{
    struct span token = mf_buf_span(&w->request.token);
    const struct signing_cert_params *params = w->worker->params;

    if (token.n == 0)
        token = w->input->header_token;
    w->decision.verdict = &w->verdict;
    if (mf_token_gate_check(params->gate, w->worker->crypto, token, w->decision.at, &w->verdict,
                            &w->err))
        return true;
    const char *reason = w->verdict.reason[0] != '\0' ? w->verdict.reason : "TOKEN_REFUSED";
    unsigned otherwise = w->err.code == MF_ERR_UNAVAILABLE ? 503 : 500;
    deny(w, w->err.code == MF_ERR_DENIED ? 400 : otherwise, token_text, reason, reply);
    return false;
}

static void refuse_proof(struct work *w, enum proof_refusal why, struct http_reply *reply)
{
    switch (why) {
    case MF_PROOF_KEY_UNREADABLE:
        deny(w, 400, "The public key supplied in the request could not be parsed", "KEY_MALFORMED",
             reply);
        return;
    case MF_PROOF_KEY_WEAK:
        deny(w, 400, "The public key supplied in the request is insecure", "KEY_WEAK", reply);
        return;
    case MF_PROOF_NOT_PROVEN:
        deny(w, 400, "The signature supplied in the request could not be verified", "POP_INVALID",
             reply);
        return;
    case MF_PROOF_CSR_UNREADABLE:
        deny(w, 400, "The certificate signing request could not be parsed", "CSR_MALFORMED", reply);
        return;
    case MF_PROOF_ALGORITHM:
        deny(w, 400, w->err.what, "ALGORITHM_FORBIDDEN", reply);
        return;
    case MF_PROOF_FAULT:
        deny(w, 500, ca_text, "CA_BACKEND", reply);
        return;
    }
}

static bool check_proof(struct work *w, struct http_reply *reply)
{
    enum proof_refusal why = MF_PROOF_NOT_PROVEN;
    const struct possession possession = {mf_buf_span(&w->request.key),
                                          w->verdict.identity.challenge,
                                          mf_buf_span(&w->request.signature)};
    bool ok = w->request.has_csr
                  ? mf_proof_by_csr(w->worker->crypto, mf_buf_span(&w->request.csr), &w->key, &why,
                                    &w->err)
                  : mf_proof_by_signature(w->worker->crypto, &possession, &w->key, &why, &w->err);

    if (!ok)
        refuse_proof(w, why, reply);
    return ok;
}

/* Asked before the work begins, and again before anything is on record: the caller may have waited
 * for a worker, and then for an issuer's keys. */
static bool is_in_time(struct work *w, struct http_reply *reply)
{
    uint64_t now_ns = mf_clock_monotonic_ns(&w->worker->params->ca.clock);

    if (now_ns >= atomic_load(w->input->begin_until_ns))
        mf_err_set(&w->err, MF_ERR_UNAVAILABLE, "the server is stopping");
    else if (now_ns - w->input->began_ns > MF_ISSUE_DEADLINE_MS * UINT64_C(1000000))
        mf_err_set(&w->err, MF_ERR_UNAVAILABLE, "no certificate is begun after %d s",
                   MF_ISSUE_DEADLINE_MS / 1000);
    else
        return true;
    answer(w, 503, late_text, "DEADLINE", reply);
    return false;
}

static bool issue(struct work *w, struct http_reply *reply)
{
    const struct issue_worker worker = {w->worker->crypto, w->worker->client};
    enum issue_failure why = MF_ISSUE_CA;

    w->certificate.max = MF_LEAF_MAX;
    if (mf_issue(&w->worker->params->ca, &worker, &w->decision, w->key, &w->certificate, &why,
                 &w->err))
        return true;
    if (why == MF_ISSUE_IDENTITY)
        deny(w, 400, w->err.what, "IDENTITY_TOO_LARGE", reply);
    else if (why == MF_ISSUE_CT)
        answer(w, 503, ct_text, "CT_LOG", reply);
    else if (why == MF_ISSUE_AUDIT)
        answer(w, 503, ca_text, "AUDIT_UNAVAILABLE", reply);
    else
        answer(w, w->err.code == MF_ERR_UNAVAILABLE ? 503 : 500, ca_text, "CA_BACKEND", reply);
    return false;
}

static void hand_out(struct work *w, struct http_reply *reply)
{
    struct span leaf = mf_buf_span(&w->certificate);
    struct span chain = mf_buf_span(&w->worker->params->ca.chain->pem);
    bool ok = w->input->api == MF_SIGNING_CERT_V1 ? mf_ca_answer_v1(leaf, chain, reply, &w->err)
                                                  : mf_ca_answer_v2(leaf, chain, reply, &w->err);

    if (!ok) {
        answer(w, 500, ca_text, "CA_BACKEND", reply);
        return;
    }
    mf_log(MF_LOG_INFO, "certificate issued", MF_LOG_TEXT("decision_id", w->decision.id),
           MF_LOG_SPAN("identity", w->verdict.identity.san),
           MF_LOG_SPAN("issuer", w->verdict.identity.issuer));
}

static bool begin(struct work *w, struct http_reply *reply)
{
    w->unrecorded = true; /* a line for each would be load on a server that has too much */
    if (!is_in_time(w, reply))
        return false;
    w->unrecorded = false;
    if (!mf_decision_id_new(w->worker->crypto, w->decision.id, &w->err))
        answer(w, 500, ca_text, "CA_BACKEND", reply);
    else if (!mf_clock_guard_now(w->worker->params->guard, &w->decision.at, &w->err))
        answer(w, 503, ca_text, "CLOCK_UNTRUSTED", reply);
    else if (mf_signing_cert_parse(w->input->body, w->input->api, &w->request, &w->err))
        return true;
    else
        deny(w, 400, w->err.what, "REQUEST_MALFORMED", reply);
    return false;
}

void mf_signing_cert_work(struct signing_cert_worker *worker,
                          const struct signing_cert_input *input, struct http_reply *reply)
{
    MF_SCOPED(work_done) struct work w = {.worker = worker, .input = input};

    w.decision.remote = input->remote;
    w.decision.began_ns = input->began_ns;
    if (begin(&w, reply) && check_token(&w, reply) && check_proof(&w, reply) &&
        is_in_time(&w, reply) && issue(&w, reply))
        hand_out(&w, reply);
}
