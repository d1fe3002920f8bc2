#include "client/verify/chain_check.h"

#include "client/verify/root_hint.h"
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

struct when { /* verified times, one or more */
    const struct instant *times;
    size_t count;
};

static bool check_window(const struct trusted_chain *ca, struct when when, struct err *err)
{
    char text[MF_RFC3339_MAX];

    for (size_t i = 0; i < when.count; i++) {
        if (mf_validity_holds(&ca->valid, when.times[i]))
            continue;
        mf_rfc3339_write(when.times[i], text);
        return mf_err_set(err, MF_ERR_REJECTED, "%s is outside the authority's window", text);
    }
    return true;
}

static bool check_under(struct crypto *c, const struct cert *leaf, const struct trusted_chain *ca,
                        struct when when, const struct cert **issuer, struct err *err)
{
    const struct chain_params params = {
        .leaf = leaf,
        .pool = ca->certs,
        .pool_count = ca->count,
        .times = when.times,
        .time_count = when.count,
        .purpose = mf_oid_eku_code_signing,
    };
    size_t signer = 0;

    if (!check_window(ca, when, err))
        return false;
    if (!mf_chain_verify(c, &params, &signer, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    *issuer = &ca->certs[signer];
    return true;
}

static bool may_have_issued(const struct trusted_chain *ca, const struct cert *leaf)
{
    for (size_t i = 0; i < ca->count; i++)
        if (mf_chain_may_have_issued(&ca->certs[i], leaf))
            return true;
    return false;
}

bool mf_chain_check(struct crypto *c, const struct cert *leaf, const struct trusted_root *root,
                    const struct instant *times, size_t time_count, const struct cert **issuer,
                    struct err *err)
{
    const struct when when = {times, time_count};
    struct err best = {0};
    bool is_known = false;

    if (time_count == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "there is no verified time to check it at");
    if (!check_profile(leaf, err))
        return false;
    for (size_t i = 0; i < root->ca_count; i++) {
        const struct trusted_chain *ca = &root->cas[i];
        struct err why = {0};
        if (check_under(c, leaf, ca, when, issuer, &why))
            return true;
        /* The authority that could have issued it has the reason worth telling. */
        bool is_candidate = may_have_issued(ca, leaf);
        if (best.code == MF_OK || is_candidate)
            best = why;
        is_known = is_known || is_candidate;
    }
    if (best.code == MF_OK)
        mf_err_set(&best, MF_ERR_REJECTED, "the trusted root names no certificate authority");
    *err = best;
    if (!is_known)
        mf_root_hint(root, leaf->not_before, err);
    return false;
}
