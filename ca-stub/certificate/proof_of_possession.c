#include "ca-stub/certificate/proof_of_possession.h"

#include "ca-stub/certificate/csr.h"
#include "ca-stub/certificate/key_strength.h"
#include "common/codec/der.h"
#include "common/codec/pem.h"
#include "common/x509/oid.h"

enum { KEY_TEXT_MAX = 4096 }; /* bytes of a public key's PEM */

static bool refuse(enum proof_refusal *why, enum proof_refusal reason, const struct err *err)
{
    bool ours = err->code == MF_ERR_SYSTEM || err->code == MF_ERR_INTERNAL ||
                err->code == MF_ERR_UNAVAILABLE;

    *why = ours ? MF_PROOF_FAULT : reason;
    return false;
}

/* Fulcio reads any RSA key and then calls those of other sizes insecure; ours are refused as they
 * are read, so the text that the client gets is decided by the key's algorithm. */
static bool rsa_from_pkcs1(struct crypto *c, struct span der, struct public_key **key,
                           enum proof_refusal *why, struct err *err)
{
    struct span numbers, n, e;

    if (!mf_der_take(&der, MF_DER_SEQUENCE, &numbers, err) || !mf_der_end(der, err) ||
        !mf_der_take(&numbers, MF_DER_INTEGER, &n, err) ||
        !mf_der_take(&numbers, MF_DER_INTEGER, &e, err) || !mf_der_end(numbers, err) ||
        !mf_der_unsigned(n, &n, err) || !mf_der_unsigned(e, &e, err))
        return false;
    *why = MF_PROOF_KEY_WEAK;
    return mf_public_key_from_rsa(c, n, e, key, err);
}

static bool spki_key(struct crypto *c, struct span spki, struct public_key **key,
                     enum proof_refusal *why, struct err *err)
{
    struct span rest = spki, algorithm, oid;
    struct err ignored = {0};

    if (mf_public_key_from_spki(c, spki, key, err))
        return true;
    if (mf_der_take(&rest, MF_DER_SEQUENCE, &rest, &ignored) &&
        mf_der_take(&rest, MF_DER_SEQUENCE, &algorithm, &ignored) &&
        mf_der_take(&algorithm, MF_DER_OID, &oid, &ignored) && mf_span_eq(oid, mf_oid_rsa))
        *why = MF_PROOF_KEY_WEAK;
    return false;
}

static bool read_key(struct crypto *c, struct span text, struct public_key **key,
                     enum proof_refusal *why, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = KEY_TEXT_MAX};
    struct span rest = text, label = {0};

    if (text.n > KEY_TEXT_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", KEY_TEXT_MAX);
    if (mf_der_peek(text) == MF_DER_SEQUENCE)
        return spki_key(c, text, key, why, err);
    if (!mf_pem_next(&rest, &label, &der, err))
        return false;
    if (mf_span_is(label, "PUBLIC KEY"))
        return spki_key(c, mf_buf_span(&der), key, why, err);
    if (mf_span_is(label, "RSA PUBLIC KEY"))
        return rsa_from_pkcs1(c, mf_buf_span(&der), key, why, err);
    return mf_err_set(err, MF_ERR_FORMAT, "PEM holds a '%.*s', not a public key",
                      MF_SPAN_ARG(label));
}

bool mf_proof_by_signature(struct crypto *c, const struct possession *possession,
                           struct public_key **key, enum proof_refusal *why, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *k = NULL;
    enum proof_refusal unread = MF_PROOF_KEY_UNREADABLE;

    if (!read_key(c, possession->key_pem, &k, &unread, err)) {
        mf_err_at(err, "public key");
        return refuse(why, unread, err);
    }
    if (!mf_key_strength_check(k, err)) {
        mf_err_at(err, "public key");
        return refuse(why, MF_PROOF_KEY_WEAK, err);
    }
    if (!mf_verify(c, k, mf_sig_scheme_of(mf_public_key_kind(k)), possession->challenge,
                   possession->signature, err)) {
        mf_err_at(err, "proof of possession");
        return refuse(why, MF_PROOF_NOT_PROVEN, err);
    }
    *key = MF_MOVE(k);
    return true;
}

/* "NEW CERTIFICATE REQUEST" is what old tools write. */
static bool read_pem(struct span pem, struct buf *der, struct err *err)
{
    struct span rest = pem, label = {0};

    if (!mf_pem_next(&rest, &label, der, err))
        return false;
    if (!mf_span_is(label, "CERTIFICATE REQUEST") && !mf_span_is(label, "NEW CERTIFICATE REQUEST"))
        return mf_err_set(err, MF_ERR_FORMAT, "PEM holds a '%.*s', not a certificate request",
                          MF_SPAN_ARG(label));
    return true;
}

/* A request signed with another hash than the key's own would be refused by verifiers' policies
 * that name both, so Fulcio permits one hash for each key. */
static bool check_scheme(const struct public_key *key, enum sig_scheme scheme, struct err *err)
{
    enum key_kind kind = mf_public_key_kind(key);

    if (scheme == mf_sig_scheme_of(kind))
        return true;
    return mf_err_set(err, MF_ERR_DENIED, "signing algorithm not permitted: %s, %s",
                      mf_key_kind_name(kind), mf_digest_name(mf_sig_digest(scheme)));
}

bool mf_proof_by_csr(struct crypto *c, struct span pem, struct public_key **key,
                     enum proof_refusal *why, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CSR_MAX};
    MF_SCOPED(mf_public_key_free) struct public_key *k = NULL;
    struct csr csr = {0};
    enum proof_refusal reason = MF_PROOF_NOT_PROVEN, unread = MF_PROOF_KEY_UNREADABLE;

    if (!read_pem(pem, &der, err) || !mf_csr_parse(mf_buf_span(&der), &csr, err))
        reason = err->code == MF_ERR_DENIED ? MF_PROOF_ALGORITHM : MF_PROOF_CSR_UNREADABLE;
    else if (!spki_key(c, csr.spki, &k, &unread, err))
        reason = unread;
    else if (!mf_key_strength_check(k, err))
        reason = MF_PROOF_KEY_WEAK;
    else if (!check_scheme(k, csr.scheme, err))
        reason = MF_PROOF_ALGORITHM;
    else if (mf_verify(c, k, csr.scheme, csr.signed_bytes, csr.signature, err)) {
        *key = MF_MOVE(k);
        return true;
    }
    mf_err_at(err, "certificate request");
    return refuse(why, reason, err);
}
