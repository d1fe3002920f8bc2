#include "client/verify/timestamp_check.h"

#include "client/verify/root_hint.h"
#include "common/x509/oid.h"

enum { SIGNED_ATTRS_MAX = 16 * 1024 };

static bool is_signer(const struct tsr *t, const struct cert *cert)
{
    return mf_span_eq(cert->issuer, t->signer_issuer) && mf_span_eq(cert->serial, t->signer_serial);
}

/* The signer when the token carries it. Certificates that do not parse are no candidates. */
static bool find_embedded(const struct tsr *t, struct cert *out)
{
    for (size_t i = 0; i < t->certificate_count; i++) {
        struct err ignored = {0};
        if (mf_cert_parse(t->certificates[i], out, &ignored) && is_signer(t, out))
            return true;
    }
    return false;
}

/* The certificate that must have signed: the root's own leaf where it has one, and then an embedded
 * one must be the same bytes; otherwise the embedded one, which the chain has still to prove. */
static bool pick_signer(const struct tsr *t, const struct trusted_chain *tsa, struct cert *out,
                        struct err *err)
{
    struct cert embedded;
    bool has_embedded = find_embedded(t, &embedded);

    if (tsa->certs[0].is_ca) {
        if (!has_embedded)
            return mf_err_set(err, MF_ERR_REJECTED,
                              "the signer's certificate is nowhere to be found");
        *out = embedded;
        return true;
    }
    if (!is_signer(t, &tsa->certs[0]))
        return mf_err_set(err, MF_ERR_REJECTED, "signed by another certificate");
    if (has_embedded && !mf_span_eq(embedded.der, tsa->certs[0].der))
        return mf_err_set(err, MF_ERR_REJECTED, "embedded signer differs from the trusted one");
    *out = tsa->certs[0];
    return true;
}

static bool check_usage(const struct cert *signer, struct err *err)
{
    const struct cert_extension *eku = mf_cert_extension(signer, mf_oid_ext_key_usage);
    size_t purposes = 0;

    if (signer->is_ca)
        return mf_err_set(err, MF_ERR_REJECTED, "signer is a certificate authority");
    if (signer->has_key_usage && (signer->key_usage & MF_KU_DIGITAL_SIGNATURE) == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "signer's key usage has no digital signature");
    if (eku == NULL || !eku->critical ||
        !mf_cert_has_eku(signer, mf_oid_eku_time_stamping, &purposes) || purposes != 1)
        return mf_err_set(err, MF_ERR_REJECTED,
                          "signer's extended key usage is not time stamping alone and critical");
    return true;
}

static bool check_chain(struct crypto *c, const struct tsr *t, const struct trusted_chain *tsa,
                        const struct cert *signer, struct err *err)
{
    bool leaf_inside = !tsa->certs[0].is_ca;

    if (leaf_inside && tsa->count == 1) {
        /* The root names the signer itself as the anchor. */
        return mf_cert_is_valid_at(signer, t->gen_time) ||
               mf_err_set(err, MF_ERR_REJECTED, "signer's certificate is not valid at that time");
    }
    const struct chain_params params = {
        .leaf = signer,
        .pool = tsa->certs + (leaf_inside ? 1 : 0),
        .pool_count = tsa->count - (leaf_inside ? 1 : 0),
        .times = &t->gen_time,
        .time_count = 1,
        .purpose = mf_oid_eku_time_stamping,
    };
    return mf_chain_verify(c, &params, NULL, err);
}

static bool scheme_of(const struct tsr *t, enum key_kind kind, enum sig_scheme *out,
                      struct err *err)
{
    static const enum sig_scheme ecdsa[] = {MF_SIG_ECDSA_SHA256, MF_SIG_ECDSA_SHA384,
                                            MF_SIG_ECDSA_SHA512};
    static const enum sig_scheme rsa[] = {MF_SIG_RSA_PKCS1_SHA256, MF_SIG_RSA_PKCS1_SHA384,
                                          MF_SIG_RSA_PKCS1_SHA512};
    const struct span ecdsa_oids[] = {mf_oid_ecdsa_sha256, mf_oid_ecdsa_sha384,
                                      mf_oid_ecdsa_sha512};
    const struct span rsa_oids[] = {mf_oid_rsa_sha256, mf_oid_rsa_sha384, mf_oid_rsa_sha512};
    bool is_rsa = kind == MF_KEY_RSA;

