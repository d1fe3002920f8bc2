#include "client/sign/ca_request.h"

#include "client/sign/service_failure.h"
#include "common/codec/base64.h"
#include "common/codec/der.h"
#include "common/codec/json.h"
#include "common/codec/pem.h"
#include "common/net/service_answer.h"
#include "common/x509/cert.h"
#include "common/x509/oid.h"

enum { CSR_MAX = 4096, ANSWER_MAX = 256 * 1024 };

static bool write_info(struct span spki, struct buf *out, struct err *err)
{
    size_t info = 0;

    return mf_der_begin(out, MF_DER_SEQUENCE, &info, err) && mf_der_put_uint(out, 0, err) &&
           mf_der_put(out, MF_DER_SEQUENCE, MF_SPAN(""), err) && /* no subject */
           mf_buf_append(out, spki, err) &&
           mf_der_put(out, MF_DER_CONTEXT_CONSTRUCTED(0), MF_SPAN(""), err) &&
           mf_der_finish(out, info, err);
}

static bool put_algorithm(struct buf *out, enum sig_scheme scheme, struct err *err)
{
    static const struct {
        enum sig_scheme scheme;
        const struct span *oid;
    } known[] = {
        {MF_SIG_ECDSA_SHA256, &mf_oid_ecdsa_sha256},
        {MF_SIG_ECDSA_SHA384, &mf_oid_ecdsa_sha384},
        {MF_SIG_ECDSA_SHA512, &mf_oid_ecdsa_sha512},
        {MF_SIG_ED25519, &mf_oid_ed25519},
    };
    size_t algorithm = 0;
    size_t i = 0;

    while (i < MF_LEN(known) && known[i].scheme != scheme)
        i++;
    if (i == MF_LEN(known))
        return mf_err_set(err, MF_ERR_INTERNAL, "no request can be signed with such a key");
    return mf_der_begin(out, MF_DER_SEQUENCE, &algorithm, err) &&
           mf_der_put(out, MF_DER_OID, *known[i].oid, err) && mf_der_finish(out, algorithm, err);
}

bool mf_csr_write(struct crypto *c, const struct private_key *key, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_buf_done) struct buf info = {.max = CSR_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    enum sig_scheme scheme = mf_sig_scheme_of(mf_private_key_kind(key));
    size_t outer = 0;

    return mf_private_key_public(c, key, &public, err) &&
           write_info(mf_public_key_spki(public), &info, err) &&
           mf_sign(c, key, scheme, mf_buf_span(&info), &signature, err) &&
           mf_der_begin(out, MF_DER_SEQUENCE, &outer, err) &&
           mf_buf_append(out, mf_buf_span(&info), err) && put_algorithm(out, scheme, err) &&
           mf_der_put_bits(out, mf_buf_span(&signature), err) && mf_der_finish(out, outer, err);
}

/* The request holds base64 of PEM text: the field is bytes, and its bytes are PEM. */
static bool write_body(struct crypto *c, const struct private_key *key, struct buf *body,
                       struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf csr = {.max = CSR_MAX};
    MF_SCOPED(mf_buf_done) struct buf pem = {.max = CSR_MAX * 2};
    struct json_writer w = mf_json_writer(body, err);

    if (!mf_csr_write(c, key, &csr, err) ||
        !mf_pem_append(&pem, "CERTIFICATE REQUEST", mf_buf_span(&csr), err))
        return false;
    mf_json_begin_object(&w);
    mf_json_member_put_base64(&w, "certificateSigningRequest", mf_buf_span(&pem));
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

bool mf_ca_answer_leaf(struct span body, struct buf *certificate, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf der = {.max = certificate->max};
    const struct json_node *answer = NULL;
    const struct json_node *chain = NULL;
    const struct json_node *list = NULL;
    struct span pem;
    struct span label;

    if (!mf_json_parse(body, &mf_json_file_limits, &doc, err))
        return false;
    if (mf_json_get(mf_json_root(doc), "signedCertificateDetachedSct") != NULL)
        return mf_err_set(err, MF_ERR_FORMAT, "the certificate comes without an embedded SCT");
    if (!mf_json_member_object(mf_json_root(doc), "signedCertificateEmbeddedSct", &answer, err) ||
        !mf_json_member_object(answer, "chain", &chain, err) ||
        !mf_json_member_array(chain, "certificates", &list, err))
        return false;
    if (mf_json_size(list) == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "the chain is empty");
    if (!mf_json_string(mf_json_at(list, 0), &pem, err) || !mf_pem_next(&pem, &label, &der, err))
        return mf_err_as(err, MF_ERR_FORMAT);
    if (!mf_span_is(label, "CERTIFICATE"))
        return mf_err_set(err, MF_ERR_FORMAT, "the chain does not begin with a certificate");
    return mf_buf_append(certificate, mf_buf_span(&der), err);
}

static bool check_key(struct crypto *c, const struct private_key *key, struct span certificate,
                      struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *ours = NULL;
    struct cert cert;

    if (!mf_cert_parse(certificate, &cert, err) || !mf_private_key_public(c, key, &ours, err))
        return false;
    if (!mf_span_eq(cert.spki, mf_public_key_spki(ours)))
        return mf_err_set(err, MF_ERR_FORMAT, "the certificate is for another key");
    return true;
}

static bool read_answer(struct crypto *c, const struct http_answer *answer,
                        const struct secret *token, const struct private_key *key,
                        struct buf *certificate, struct err *err)
{
    if (!mf_service_answer_check(answer, token, err))
        return false;
    return (mf_ca_answer_leaf(mf_buf_span(&answer->body), certificate, err) &&
            check_key(c, key, mf_buf_span(certificate), err)) ||
           mf_err_as(err, MF_ERR_UNAVAILABLE); /* it gave us nothing that we can use */
}

bool mf_ca_request(struct crypto *c, struct http_client *http, struct span url,
                   const struct secret *token, const struct private_key *key,
                   struct buf *certificate, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = CSR_MAX * 4};
    MF_SCOPED(mf_buf_done) struct buf endpoint = {.max = 2048};
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};

    if (!write_body(c, key, &body, err) ||
        !mf_buf_printf(&endpoint, err, "%.*s/api/v2/signingCert%c", (int)url.n, (const char *)url.p,
                       0))
        return mf_err_at(err, "certificate authority");
    const struct http_call call = {
        .method = "POST",
        .url = (const char *)endpoint.p,
        .content_type = "application/json",
        .accept = "application/json",
        .body = mf_buf_span(&body),
        .bearer = token,
        .answer_max = ANSWER_MAX,
        .attempt_ms = 30000,
        .total_ms = 90000,
        .tries = 3,
    };
    if (!mf_http_call(http, &call, &answer, err)) {
        mf_service_failed(MF_SERVICE_CA, err);
        return false;
    }
    if (read_answer(c, &answer, token, key, certificate, err))
        return true;
    mf_service_failed_at(MF_SERVICE_CA, call.url, err);
    return false;
}
