#include "client/sign/tsa_query.h"

#include "client/verify/tsr.h"
#include "common/codec/der.h"
#include "common/net/service_answer.h"
#include "common/x509/oid.h"

bool mf_tsa_query_write(struct crypto *c, struct span message,
                        const uint8_t nonce[static MF_TSA_NONCE_LEN], struct buf *out,
                        struct err *err)
{
    uint8_t digest[MF_SHA256_LEN];
    size_t query = 0;
    size_t imprint = 0;
    size_t algorithm = 0;

    mf_sha256(c, message, digest);
    return mf_der_begin(out, MF_DER_SEQUENCE, &query, err) && mf_der_put_uint(out, 1, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &imprint, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &algorithm, err) &&
           mf_der_put(out, MF_DER_OID, mf_oid_sha256, err) &&
           mf_der_put(out, MF_DER_NULL, MF_SPAN(""), err) && mf_der_finish(out, algorithm, err) &&
           mf_der_put(out, MF_DER_OCTET_STRING, MF_SPAN_OF(digest), err) &&
           mf_der_finish(out, imprint, err) &&
           mf_der_put_unsigned(out, (struct span){nonce, MF_TSA_NONCE_LEN}, err) &&
           mf_der_finish(out, query, err);
}

struct http_call mf_tsa_query_call(const char *url, struct span query)
{
    return (struct http_call){
        .method = "POST",
        .url = url,
        .content_type = "application/timestamp-query",
        .accept = "application/timestamp-reply",
        .body = query,
        .answer_max = MF_TSR_MAX,
        .attempt_ms = 30000,
        .total_ms = 90000,
        .tries = 3,
    };
}

bool mf_tsa_query_answer(const struct http_answer *answer,
                         const uint8_t nonce[static MF_TSA_NONCE_LEN], struct buf *token,
                         struct err *err)
{
    struct span sent = {nonce, MF_TSA_NONCE_LEN};
    struct tsr t;

    if (!mf_service_answer_check(answer, NULL, err))
        return false;
    if (!mf_tsr_parse(mf_buf_span(&answer->body), &t, err))
        return mf_err_as(err, MF_ERR_UNAVAILABLE);
    while (sent.n > 1 && sent.p[0] == 0)
        sent = mf_span_from(sent, 1); /* integers have no leading zeros */
    if (!t.has_nonce || !mf_span_eq(t.nonce, sent))
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the token does not carry our nonce");
    return mf_buf_append(token, mf_buf_span(&answer->body), err);
}
