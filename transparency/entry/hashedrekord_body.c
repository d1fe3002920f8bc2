/* Reading the canonical body: fixed text, and five values of which each has one spelling. So what
 * is accepted here is exactly what printing gives back. */
#include "common/codec/base64.h"
#include "transparency/entry/hashedrekord_template.h"

const struct span mf_hashedrekord_head = MF_SPAN_INIT(
    "{\"apiVersion\":\"0.0.2\",\"kind\":\"hashedrekord\",\"spec\":"
    "{\"hashedRekordV002\":{\"data\":{\"algorithm\":\"");
const struct span mf_hashedrekord_digest = MF_SPAN_INIT("\",\"digest\":\"");
const struct span mf_hashedrekord_signature = MF_SPAN_INIT("\"},\"signature\":{\"content\":\"");
const struct span mf_hashedrekord_key_details = MF_SPAN_INIT("\",\"verifier\":{\"keyDetails\":\"");
const struct span mf_hashedrekord_public_key = MF_SPAN_INIT("\",\"publicKey\":{\"rawBytes\":\"");
const struct span mf_hashedrekord_certificate =
    MF_SPAN_INIT("\",\"x509Certificate\":{\"rawBytes\":\"");
const struct span mf_hashedrekord_tail = MF_SPAN_INIT("\"}}}}}}");

static bool not_canonical(struct err *err, const char *where)
{
    mf_err_set(err, MF_ERR_FORMAT, "is not a canonical hashedrekord 0.0.2");
    return mf_err_at(err, "%s", where);
}

static bool take_text(struct span *rest, struct span text)
{
    if (!mf_span_starts(*rest, text))
        return false;
    *rest = mf_span_from(*rest, text.n);
    return true;
}

/* Fixed text, then a value up to the quote that begins the next fixed text. */
static bool take_value(struct span *rest, struct span before, struct span *out)
{
    if (!take_text(rest, before))
        return false;
    size_t n = mf_span_find(*rest, '"');
    *out = mf_span_first(*rest, n);
    *rest = mf_span_from(*rest, n);
    return true;
}

static bool decode(struct span text, const char *name, struct buf *storage, struct span *out,
                   struct err *err)
{
    size_t start = storage->n;

    if (!mf_base64_decode(text, MF_BASE64_STD, storage, err))
        return mf_err_at(err, "%s", name);
    *out = mf_span_from(mf_buf_span(storage), start);
    return true;
}

struct values {
    struct span algorithm, digest, signature, key_details, verifier;
    bool is_certificate;
};

static bool split(struct span body, struct values *v, struct err *err)
{
    if (!take_value(&body, mf_hashedrekord_head, &v->algorithm))
        return not_canonical(err, "apiVersion or kind");
    if (!take_value(&body, mf_hashedrekord_digest, &v->digest))
        return not_canonical(err, "data");
    if (!take_value(&body, mf_hashedrekord_signature, &v->signature))
        return not_canonical(err, "signature");
    if (!take_value(&body, mf_hashedrekord_key_details, &v->key_details))
        return not_canonical(err, "verifier");
    v->is_certificate = mf_span_starts(body, mf_hashedrekord_certificate);
    if (!take_value(&body,
                    v->is_certificate ? mf_hashedrekord_certificate : mf_hashedrekord_public_key,
                    &v->verifier))
        return not_canonical(err, "publicKey or x509Certificate");
    if (!mf_span_eq(body, mf_hashedrekord_tail))
        return not_canonical(err, "end");
    return true;
}

bool mf_hashedrekord_parse_body(struct span body, struct buf *storage, struct hashedrekord *out,
                                struct err *err)
{
    struct hashedrekord r = {0};
    struct values v = {0};
    enum digest_alg alg;
    enum sig_scheme scheme;

    mf_buf_reset(storage);
    if (body.n > MF_HASHEDREKORD_BODY_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_HASHEDREKORD_BODY_MAX);
    /* Once, so that no later value moves what an earlier one borrows. */
    if (!mf_buf_reserve(storage, body.n, err) || !split(body, &v, err))
        return false;
    r.is_certificate = v.is_certificate;
    if (!mf_key_details_from_name(v.key_details, &r.key_details, err) ||
        !mf_key_details_hash_from_name(v.algorithm, &alg, err) ||
        !decode(v.digest, "digest", storage, &r.digest, err) ||
        !decode(v.signature, "content", storage, &r.signature, err) ||
        !decode(v.verifier, "rawBytes", storage, &r.verifier, err) ||
        !mf_hashedrekord_check(&r, err) || !mf_key_details_scheme(r.key_details, &scheme, err))
        return false;
    if (alg != mf_sig_digest(scheme))
        return mf_err_set(err, MF_ERR_FORMAT, "algorithm %.*s is not the one of %.*s",
                          MF_SPAN_ARG(v.algorithm), MF_SPAN_ARG(v.key_details));
    *out = r;
    return true;
}
