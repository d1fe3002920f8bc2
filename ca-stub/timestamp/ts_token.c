#include "ca-stub/timestamp/ts_token.h"

#include <assert.h>
#include <stdlib.h>

#include "ca-stub/timestamp/ts_parts.h"
#include "common/codec/der.h"
#include "common/codec/timestamp.h"
#include "common/keys/signer_client.h"
#include "common/x509/oid.h"

enum { SERIAL_LEN = 20 };  /* bytes; the top bit is clear, so 159 random bits */
enum { DRAFT_MAX = 4096 }; /* bytes of a TSTInfo, and of signed attributes */

static const int64_t utc_time_end_s = 2524608000; /* 2050-01-01T00:00:00Z */

struct ts_issuer {
    struct ts_parts parts;
    struct signer *signer;
};

struct draft {             /* one token on its way */
    struct buf tst;        /* TSTInfo */
    struct buf attributes; /* under the SET tag that is signed */
    struct buf signature;
};

bool mf_ts_issuer_new(struct crypto *c, struct span leaf, struct signer *signer,
                      struct ts_issuer **out, struct err *err)
{
    struct ts_issuer *issuer = mf_array_new(1, sizeof *issuer);

    if (issuer == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the timestamp issuer");
    issuer->signer = signer;
    if (!mf_ts_parts_init(&issuer->parts, c, leaf, mf_signer_key(signer), err)) {
        mf_ts_issuer_free(&issuer);
        return mf_err_at(err, "timestamp certificate");
    }
    *out = issuer;
    return true;
}

void mf_ts_issuer_free(struct ts_issuer **issuer)
{
    if (*issuer == NULL)
        return;
    mf_ts_parts_done(&(*issuer)->parts);
    free(*issuer);
    *issuer = NULL;
}

static bool put_accuracy(struct buf *b, struct err *err)
{
    size_t accuracy = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &accuracy, err) && mf_der_put_uint(b, 1, err) &&
           mf_der_finish(b, accuracy, err);
}

static bool put_nonce(struct buf *b, const struct ts_request *request, struct err *err)
{
    struct span nonce = {request->nonce, request->nonce_n};

    return nonce.n == 0 || mf_der_put(b, MF_DER_INTEGER, nonce, err);
}

static bool put_tst(const struct ts_issuer *issuer, const struct ts_request *request,
                    struct span serial, int64_t gen_time_s, struct buf *b, struct err *err)
{
    size_t tst = 0;
    char time[16];

    mf_generalized_time_write(gen_time_s, time);
    return mf_der_begin(b, MF_DER_SEQUENCE, &tst, err) && mf_der_put_uint(b, 1, err) &&
           mf_der_put(b, MF_DER_OID, mf_oid_sigstore_tsa_policy, err) &&
           mf_buf_append(b, (struct span){request->imprint, request->imprint_n}, err) &&
           mf_der_put_unsigned(b, serial, err) &&
           mf_der_put(b, MF_DER_GENERALIZED_TIME, mf_span_str(time), err) && put_accuracy(b, err) &&
           put_nonce(b, request, err) &&
           mf_buf_append(b, mf_buf_span(&issuer->parts.tsa_name), err) &&
           mf_der_finish(b, tst, err);
}

/* What is written before the signature. */
static bool draft_token(const struct ts_issuer *issuer, struct crypto *c, int64_t gen_time_s,
                        const struct ts_request *request, struct draft *draft, struct err *err)
{
    uint8_t digest[MF_DIGEST_MAX], serial[SERIAL_LEN];

    draft->tst = (struct buf){.max = DRAFT_MAX};
    draft->attributes = (struct buf){.max = DRAFT_MAX};
    draft->signature = (struct buf){.max = MF_SIGNATURE_MAX};
    if (!mf_random(c, serial, sizeof serial, err))
        return false;
    serial[0] &= 0x7F;
    if (!put_tst(issuer, request, MF_SPAN_OF(serial), gen_time_s, &draft->tst, err))
        return false;
    mf_digest(c, issuer->parts.alg, mf_buf_span(&draft->tst), digest);
    return mf_ts_parts_attributes(&issuer->parts, gen_time_s, digest, &draft->attributes, err);
}

static bool put_content(const struct draft *draft, struct buf *b, struct err *err)
{
    size_t content = 0, held = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &content, err) &&
           mf_der_put(b, MF_DER_OID, mf_oid_tst_info, err) &&
           mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(0), &held, err) &&
           mf_der_put(b, MF_DER_OCTET_STRING, mf_buf_span(&draft->tst), err) &&
           mf_der_finish(b, held, err) && mf_der_finish(b, content, err);
}

static bool put_signer_info(const struct ts_parts *parts, const struct draft *draft, struct buf *b,
                            struct err *err)
{
    size_t set = 0, info = 0, attributes_at;

