/* Writing: the canonical body and the request, both from one fixed template, and admission. */
#include "transparency/entry/hashedrekord.h"

#include "common/codec/base64.h"
#include "common/x509/cert.h"
#include "transparency/entry/hashedrekord_template.h"

static bool put(struct buf *out, struct span text, struct err *err)
{
    return mf_buf_append(out, text, err);
}

static struct span key_member(const struct hashedrekord *r)
{
    return r->is_certificate ? mf_hashedrekord_certificate : mf_hashedrekord_public_key;
}

/* What each reader of the body relies on. */
static bool is_complete(const struct hashedrekord *r, enum digest_alg *alg, struct err *err)
{
    enum sig_scheme scheme;

    if (!mf_key_details_is_permitted(r->key_details))
        return mf_err_set(err, MF_ERR_FORMAT, "%s is not allowed in a log",
                          mf_key_details_name(r->key_details));
    if (!mf_key_details_scheme(r->key_details, &scheme, err))
        return false;
    *alg = mf_sig_digest(scheme);
    if (r->digest.n != mf_digest_length(*alg))
        return mf_err_set(err, MF_ERR_FORMAT, "digest has %zu bytes, %s gives %zu", r->digest.n,
                          mf_key_details_hash_name(*alg), mf_digest_length(*alg));
    if (r->signature.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "signature is empty");
    if (r->verifier.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "verifier is empty");
    return true;
}

bool mf_hashedrekord_check(const struct hashedrekord *r, struct err *err)
{
    enum digest_alg alg;

    return is_complete(r, &alg, err);
}

/* RFC 8785: members sorted, no blanks. No value needs escaping, so a template does it. */
bool mf_hashedrekord_print(const struct hashedrekord *r, struct buf *out, struct err *err)
{
    enum digest_alg alg;

    return is_complete(r, &alg, err) && put(out, mf_hashedrekord_head, err) &&
           mf_buf_append_str(out, mf_key_details_hash_name(alg), err) &&
           put(out, mf_hashedrekord_digest, err) && mf_base64_append(out, r->digest, err) &&
           put(out, mf_hashedrekord_signature, err) && mf_base64_append(out, r->signature, err) &&
           put(out, mf_hashedrekord_key_details, err) &&
           mf_buf_append_str(out, mf_key_details_name(r->key_details), err) &&
           put(out, key_member(r), err) && mf_base64_append(out, r->verifier, err) &&
           put(out, mf_hashedrekord_tail, err);
}

bool mf_hashedrekord_write_request(const struct hashedrekord *r, struct buf *out, struct err *err)
{
    enum digest_alg alg;

    return is_complete(r, &alg, err) &&
           put(out, MF_SPAN("{\"hashedRekordRequestV002\":{\"digest\":\""), err) &&
           mf_base64_append(out, r->digest, err) &&
           put(out, MF_SPAN("\",\"signature\":{\"content\":\""), err) &&
           mf_base64_append(out, r->signature, err) && put(out, mf_hashedrekord_key_details, err) &&
           mf_buf_append_str(out, mf_key_details_name(r->key_details), err) &&
           put(out, key_member(r), err) && mf_base64_append(out, r->verifier, err) &&
           put(out, MF_SPAN("\"}}}}}"), err);
}

static bool load_key(struct crypto *c, const struct hashedrekord *r, struct public_key **out,
                     struct err *err)
{
    struct cert cert;

    if (!r->is_certificate)
        return mf_public_key_from_spki(c, r->verifier, out, err) || mf_err_at(err, "publicKey");
    return (mf_cert_parse(r->verifier, &cert, err) &&
            mf_public_key_from_spki(c, cert.spki, out, err)) ||
           mf_err_at(err, "x509Certificate");
}

bool mf_hashedrekord_verify(struct crypto *c, const struct hashedrekord *r, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    enum key_details natural = MF_KD_UNSPECIFIED;
    enum sig_scheme scheme;

    if (!mf_hashedrekord_check(r, err) || !load_key(c, r, &key, err) ||
        !mf_key_details_default(key, &natural, err))
        return false;
    if (natural != r->key_details)
        return mf_err_set(err, MF_ERR_FORMAT, "keyDetails is %s, the key is logged under %s",
                          mf_key_details_name(r->key_details), mf_key_details_name(natural));
    return mf_key_details_scheme(natural, &scheme, err) &&
           mf_verify_digest(c, key, scheme, r->digest, r->signature, err);
}
