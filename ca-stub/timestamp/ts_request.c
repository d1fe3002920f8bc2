#include "ca-stub/timestamp/ts_request.h"

#include "common/codec/base64.h"
#include "common/codec/der.h"
#include "common/codec/json.h"
#include "common/x509/oid.h"

struct reader { /* what every step of one parse needs */
    struct ts_request *out;
    enum ts_refusal why; /* of a failure; each step sets it before it can fail */
    struct err *err;
};

static bool refuse(struct reader *r, enum ts_refusal why, const char *what)
{
    r->why = why;
    return mf_err_set(r->err, MF_ERR_REJECTED, "%s", what);
}

static bool find_alg(struct reader *r, struct span oid)
{
    if (mf_span_eq(oid, mf_oid_sha256))
        r->out->alg = MF_SHA256;
    else if (mf_span_eq(oid, mf_oid_sha384))
        r->out->alg = MF_SHA384;
    else if (mf_span_eq(oid, mf_oid_sha512))
        r->out->alg = MF_SHA512;
    else if (mf_span_eq(oid, mf_oid_sha1))
        return refuse(r, MF_TS_WEAK_HASH, "the message was hashed with SHA-1");
    else
        return refuse(r, MF_TS_UNKNOWN_HASH, "hash algorithm is not SHA-256, SHA-384 or SHA-512");
    return true;
}

static bool read_algorithm(struct reader *r, struct span *imprint)
{
    struct span algorithm, oid, null;

    if (!mf_der_take(imprint, MF_DER_SEQUENCE, &algorithm, r->err) ||
        !mf_der_take(&algorithm, MF_DER_OID, &oid, r->err))
        return mf_err_at(r->err, "hashAlgorithm");
    /* RFC 5754 section 2: parameters are absent or NULL. */
    if (algorithm.n > 0 && (!mf_der_take(&algorithm, MF_DER_NULL, &null, r->err) ||
                            !mf_der_end(algorithm, r->err) || !mf_der_end(null, r->err)))
        return mf_err_at(r->err, "hashAlgorithm");
    return find_alg(r, oid) || mf_err_at(r->err, "hashAlgorithm");
}

static bool read_imprint(struct reader *r, struct span whole)
{
    struct span rest = whole, imprint, digest;

    if (!mf_der_take(&rest, MF_DER_SEQUENCE, &imprint, r->err) || !read_algorithm(r, &imprint) ||
        !mf_der_take(&imprint, MF_DER_OCTET_STRING, &digest, r->err) ||
        !mf_der_end(imprint, r->err))
        return mf_err_at(r->err, "messageImprint");
    if (digest.n != mf_digest_length(r->out->alg))
        return refuse(r, MF_TS_DIGEST_LENGTH, "digest and hash algorithm differ in length");
    if (whole.n > sizeof r->out->imprint)
        return refuse(r, MF_TS_MALFORMED, "messageImprint is larger than any served hash needs");
    memcpy(r->out->imprint, whole.p, whole.n);
    r->out->imprint_n = whole.n;
    return true;
}

static bool read_policy(struct reader *r, struct span oid)
{
    if (!mf_span_eq(oid, mf_oid_sigstore_tsa_policy))
        return refuse(r, MF_TS_POLICY, "reqPolicy is not 1.3.6.1.4.1.57264.2");
    return true;
}

/* Echoed as it came, so only its encoding matters: X.690 8.3.2, the fewest octets. */
static bool read_nonce(struct reader *r, struct span content)
{
    if (content.n == 0 || (content.n > 1 && ((content.p[0] == 0x00 && content.p[1] < 0x80) ||
                                             (content.p[0] == 0xFF && content.p[1] >= 0x80))))
        return mf_err_set(r->err, MF_ERR_FORMAT, "nonce is not a minimal INTEGER");
    if (content.n > sizeof r->out->nonce)
        return mf_err_set(r->err, MF_ERR_LIMIT, "nonce is larger than 32 bytes");
    memcpy(r->out->nonce, content.p, content.n);
    r->out->nonce_n = content.n;
    return true;
}

