#include "transparency/sct/ct_leaf.h"

#include "transparency/sct/tls_vector.h"

enum { ENTRY_X509 = 0, ENTRY_PRECERT = 1 }; /* RFC 6962 section 3.1 */
enum { FINGERPRINT_LEN = 32 };
enum { LEAF_HEAD = 2 }; /* version and leaf type, in front of the TimestampedEntry */

bool mf_ct_leaf_merkle(const struct ct_leaf *leaf, struct buf *out, struct err *err)
{
    /* RFC 6962 section 3.4: version 0 and leaf type 0 stand where an SCT's signed data has version
     * 0 and signature type 0. */
    return mf_sct_signed_data(&leaf->entry, leaf->timestamp_ms, leaf->extensions, out, err);
}

static bool is_whole(const struct ct_leaf *leaf, struct err *err)
{
    if (leaf->entry.is_precert != (leaf->precert.n > 0))
        return mf_err_set(err, MF_ERR_FORMAT, "precertificate and entry type do not agree");
    if (leaf->issuers.n % FINGERPRINT_LEN != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "issuers are no whole fingerprints");
    if (leaf->issuers.n / FINGERPRINT_LEN > MF_CT_CHAIN_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d issuers", MF_CT_CHAIN_MAX);
    return true;
}

bool mf_ct_leaf_write(const struct ct_leaf *leaf, struct span merkle, struct buf *out,
                      struct err *err)
{
    struct span entry = mf_span_from(merkle, LEAF_HEAD);
    size_t n = entry.n + (leaf->entry.is_precert ? 3 + leaf->precert.n : 0) + 2 + leaf->issuers.n;

    if (n > MF_CT_RECORD_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "record is larger than %d bytes", MF_CT_RECORD_MAX);
    return is_whole(leaf, err) && mf_buf_reserve(out, n, err) && mf_buf_append(out, entry, err) &&
           (!leaf->entry.is_precert || mf_tls_vector_put(out, 3, leaf->precert, err)) &&
           mf_tls_vector_put(out, 2, leaf->issuers, err);
}

static bool take_entry(struct span *rest, struct ct_entry *out)
{
    struct span key_hash;
    uint64_t type = 0;

    if (!mf_tls_vector_number(rest, 2, &type) || (type != ENTRY_X509 && type != ENTRY_PRECERT))
        return false;
    out->is_precert = type == ENTRY_PRECERT;
    if (out->is_precert) {
        if (!mf_tls_vector_bytes(rest, sizeof out->issuer_key_hash, &key_hash))
            return false;
        memcpy(out->issuer_key_hash, key_hash.p, sizeof out->issuer_key_hash);
    }
    return mf_tls_vector_take(rest, 3, &out->der) && out->der.n > 0;
}

bool mf_ct_leaf_next(struct span *rest, struct ct_leaf *out, struct err *err)
{
    struct ct_leaf leaf = {0};
    struct span after = *rest;

    if (!mf_tls_vector_number(&after, 8, &leaf.timestamp_ms) || !take_entry(&after, &leaf.entry) ||
        !mf_tls_vector_take(&after, 2, &leaf.extensions))
        return mf_err_set(err, MF_ERR_FORMAT, "timestamped entry is damaged or cut short");
    if (leaf.entry.is_precert && !mf_tls_vector_take(&after, 3, &leaf.precert))
        return mf_err_set(err, MF_ERR_FORMAT, "precertificate is cut short");
    if (!mf_tls_vector_take(&after, 2, &leaf.issuers))
        return mf_err_set(err, MF_ERR_FORMAT, "issuers are cut short");
    if (!is_whole(&leaf, err))
        return false;
    if (rest->n - after.n > MF_CT_RECORD_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "record is larger than %d bytes", MF_CT_RECORD_MAX);
    *out = leaf;
    *rest = after;
    return true;
}
