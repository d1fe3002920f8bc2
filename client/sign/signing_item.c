#include "client/sign/signing_item.h"

#include "client/sign/service_failure.h"
#include "client/verify/bundle_verifier.h"
#include "client/verify/tsr.h"

enum { BUNDLE_MAX = 1024 * 1024, QUERY_MAX = 512, REQUEST_MAX = 128 * 1024 };

static struct hashedrekord entry_of(const struct signing *s, const struct signing_item *item)
{
    return (struct hashedrekord){
        .key_details = MF_KD_PKIX_ECDSA_P256_SHA_256,
        .digest = mf_artifact_digest(item->artifact, MF_SHA256),
        .signature = mf_buf_span(&item->signature),
        .is_certificate = true,
        .verifier = mf_buf_span(&s->certificate),
    };
}

bool mf_signing_item_prepare(struct signing *s, struct signing_item *item, struct http_call *tsa,
                             struct http_call *log, struct err *err)
{
    struct crypto *c = s->params.crypto;

    item->signature.max = MF_SIGNATURE_MAX;
    item->query.max = QUERY_MAX;
    item->request.max = REQUEST_MAX;
    if (!mf_sign_digest(c, s->key, MF_SIG_ECDSA_SHA256,
                        mf_artifact_digest(item->artifact, MF_SHA256), &item->signature, err) ||
        !mf_random(c, item->nonce, sizeof item->nonce, err) ||
        !mf_tsa_query_write(c, mf_buf_span(&item->signature), item->nonce, &item->query, err))
        return false;
    *tsa = mf_tsa_query_call(s->tsa_url, mf_buf_span(&item->query));
    const struct hashedrekord entry = entry_of(s, item);
    return mf_log_submit_call(s->log_url, &entry, item->log_endpoint, &item->request, log, err);
}

static bool read_token(const struct signing *s, const struct signing_item *item,
                       struct http_result *result, struct buf *token, struct err *err)
{
    if (!result->ok) {
        *err = result->err;
        mf_service_failed(MF_SERVICE_TSA, err);
        return false;
    }
    if (mf_tsa_query_answer(&result->answer, item->nonce, token, err))
        return true;
    mf_service_failed_at(MF_SERVICE_TSA, s->tsa_url, err);
    return false;
}

static bool read_entry(const struct signing_item *item, struct http_result *result,
                       struct tlog_entry *entry, struct err *err)
{
    if (!result->ok) {
        *err = result->err;
        mf_service_failed(MF_SERVICE_LOG, err);
        return false;
    }
    if (mf_log_submit_answer(&result->answer, entry, err))
        return true;
    mf_service_failed_at(MF_SERVICE_LOG, item->log_endpoint, err);
    return false;
}

/* A certificate that does not hold at the token's time: whose fault is it? Ours tells, if the two
 * differ by more than a certificate's life. */
static bool is_odd_time(const struct signing *s, const struct verification *result)
{
    if (result->steps[MF_STEP_CERTIFICATE] != MF_STEP_FAILED || result->time_count == 0)
        return false;
    int64_t off_s = result->times[0].s - mf_clock_now(&s->params.clock).s;
    return off_s > s->lifetime_s || off_s < -s->lifetime_s;
}

/* What the services gave does not hold: no verdict on the artifact, and nothing is written. */
static bool own_fault(const struct signing *s, const struct verification *result, struct err *err)
{
    bool is_log = result->steps[MF_STEP_LOG] == MF_STEP_FAILED;
    bool is_tsa = result->steps[MF_STEP_TIMESTAMP] == MF_STEP_FAILED || is_odd_time(s, result);

    mf_err_as(err, MF_ERR_UNAVAILABLE);
    mf_err_at(err, "our own bundle does not verify");
    mf_service_failed_at(is_log   ? MF_SERVICE_LOG
                         : is_tsa ? MF_SERVICE_TSA
                                  : MF_SERVICE_CA,
                         is_log   ? s->log_url
                         : is_tsa ? s->tsa_url
                                  : s->ca_url,
                         err);
    return false;
}

/* As any verifier would, offline. The name is the one in the certificate, which is the token's as
 * far as we can tell (see token_match.h); the issuer is the token's. */
static bool verify_own(struct signing *s, const struct signing_item *item, struct span text,
                       struct signed_artifact *out, struct err *err)
{
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    struct verification result = {0};
    struct signer_identity signer;
    struct cert cert;

    if (!mf_bundle_parse(text, &bundle, err) ||
        !mf_cert_parse(mf_buf_span(&bundle->certificate), &cert, err) ||
        !mf_signer_identity_read(&cert, &signer, err))
        return own_fault(s, &result, err);
    const struct demand row = mf_demand_exactly(signer.san.value,
                                                mf_buf_span(&s->params.claims->issuer));
    const struct identity_demand demand = {&row, 1};
    const struct verify_params params = {
        .root = s->params.root,
        .demand = &demand,
        .require = MF_NEED_LOG | MF_NEED_SCT,
        .artifact = item->artifact,
    };
    if (!mf_bundle_verify(s->params.crypto, bundle, &params, &result, err))
        return own_fault(s, &result, err);
    out->log_index = result.entries[0].index;
    return true;
}

static bool assemble(struct signing *s, const struct signing_item *item, struct span token,
                     const struct tlog_entry *entry, struct signed_artifact *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = BUNDLE_MAX};
    const struct bundle_parts parts = {
        .certificate = mf_buf_span(&s->certificate),
        .signature = mf_buf_span(&item->signature),
        .digest_alg = MF_SHA256,
        .digest = mf_artifact_digest(item->artifact, MF_SHA256),
        .entry = entry,
        .timestamp = token,
    };

    if (!mf_bundle_write(&parts, &text, err) || !verify_own(s, item, mf_buf_span(&text), out, err))
        return false;
    out->bundle = text;
    text = (struct buf){0};
    return true;
}

bool mf_signing_item_finish(struct signing *s, struct signing_item *item, struct http_result *tsa,
                            struct http_result *log, struct signed_artifact *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf token = {.max = MF_TSR_MAX};
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry entry = {0};

    return read_token(s, item, tsa, &token, err) && read_entry(item, log, &entry, err) &&
           assemble(s, item, mf_buf_span(&token), &entry, out, err);
}

void mf_signing_item_done(struct signing_item *item)
{
    mf_buf_done(&item->signature);
    mf_buf_done(&item->query);
    mf_buf_done(&item->request);
}
