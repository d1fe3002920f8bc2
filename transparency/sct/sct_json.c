/* The answer of add-chain and add-pre-chain. Source: RFC 6962 section 4.1. */
#include "common/codec/base64.h"
#include "transparency/sct/sct.h"
#include "transparency/sct/tls_vector.h"

bool mf_sct_write_json(const struct sct *sct, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SCT_BYTES_MAX};
    struct json_writer w = mf_json_writer(out, err);

    if (sct->timestamp_ms > INT64_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "timestamp is not below 2^63");
    if (!mf_buf_append_byte(&signature, sct->hash_alg, err) ||
        !mf_buf_append_byte(&signature, sct->sig_alg, err) ||
        !mf_tls_vector_put(&signature, 2, sct->signature, err))
        return false;
    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "sct_version", 0);
    mf_json_member_put_base64(&w, "id", MF_SPAN_OF(sct->log_id));
    mf_json_member_put_int(&w, "timestamp", (int64_t)sct->timestamp_ms);
    mf_json_member_put_base64(&w, "extensions", sct->extensions);
    mf_json_member_put_base64(&w, "signature", mf_buf_span(&signature));
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

static bool read_number(const struct json_node *root, const char *name, int64_t max, uint64_t *out,
                        struct err *err)
{
    int64_t n = 0;

    if (!mf_json_member_int64(root, name, &n, err))
        return false;
    if (n < 0 || n > max) {
        mf_err_set(err, MF_ERR_FORMAT, "is %" PRId64 ", not 0 .. %" PRId64, n, max);
        return mf_err_at(err, "%s", name);
    }
    *out = (uint64_t)n;
    return true;
}

static bool read_bytes(const struct json_node *root, const char *name, struct buf *storage,
                       struct span *out, struct err *err)
{
    size_t start = storage->n;
    struct span text;

    if (!mf_json_member_string(root, name, &text, err))
        return false;
    if (!mf_base64_decode(text, MF_BASE64_STD, storage, err))
        return mf_err_at(err, "%s", name);
    *out = mf_span_from(mf_buf_span(storage), start);
    return true;
}

static bool read_signature(struct span bytes, struct sct *out, struct err *err)
{
    uint64_t hash_alg = 0, sig_alg = 0;

    if (!mf_tls_vector_number(&bytes, 1, &hash_alg) || !mf_tls_vector_number(&bytes, 1, &sig_alg) ||
        !mf_tls_vector_take(&bytes, 2, &out->signature) || bytes.n != 0 || out->signature.n == 0) {
        mf_err_set(err, MF_ERR_FORMAT, "is no digitally-signed");
        return mf_err_at(err, "signature");
    }
    out->hash_alg = (uint8_t)hash_alg;
    out->sig_alg = (uint8_t)sig_alg;
    return true;
}

bool mf_sct_parse_json(struct span json, struct buf *storage, struct sct *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct sct s = {0};
    struct span id, signature;
    uint64_t version = 0;

    mf_buf_reset(storage);
    if (json.n > MF_SCT_ANSWER_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_SCT_ANSWER_MAX);
    /* Room once, so that no later value moves what an earlier one borrows. Members that we do not
     * know are let be: the RFC does not close the object. */
    if (!mf_json_parse(json, &mf_json_request_limits, &doc, err) ||
        !mf_buf_reserve(storage, json.n, err))
        return false;
    const struct json_node *root = mf_json_root(doc);
    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "is not an object");
    if (!read_number(root, "sct_version", 0, &version, err) ||
        !read_number(root, "timestamp", INT64_MAX, &s.timestamp_ms, err) ||
        !read_bytes(root, "id", storage, &id, err) ||
        !read_bytes(root, "extensions", storage, &s.extensions, err) ||
        !read_bytes(root, "signature", storage, &signature, err) ||
        !read_signature(signature, &s, err))
        return false;
    if (id.n != sizeof s.log_id)
        return mf_err_set(err, MF_ERR_FORMAT, "id has %zu bytes, not 32", id.n);
    memcpy(s.log_id, id.p, sizeof s.log_id);
    *out = s;
    return true;
}
