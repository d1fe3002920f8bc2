#include "client/verify/sct_check.h"

#include "client/verify/root_hint.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "transparency/sct/sct.h"

static struct instant time_of(const struct sct *sct)
{
    return (struct instant){.s = (int64_t)(sct->timestamp_ms / 1000),
                            .ns = (uint32_t)(sct->timestamp_ms % 1000) * 1000000};
}

static bool check_one(struct crypto *c, const struct sct *sct, const struct trusted_log *log,
                      const struct ct_entry *entry, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;

    return mf_public_key_from_spki(c, mf_buf_span(&log->spki), &key, err) &&
           mf_sct_verify(c, sct, key, entry, err);
}

/* The log whose window holds; one that was retired before, or begins after, counts as unknown. */
static const struct trusted_log *find_log(const struct sct *sct, const struct trusted_root *root)
{
    const struct trusted_log *log = mf_trusted_root_ctlog(root, sct->log_id);

    if (log == NULL || sct->timestamp_ms > INT64_MAX ||
        !mf_trusted_root_ctlog_holds(root, log, time_of(sct)))
        return NULL;
    return log;
}

bool mf_sct_check(struct crypto *c, const struct cert *leaf, const struct cert *issuer,
                  const struct trusted_root *root, struct err *err)
{
    const struct cert_extension *extension = mf_cert_extension(leaf, mf_oid_sct_list);
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_CERT_MAX};
    struct sct_list list;
    size_t good = 0;

    if (extension == NULL)
        return mf_err_set(err, MF_ERR_REJECTED, "the certificate carries no SCT");
    if (!mf_sct_list_from_extension(extension->value, &list, err) ||
        !mf_precert_tbs(leaf, mf_oid_sct_list, &tbs, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    struct ct_entry entry = {.is_precert = true, .der = mf_buf_span(&tbs)};
    mf_sha256(c, issuer->spki, entry.issuer_key_hash);
    for (size_t i = 0; i < list.count; i++) {
        const struct trusted_log *log = find_log(&list.scts[i], root);
        if (log == NULL)
            continue;
        if (!check_one(c, &list.scts[i], log, &entry, err)) {
            mf_err_as(err, MF_ERR_REJECTED);
            return mf_err_at(err, "SCT %zu of %zu", i + 1, list.count);
        }
        good++;
    }
    if (good > 0)
        return true;
    mf_err_set(err, MF_ERR_REJECTED, "no SCT is by a log that the trusted root names for its time");
    return mf_root_hint(root, leaf->not_before, err);
}