    if (!mf_der_begin(b, MF_DER_SET, &set, err) || !mf_der_begin(b, MF_DER_SEQUENCE, &info, err) ||
        !mf_buf_append(b, mf_buf_span(&parts->signer_head), err))
        return false;
    attributes_at = b->n;
    if (!mf_buf_append(b, mf_buf_span(&draft->attributes), err))
        return false;
    /* RFC 5652 section 5.4: signed under the SET tag, carried under [0]. */
    b->p[attributes_at] = MF_DER_CONTEXT_CONSTRUCTED(0);
    return mf_buf_append(b, mf_buf_span(&parts->sig_alg), err) &&
           mf_der_put(b, MF_DER_OCTET_STRING, mf_buf_span(&draft->signature), err) &&
           mf_der_finish(b, info, err) && mf_der_finish(b, set, err);
}

static bool put_signed_data(const struct ts_parts *parts, const struct draft *draft, bool with_cert,
                            struct buf *b, struct err *err)
{
    size_t data = 0;

    return mf_der_begin(b, MF_DER_SEQUENCE, &data, err) &&
           mf_buf_append(b, mf_buf_span(&parts->data_head), err) && put_content(draft, b, err) &&
           (!with_cert || mf_buf_append(b, mf_buf_span(&parts->certificates), err)) &&
           put_signer_info(parts, draft, b, err) && mf_der_finish(b, data, err);
}

static bool put_response(const struct ts_issuer *issuer, const struct draft *draft, bool with_cert,
                         struct buf *b, struct err *err)
{
    static const uint8_t granted[] = {0x30, 0x03, 0x02, 0x01, 0x00}; /* PKIStatusInfo */
    size_t response = 0, token = 0, held = 0;

    return mf_buf_reserve(b, 2048, err) && mf_der_begin(b, MF_DER_SEQUENCE, &response, err) &&
           mf_buf_append(b, MF_SPAN_OF(granted), err) &&
           mf_der_begin(b, MF_DER_SEQUENCE, &token, err) &&
           mf_der_put(b, MF_DER_OID, mf_oid_signed_data, err) &&
           mf_der_begin(b, MF_DER_CONTEXT_CONSTRUCTED(0), &held, err) &&
           put_signed_data(&issuer->parts, draft, with_cert, b, err) &&
           mf_der_finish(b, held, err) && mf_der_finish(b, token, err) &&
           mf_der_finish(b, response, err);
}

struct batch {
    struct draft drafts[MF_TS_BATCH_MAX];
    struct span messages[MF_TS_BATCH_MAX];
    struct buf signatures[MF_TS_BATCH_MAX];
};

static bool issue(const struct ts_issuer *issuer, struct crypto *c, int64_t gen_time_s,
                  struct ts_job *jobs, size_t count, struct batch *batch, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!draft_token(issuer, c, gen_time_s, &jobs[i].request, &batch->drafts[i], err))
            return false;
        batch->messages[i] = mf_buf_span(&batch->drafts[i].attributes);
        batch->signatures[i] = (struct buf){.max = MF_SIGNATURE_MAX};
    }
    if (!mf_signer_sign(issuer->signer, batch->messages, count, batch->signatures, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        batch->drafts[i].signature = batch->signatures[i];
        batch->signatures[i] = (struct buf){0}; /* moved */
        jobs[i].response = (struct buf){.max = MF_TS_RESPONSE_MAX};
        if (!put_response(issuer, &batch->drafts[i], jobs[i].request.want_certificate,
                          &jobs[i].response, err))
            return false;
    }
    return true;
}

static bool check_time(const struct ts_parts *parts, int64_t gen_time_s, struct err *err)
{
    if (gen_time_s < parts->not_before.s || gen_time_s > parts->not_after.s ||
        gen_time_s >= utc_time_end_s)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the timestamp certificate is not valid now");
    return true;
}

bool mf_ts_issue(const struct ts_issuer *issuer, struct crypto *c, int64_t gen_time_s,
                 struct ts_job *jobs, size_t count, struct err *err)
{
    assert(count >= 1 && count <= MF_TS_BATCH_MAX);
    if (!check_time(&issuer->parts, gen_time_s, err))
        return false;
    MF_SCOPED(mf_free_done) struct batch *batch = mf_array_new(1, sizeof *batch);
    if (batch == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for timestamp tokens");
    bool ok = issue(issuer, c, gen_time_s, jobs, count, batch, err);
    for (size_t i = 0; i < count; i++) {
        mf_buf_done(&batch->drafts[i].tst);
        mf_buf_done(&batch->drafts[i].attributes);
        mf_buf_done(&batch->drafts[i].signature);
        mf_buf_done(&batch->signatures[i]);
        if (!ok)
            mf_buf_done(&jobs[i].response);
    }
    return ok;
}
