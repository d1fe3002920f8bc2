#include "client/verify/chain_check.h"

#include "common/codec/timestamp.h"
#include "common/x509/oid.h"

static bool check_profile(const struct cert *leaf, struct err *err)
{
    if (leaf->version != 3)
        return mf_err_set(err, MF_ERR_REJECTED, "leaf certificate is not version 3");
    if (leaf->is_ca)
        return mf_err_set(err, MF_ERR_REJECTED, "leaf certificate is a certificate authority");
    if (!leaf->has_key_usage || (leaf->key_usage & MF_KU_DIGITAL_SIGNATURE) == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "leaf's key usage has no digital signature");
    if (!mf_cert_has_eku(leaf, mf_oid_eku_code_signing, NULL))
        return mf_err_set(err, MF_ERR_REJECTED, "leaf's extended key usage has no code signing");
    return true;
}

/* Tries one authority at one time. */
static bool check_under(struct crypto *c, const struct cert *leaf, const struct trusted_chain *ca,
                        struct instant at, const struct cert **issuer, struct err *err)
{
    const struct chain_params params = {
        .leaf = leaf,
        .pool = ca->certs,
        .pool_count = ca->count,
        .at = at,
        .purpose = mf_oid_eku_code_signing,
    };
    size_t signer = 0;

    if (!mf_validity_holds(&ca->valid, at))
        return mf_err_set(err, MF_ERR_REJECTED, "outside the authority's window");
    if (!mf_chain_verify(c, &params, &signer, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    *issuer = &ca->certs[signer];
    return true;
}

static bool check_at(struct crypto *c, const struct cert *leaf, const struct trusted_root *root,
                     struct instant at, const struct cert **issuer, struct err *err)
{
    char when[MF_RFC3339_MAX];
    struct err best = {0};

    for (size_t i = 0; i < root->ca_count; i++) {
        const struct trusted_chain *ca = &root->cas[i];
        struct err why = {0};
        if (check_under(c, leaf, ca, at, issuer, &why))
            return true;
        /* The authority that bears the leaf's issuer name has the reason worth telling. */
        if (best.code == MF_OK || mf_span_eq(ca->certs[0].subject, leaf->issuer))
            best = why;
    }
    if (best.code == MF_OK)
        mf_err_set(&best, MF_ERR_REJECTED, "the trusted root names no certificate authority");
    *err = best;
    mf_rfc3339_write(at, when);
    mf_err_at(err, "at %s", when);
    return mf_err_hint(err, "check that this trusted root belongs to the signer's instance");
}

bool mf_chain_check(struct crypto *c, const struct cert *leaf, const struct trusted_root *root,
                    const struct instant *times, size_t time_count, const struct cert **issuer,
                    struct err *err)
{
    const struct cert *found = NULL;

    if (time_count == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "there is no verified time to check it at");
    if (!check_profile(leaf, err))
        return false;
    for (size_t i = 0; i < time_count; i++)
        if (!check_at(c, leaf, root, times[i], &found, err))
            return false;
    *issuer = found;
    return true;
}
