#include "transparency/sct/ct_head.h"

#include "transparency/sct/sct.h"
#include "transparency/sct/tls_vector.h"

enum { VERSION_1 = 0, TYPE_TREE_HASH = 1 }; /* RFC 6962 section 3.5 */

void mf_ct_head_signed(const struct merkle_head *head, uint64_t timestamp_ms,
                       uint8_t out[static MF_CT_HEAD_SIGNED_LEN])
{
    out[0] = VERSION_1;
    out[1] = TYPE_TREE_HASH;
    mf_put_be64(out + 2, timestamp_ms);
    mf_put_be64(out + 10, head->size);
    memcpy(out + 18, head->root, MF_MERKLE_HASH_LEN);
}

bool mf_ct_head_signature(uint64_t timestamp_ms, struct span der, struct buf *out, struct err *err)
{
    return mf_buf_append_be(out, timestamp_ms, 8, err) &&
           mf_buf_append_byte(out, MF_SCT_HASH_SHA256, err) &&
           mf_buf_append_byte(out, MF_SCT_SIG_ECDSA, err) && mf_tls_vector_put(out, 2, der, err);
}

static bool verify_line(struct crypto *c, const struct note_key *key, const struct checkpoint *text,
                        struct span signature, uint64_t *timestamp_ms, struct err *err)
{
    struct merkle_head head = {.size = text->size};
    uint64_t hash_alg = 0, sig_alg = 0;
    bool rsa = mf_public_key_kind(key->key) == MF_KEY_RSA;
    uint8_t data[MF_CT_HEAD_SIGNED_LEN];
    struct span value;

    if (!mf_tls_vector_number(&signature, 8, timestamp_ms) ||
        !mf_tls_vector_number(&signature, 1, &hash_alg) ||
        !mf_tls_vector_number(&signature, 1, &sig_alg) ||
        !mf_tls_vector_take(&signature, 2, &value) || signature.n != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "is no tree head signature");
    if (hash_alg != MF_SCT_HASH_SHA256 || sig_alg != (rsa ? MF_SCT_SIG_RSA : MF_SCT_SIG_ECDSA))
        return mf_err_set(err, MF_ERR_REJECTED, "signature algorithm %u/%u is not the key's",
                          (unsigned)hash_alg, (unsigned)sig_alg);
    memcpy(head.root, text->root, sizeof head.root);
    mf_ct_head_signed(&head, *timestamp_ms, data);
    return mf_verify(c, key->key, rsa ? MF_SIG_RSA_PKCS1_SHA256 : MF_SIG_ECDSA_SHA256,
                     MF_SPAN_OF(data), value, err);
}

bool mf_ct_head_verify(struct crypto *c, const struct note_key *key, const struct note *note,
                       struct checkpoint *out, uint64_t *timestamp_ms, struct err *err)
{
    struct span name = mf_note_key_name(key);
    const struct note_line *line = mf_note_find(note, name, key->id, NULL);
    struct checkpoint text;
    uint64_t time = 0;

    if (key->type != MF_NOTE_KEY_RFC6962)
        return mf_err_set(err, MF_ERR_INTERNAL, "key does not sign tree heads");
    /* The signature does not cover the text, only the size and root in it. */
    if (!mf_checkpoint_parse(note->text, &text, err))
        return false;
    if (!mf_span_eq(text.origin, name))
        return mf_err_set(err, MF_ERR_REJECTED, "origin is \"%.*s\", not \"%.*s\"",
                          MF_SPAN_ARG(text.origin), MF_SPAN_ARG(name));
    if (text.extensions.n != 0)
        return mf_err_set(err, MF_ERR_REJECTED, "has extension lines, which nothing signs");
    if (line == NULL)
        return mf_err_set(err, MF_ERR_REJECTED, "no signature by %s+%08x", key->name, key->id);
    for (; line != NULL; line = mf_note_find(note, name, key->id, line))
        if (!verify_line(c, key, &text, line->signature, &time, err))
            return mf_err_at(err, "signature by %s+%08x", key->name, key->id);
    *out = text;
    *timestamp_ms = time;
    return true;
}
