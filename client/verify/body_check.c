#include "client/verify/body_check.h"

#include "transparency/entry/rekor_v1.h"

/* What the log hashed into its tree. The body that comes along must be the very same bytes: the
 * leaf would hold without it, but verifiers that read it would see another bundle than we do. */
static bool check_v2(struct crypto *c, const struct tlog_entry *e,
                     const struct hashedrekord *record, uint8_t leaf[static 32], struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_HASHEDREKORD_BODY_MAX};

    if (!mf_hashedrekord_print(record, &body, err))
        return false;
    if (!mf_span_eq(e->body, mf_buf_span(&body)))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the entry is not of this signature, certificate and digest");
    mf_merkle_hash_leaf(c, mf_buf_span(&body), leaf);
    return true;
}

static bool check_kind(const struct tlog_entry *e, const struct rekor_v1_body *body, bool is_dsse,
                       struct err *err)
{
    enum rekor_v1_kind said;

    if (!mf_rekor_v1_kind(e->kind, e->version, &said) || said != body->kind)
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the body is of another kind than kindVersion says");
    if ((body->kind != MF_REKOR_V1_HASHEDREKORD) != is_dsse)
        return mf_err_set(err, MF_ERR_REJECTED, "the entry is of %s, the bundle holds %s",
                          is_dsse ? "a message signature" : "an envelope",
                          is_dsse ? "an envelope" : "a message signature");
    return true;
}

static bool check_digest(struct crypto *c, const struct rekor_v1_body *body,
                         const struct logged_content *content, struct err *err)
{
    uint8_t digest[MF_DIGEST_MAX];
    struct span expected = content->record.digest;

    if (content->is_dsse) {
        mf_digest(c, body->digest_alg, content->payload, digest);
        expected = (struct span){digest, mf_digest_length(body->digest_alg)};
    }
    if (!mf_span_eq(body->digest, expected))
        return mf_err_set(err, MF_ERR_REJECTED, "the entry is of another %s",
                          content->is_dsse ? "payload" : "file, or this one changed");
    if (body->kind == MF_REKOR_V1_INTOTO && !mf_span_eq(body->payload_type, content->payload_type))
        return mf_err_set(err, MF_ERR_REJECTED, "the entry is of another payload type");
    return true;
}

static bool check_v1(struct crypto *c, const struct tlog_entry *e,
                     const struct logged_content *content, struct err *err)
{
    MF_SCOPED(mf_rekor_v1_done) struct rekor_v1_body body = {0};
    const struct hashedrekord *record = &content->record;

    if (!mf_rekor_v1_parse_body(e->body, &body, err) ||
        !check_kind(e, &body, content->is_dsse, err))
        return false;
    if (!mf_span_eq(body.signature, record->signature))
        return mf_err_set(err, MF_ERR_REJECTED, "the entry is of another signature");
    if (body.is_certificate != record->is_certificate ||
        !mf_span_eq(body.verifier, record->verifier))
        return mf_err_set(err, MF_ERR_REJECTED, "the entry is of another %s",
                          record->is_certificate ? "certificate" : "key");
    return check_digest(c, &body, content, err);
}

bool mf_body_check(struct crypto *c, const struct tlog_entry *entry,
                   const struct logged_content *content, bool is_v1, uint8_t leaf[static 32],
                   struct err *err)
{
    if (!is_v1)
        return check_v2(c, entry, &content->record, leaf, err) || mf_err_as(err, MF_ERR_REJECTED);
    if (!check_v1(c, entry, content, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    mf_merkle_hash_leaf(c, entry->body, leaf);
    return true;
}