static bool read_cert_req(struct reader *r, struct span content)
{
    if (!mf_der_boolean(content, &r->out->want_certificate, r->err))
        return mf_err_at(r->err, "certReq");
    if (!r->out->want_certificate) /* X.690 11.5: a default is not encoded */
        return mf_err_set(r->err, MF_ERR_FORMAT, "certReq is an encoded FALSE");
    return true;
}

static bool read_optional_parts(struct reader *r, struct span *body)
{
    struct span value;

    if (mf_der_take_optional(body, MF_DER_OID, &value, r->err) && !read_policy(r, value))
        return false;
    if (r->err->code == MF_OK && mf_der_take_optional(body, MF_DER_INTEGER, &value, r->err) &&
        !read_nonce(r, value))
        return false;
    if (r->err->code == MF_OK && mf_der_take_optional(body, MF_DER_BOOLEAN, &value, r->err) &&
        !read_cert_req(r, value))
        return false;
    if (r->err->code != MF_OK)
        return false;
    if (mf_der_peek(*body) == MF_DER_CONTEXT_CONSTRUCTED(0))
        return refuse(r, MF_TS_EXTENSION, "request has extensions");
    return mf_der_end(*body, r->err);
}

static bool read_request(struct reader *r, struct span der)
{
    struct span body, version;
    uint64_t number = 0;
    struct der_value imprint = {0};

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &body, r->err) || !mf_der_end(der, r->err))
        return false;
    if (!mf_der_take(&body, MF_DER_INTEGER, &version, r->err) ||
        !mf_der_uint(version, &number, r->err))
        return mf_err_at(r->err, "version");
    if (number != 1)
        return mf_err_set(r->err, MF_ERR_FORMAT, "version is not 1");
    if (!mf_der_next(&body, &imprint, r->err))
        return mf_err_at(r->err, "messageImprint");
    return read_imprint(r, imprint.whole) && read_optional_parts(r, &body);
}

static bool finish(struct reader *r, bool ok, struct ts_request *out, enum ts_refusal *why)
{
    if (ok)
        *out = *r->out;
    else
        *why = r->why;
    return ok || mf_err_at(r->err, "timestamp request");
}

bool mf_ts_request_parse(struct span der, struct ts_request *out, enum ts_refusal *why,
                         struct err *err)
{
    struct ts_request request = {0};
    struct reader r = {.out = &request, .why = MF_TS_MALFORMED, .err = err};

    if (der.n > MF_TS_REQUEST_MAX) {
        r.why = MF_TS_TOO_LARGE;
        mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_TS_REQUEST_MAX);
        return finish(&r, false, out, why);
    }
    return finish(&r, read_request(&r, der), out, why);
}

static bool json_alg(struct reader *r, const struct json_node *root, struct span *oid)
{
    struct span name;

    if (!mf_json_member_string(root, "hashAlgorithm", &name, r->err))
        return false;
    if (mf_span_is(name, "sha256"))
        *oid = mf_oid_sha256;
    else if (mf_span_is(name, "sha384"))
        *oid = mf_oid_sha384;
    else if (mf_span_is(name, "sha512"))
        *oid = mf_oid_sha512;
    else if (mf_span_is(name, "sha1"))
        *oid = mf_oid_sha1;
    else
        return refuse(r, MF_TS_UNKNOWN_HASH, "hashAlgorithm is not sha256, sha384 or sha512");
    return true;
}

/* The imprint is written as a DER request would have it and read by the same reader. */
static bool json_imprint(struct reader *r, const struct json_node *root)
{
    MF_SCOPED(mf_buf_done) struct buf digest = {.max = MF_TS_REQUEST_JSON_MAX};
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_TS_REQUEST_MAX};
    struct span oid;
    size_t imprint = 0, algorithm = 0;

    if (!json_alg(r, root, &oid) || !mf_json_member_bytes(root, "artifactHash", &digest, r->err))
        return false;
    return mf_der_begin(&der, MF_DER_SEQUENCE, &imprint, r->err) &&
           mf_der_begin(&der, MF_DER_SEQUENCE, &algorithm, r->err) &&
           mf_der_put(&der, MF_DER_OID, oid, r->err) &&
           mf_der_put(&der, MF_DER_NULL, MF_SPAN(""), r->err) &&
           mf_der_finish(&der, algorithm, r->err) &&
           mf_der_put(&der, MF_DER_OCTET_STRING, mf_buf_span(&digest), r->err) &&
           mf_der_finish(&der, imprint, r->err) && read_imprint(r, mf_buf_span(&der));
}

