#include "transparency/sct/sct.h"

#include "transparency/sct/tls_vector.h"

enum { VERSION_1 = 0, TYPE_CERTIFICATE_TIMESTAMP = 0 };  /* RFC 6962 section 3.2 */
enum { ENTRY_X509 = 0, ENTRY_PRECERT = 1 };              /* section 3.1 */
enum { EXTENSION_LEAF_INDEX = 0, LEAF_INDEX_BYTES = 5 }; /* static-ct-api "SCT Extension" */

bool mf_sct_parse(struct span bytes, struct sct *out, struct err *err)
{
    struct sct s = {0};
    struct span log_id;
    uint64_t version = 0, hash_alg = 0, sig_alg = 0;

    if (!mf_tls_vector_number(&bytes, 1, &version))
        return mf_err_set(err, MF_ERR_FORMAT, "SCT is empty");
    if (version != VERSION_1)
        return mf_err_set(err, MF_ERR_FORMAT, "SCT has unknown version byte %u", (unsigned)version);
    if (!mf_tls_vector_bytes(&bytes, sizeof s.log_id, &log_id) ||
        !mf_tls_vector_number(&bytes, 8, &s.timestamp_ms) ||
        !mf_tls_vector_take(&bytes, 2, &s.extensions) ||
        !mf_tls_vector_number(&bytes, 1, &hash_alg) || !mf_tls_vector_number(&bytes, 1, &sig_alg) ||
        !mf_tls_vector_take(&bytes, 2, &s.signature))
        return mf_err_set(err, MF_ERR_FORMAT, "SCT is cut short");
    if (bytes.n != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "SCT has %zu bytes behind its end", bytes.n);
    if (s.signature.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "SCT has an empty signature");
    memcpy(s.log_id, log_id.p, sizeof s.log_id);
    s.hash_alg = (uint8_t)hash_alg;
    s.sig_alg = (uint8_t)sig_alg;
    *out = s;
    return true;
}

bool mf_sct_write(const struct sct *sct, struct buf *out, struct err *err)
{
    return mf_buf_append_byte(out, VERSION_1, err) &&
           mf_buf_append(out, MF_SPAN_OF(sct->log_id), err) &&
           mf_buf_append_be(out, sct->timestamp_ms, 8, err) &&
           mf_tls_vector_put(out, 2, sct->extensions, err) &&
           mf_buf_append_byte(out, sct->hash_alg, err) &&
           mf_buf_append_byte(out, sct->sig_alg, err) &&
           mf_tls_vector_put(out, 2, sct->signature, err);
}

bool mf_sct_signed_data(const struct ct_entry *entry, uint64_t timestamp_ms, struct span extensions,
                        struct buf *out, struct err *err)
{
    struct span key_hash = {entry->issuer_key_hash,
                            entry->is_precert ? sizeof entry->issuer_key_hash : 0};

    if (entry->der.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "entry is empty");
    return mf_buf_append_byte(out, VERSION_1, err) &&
           mf_buf_append_byte(out, TYPE_CERTIFICATE_TIMESTAMP, err) &&
           mf_buf_append_be(out, timestamp_ms, 8, err) &&
           mf_buf_append_be(out, entry->is_precert ? ENTRY_PRECERT : ENTRY_X509, 2, err) &&
           mf_buf_append(out, key_hash, err) && mf_tls_vector_put(out, 3, entry->der, err) &&
           mf_tls_vector_put(out, 2, extensions, err);
}

static bool scheme_of(const struct sct *sct, enum sig_scheme *out)
{
    if (sct->hash_alg != MF_SCT_HASH_SHA256)
        return false;
    *out = sct->sig_alg == MF_SCT_SIG_RSA ? MF_SIG_RSA_PKCS1_SHA256 : MF_SIG_ECDSA_SHA256;
    return sct->sig_alg == MF_SCT_SIG_RSA || sct->sig_alg == MF_SCT_SIG_ECDSA;
}

bool mf_sct_verify(struct crypto *c, const struct sct *sct, const struct public_key *log_key,
                   const struct ct_entry *entry, struct err *err)
{
    /* A length of 3 bytes for the entry, one of 2 for the extensions, and 50 bytes around. */
    MF_SCOPED(mf_buf_done) struct buf data = {.max = 0x1000000 + 0x10000 + 64};
    uint8_t log_id[32];
    enum sig_scheme scheme;

    mf_sha256(c, mf_public_key_spki(log_key), log_id);
    if (memcmp(log_id, sct->log_id, sizeof log_id) != 0)
        return mf_err_set(err, MF_ERR_REJECTED, "SCT is of another log than this key's");
    if (!scheme_of(sct, &scheme))
        return mf_err_set(err, MF_ERR_REJECTED, "SCT has signature algorithm %u/%u, not 4/3 or 4/1",
                          sct->hash_alg, sct->sig_alg);
    return mf_sct_signed_data(entry, sct->timestamp_ms, sct->extensions, &data, err) &&
           mf_verify(c, log_key, scheme, mf_buf_span(&data), sct->signature, err);
}

void mf_sct_leaf_index_put(uint64_t index, uint8_t out[static MF_SCT_LEAF_INDEX_LEN])
{
    out[0] = EXTENSION_LEAF_INDEX;
    out[1] = 0;
    out[2] = LEAF_INDEX_BYTES;
    for (unsigned i = 0; i < LEAF_INDEX_BYTES; i++)
        out[3 + i] = (uint8_t)(index >> (8 * (LEAF_INDEX_BYTES - 1 - i)));
}

bool mf_sct_leaf_index_find(struct span extensions, bool *found, uint64_t *index, struct err *err)
{
    bool seen = false;
    uint64_t value = 0;

    while (extensions.n > 0) {
        uint64_t type = 0;
        struct span data;
        if (!mf_tls_vector_number(&extensions, 1, &type) ||
            !mf_tls_vector_take(&extensions, 2, &data))
            return mf_err_set(err, MF_ERR_FORMAT, "SCT extensions are cut short");
        if (type != EXTENSION_LEAF_INDEX)
            continue;
        if (seen)
            return mf_err_set(err, MF_ERR_FORMAT, "SCT has two leaf indexes");
        if (data.n != LEAF_INDEX_BYTES || !mf_tls_vector_number(&data, LEAF_INDEX_BYTES, &value))
            return mf_err_set(err, MF_ERR_FORMAT, "leaf index has %zu bytes, not 5", data.n);
        seen = true;
    }
    *found = seen;
    *index = value;
    return true;
}