    if (kind == MF_KEY_ED25519 && mf_span_eq(t->sig_alg, mf_oid_ed25519)) {
        *out = MF_SIG_ED25519;
        return true;
    }
    for (size_t i = 0; i < MF_LEN(ecdsa); i++) {
        if (!mf_span_eq(t->sig_alg, is_rsa ? rsa_oids[i] : ecdsa_oids[i]))
            continue;
        *out = is_rsa ? rsa[i] : ecdsa[i];
        return true;
    }
    /* CMS lets the algorithm name the key alone; the digest algorithm then says the rest. */
    if (mf_span_eq(t->sig_alg, is_rsa ? mf_oid_rsa : mf_oid_ec_public_key) &&
        kind != MF_KEY_ED25519) {
        *out = is_rsa ? rsa[t->digest_alg] : ecdsa[t->digest_alg];
        return true;
    }
    return mf_err_set(err, MF_ERR_REJECTED, "signature algorithm does not fit the signer's key");
}

_Static_assert(MF_SHA256 == 0 && MF_SHA384 == 1 && MF_SHA512 == 2, "digests index the schemes");

static bool check_signature(struct crypto *c, const struct tsr *t, const struct cert *signer,
                            struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf signed_bytes = {.max = SIGNED_ATTRS_MAX};
    uint8_t digest[MF_DIGEST_MAX];
    enum sig_scheme scheme = MF_SIG_ECDSA_SHA256;

    mf_digest(c, t->ess_alg, signer->der, digest);
    if (!mf_span_eq(t->ess_hash, (struct span){digest, mf_digest_length(t->ess_alg)}))
        return mf_err_set(err, MF_ERR_REJECTED, "signing certificate attribute names another one");
    mf_digest(c, t->digest_alg, t->tst_info, digest);
    if (!mf_span_eq(t->message_digest, (struct span){digest, mf_digest_length(t->digest_alg)}))
        return mf_err_set(err, MF_ERR_REJECTED, "message digest is not that of the TSTInfo");
    if (!mf_public_key_from_spki(c, signer->spki, &key, err) ||
        !scheme_of(t, mf_public_key_kind(key), &scheme, err))
        return false;
    /* RFC 5652 5.4: signed with the tag of SET OF in place of [0]. */
    if (!mf_buf_append(&signed_bytes, t->signed_attrs, err))
        return false;
    signed_bytes.p[0] = 0x31;
    return mf_verify(c, key, scheme, mf_buf_span(&signed_bytes), t->signature, err);
}

static bool check_authority(struct crypto *c, const struct tsr *t, const struct trusted_chain *tsa,
                            bool *known, struct err *err)
{
    struct cert signer;

    if (!pick_signer(t, tsa, &signer, err))
        return false;
    *known = !tsa->certs[0].is_ca; /* the root names the signer itself */
    if (!check_chain(c, t, tsa, &signer, err))
        return false;
    *known = true;
    if (!mf_validity_holds(&tsa->valid, t->gen_time))
        return mf_err_set(err, MF_ERR_REJECTED, "time lies outside the authority's window");
    return check_usage(&signer, err) && check_signature(c, t, &signer, err);
}

static bool check_imprint(struct crypto *c, const struct tsr *t, struct span message,
                          struct err *err)
{
    uint8_t digest[MF_DIGEST_MAX];

    mf_digest(c, t->imprint_alg, message, digest);
    if (!mf_span_eq(t->imprint, (struct span){digest, mf_digest_length(t->imprint_alg)}))
        return mf_err_set(err, MF_ERR_REJECTED, "message imprint is not that of this signature");
    return true;
}

bool mf_timestamp_check(struct crypto *c, struct span tsr, struct span message,
                        const struct trusted_root *root, struct instant *out, bool *known,
                        struct err *err)
{
    struct err best = {0};
    struct tsr t;

    *known = true; /* what does not even parse is no stranger's token but a damaged one */
    if (!mf_tsr_parse(tsr, &t, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    *known = false;
    if (root->tsa_count == 0)
        mf_err_set(&best, MF_ERR_REJECTED, "the trusted root names no timestamp authority");
    for (size_t i = 0; i < root->tsa_count; i++) {
        struct err why = {0};
        bool this_one = false;
        if (check_authority(c, &t, &root->tsas[i], &this_one, &why)) {
            *known = true;
            if (!check_imprint(c, &t, message, err))
                return false;
            *out = t.gen_time;
            return true;
        }
        /* The authority that could have signed has the reason worth telling. */
        if (best.code == MF_OK || (this_one && !*known))
            best = why;
        *known = *known || this_one;
    }
    *err = best;
    mf_err_as(err, MF_ERR_REJECTED);
    if (!*known)
        mf_root_hint(root, t.gen_time, err);
    return false;
}