/* Decimal digits to the content of a non-negative INTEGER. */
static bool decimal_nonce(struct reader *r, struct span digits)
{
    uint8_t big[MF_TS_NONCE_MAX] = {0}; /* big-endian, right-aligned; the first byte is the sign */

    if (digits.n == 0 || digits.n > 77) /* 2^256 has 78 digits */
        return mf_err_set(r->err, MF_ERR_LIMIT, "nonce is not 1 to 77 decimal digits");
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return mf_err_set(r->err, MF_ERR_FORMAT, "nonce is not a decimal number");
        unsigned carry = (unsigned)(digits.p[i] - '0');
        for (size_t k = sizeof big; k-- > 0;) {
            carry += big[k] * 10U;
            big[k] = (uint8_t)(carry & 0xFF);
            carry >>= 8;
        }
    }
    size_t skip = 0;
    while (skip < sizeof big - 1 && big[skip] == 0 && big[skip + 1] < 0x80)
        skip++;
    return read_nonce(r, (struct span){big + skip, sizeof big - skip});
}

static bool json_nonce(struct reader *r, const struct json_node *node)
{
    struct span digits;
    int64_t number = 0;
    char text[24];

    if (node == NULL)
        return true;
    if (mf_json_is_string(node)) {
        if (!mf_json_string(node, &digits, r->err))
            return mf_err_at(r->err, "nonce");
        return decimal_nonce(r, digits);
    }
    if (!mf_json_int64(node, &number, r->err))
        return mf_err_at(r->err, "nonce");
    if (number < 0)
        return mf_err_set(r->err, MF_ERR_FORMAT, "nonce is negative");
    snprintf(text, sizeof text, "%lld", (long long)number); /* 19 digits always fit */
    return decimal_nonce(r, mf_span_str(text));
}

static bool json_policy(struct reader *r, const struct json_node *root)
{
    MF_SCOPED(mf_buf_done) struct buf oid = {.max = 128};
    struct span dotted;

    if (mf_json_get(root, "tsaPolicyOID") == NULL)
        return true;
    if (!mf_json_member_string(root, "tsaPolicyOID", &dotted, r->err))
        return false;
    if (dotted.n == 0)
        return true;
    if (!mf_der_oid_parse(dotted, &oid, r->err))
        return mf_err_at(r->err, "tsaPolicyOID");
    return read_policy(r, mf_buf_span(&oid));
}

static bool read_json(struct reader *r, struct span text)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (!mf_json_parse(text, &mf_json_request_limits, &doc, r->err))
        return false;
    const struct json_node *root = mf_json_root(doc);
    if (!mf_json_is_object(root))
        return mf_err_set(r->err, MF_ERR_FORMAT, "not a JSON object");
    if (mf_json_get(root, "certificates") != NULL &&
        !mf_json_member_bool(root, "certificates", &r->out->want_certificate, r->err))
        return false;
    return json_imprint(r, root) && json_nonce(r, mf_json_get(root, "nonce")) &&
           json_policy(r, root);
}

bool mf_ts_request_parse_json(struct span json, struct ts_request *out, enum ts_refusal *why,
                              struct err *err)
{
    struct ts_request request = {0};
    struct reader r = {.out = &request, .why = MF_TS_MALFORMED, .err = err};

    if (json.n > MF_TS_REQUEST_JSON_MAX) {
        r.why = MF_TS_TOO_LARGE;
        mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_TS_REQUEST_JSON_MAX);
        return finish(&r, false, out, why);
    }
    return finish(&r, read_json(&r, json), out, why);
}
