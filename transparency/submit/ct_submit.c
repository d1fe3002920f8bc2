#include "transparency/submit/ct_submit.h"

#include "common/codec/json.h"
#include "common/codec/url.h"
#include "common/net/service_answer.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "transparency/sct/ct_leaf.h"
#include "transparency/submit/submit_url.h"

_Static_assert((int)MF_CT_SUBMIT_URL_MAX > (int)MF_SUBMIT_BASE_URL_MAX, "a base URL fits");

static bool write_chain(const struct ct_submission *submission, struct buf *body, struct err *err)
{
    struct json_writer w = mf_json_writer(body, err);

    if (submission->count == 0 || submission->count > 1 + MF_CT_CHAIN_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "chain has %zu certificates, not 1 .. %d",
                          submission->count, 1 + MF_CT_CHAIN_MAX);
    mf_json_begin_object(&w);
    mf_json_key(&w, "chain");
    mf_json_begin_array(&w);
    for (size_t i = 0; i < submission->count; i++)
        mf_json_put_base64(&w, submission->chain[i]);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

bool mf_ct_submit_call(const char *base_url, const struct ct_submission *submission,
                       char url[static MF_CT_SUBMIT_URL_MAX], struct buf *body,
                       struct http_call *call, struct err *err)
{
    const char *path = submission->is_precert ? "/ct/v1/add-pre-chain" : "/ct/v1/add-chain";

    if (!mf_submit_url(base_url, path, url, MF_CT_SUBMIT_URL_MAX, err) ||
        !write_chain(submission, body, err))
        return false;
    *call = (struct http_call){
        .method = "POST",
        .url = url,
        .content_type = "application/json",
        .accept = "application/json",
        .body = mf_buf_span(body),
        .answer_max = MF_SCT_ANSWER_MAX,
        .attempt_ms = 10 * 1000,
        .total_ms = 30 * 1000,
        .tries = 3,
    };
    return true;
}

bool mf_ct_submit_answer(const struct http_answer *answer, struct buf *storage, struct sct *out,
                         struct err *err)
{
    if (!mf_service_answer_check(answer, NULL, err))
        return false;
    if (mf_sct_parse_json(mf_buf_span(&answer->body), storage, out, err))
        return true;
    mf_err_at(err, "log's answer");
    return mf_err_as(err, MF_ERR_UNAVAILABLE);
}

bool mf_ct_submit(struct http_client *client, const char *base_url,
                  const struct ct_submission *submission, struct buf *storage, struct sct *out,
                  struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_CT_SUBMIT_BODY_MAX};
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    char url[MF_CT_SUBMIT_URL_MAX];
    struct http_call call;

    if (!mf_ct_submit_call(base_url, submission, url, &body, &call, err))
        return false;
    return mf_http_call(client, &call, &answer, err) &&
           (mf_ct_submit_answer(&answer, storage, out, err) ||
            mf_err_at(err, "%.*s", MF_SPAN_ARG(mf_url_shown(base_url))));
}

/* RFC 6962 section 3.2: of a precertificate the log signs the TBS without the poison, under the
 * hash of the key that will issue. */
static bool precert_entry(struct crypto *c, const struct ct_submit_check *check, struct buf *tbs,
                          struct ct_entry *out, struct err *err)
{
    struct cert cert;

    if (!mf_cert_parse(check->der, &cert, err) ||
        !mf_precert_tbs(&cert, mf_oid_precert_poison, tbs, err))
        return mf_err_at(err, "precertificate");
    out->is_precert = true;
    mf_sha256(c, check->issuer_spki, out->issuer_key_hash);
    out->der = mf_buf_span(tbs);
    return true;
}

bool mf_ct_submit_verify(struct crypto *c, const struct sct *sct, const struct public_key *log_key,
                         const struct ct_submit_check *check, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_CERT_MAX};
    struct ct_entry entry = {.der = check->der};

    if (check->is_precert && !precert_entry(c, check, &tbs, &entry, err))
        return false;
    return mf_sct_verify(c, sct, log_key, &entry, err);
}
