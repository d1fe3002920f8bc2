/* DSSE envelopes sent for logging: some clients still send the envelope where a digest would do.
 * What is logged is the hashedrekord over its PAE, as for those who send that themselves. */
#include "transparency/entry/hashedrekord_template.h"
#include "transparency/entry/proto_json.h"

/* "DSSEv1" SP length SP type SP length SP, then the payload; lengths in decimal. */
static bool append_pae_head(struct span type, size_t payload_n, struct buf *out, struct err *err)
{
    return mf_buf_printf(out, err, "DSSEv1 %zu ", type.n) && mf_buf_append(out, type, err) &&
           mf_buf_printf(out, err, " %zu ", payload_n);
}

bool mf_hashedrekord_pae(struct span payload_type, struct span payload, struct buf *out,
                         struct err *err)
{
    return append_pae_head(payload_type, payload.n, out, err) && mf_buf_append(out, payload, err);
}

static const struct json_node *only_element(const struct proto_field *f, struct err *err)
{
    if (!mf_json_is_array(f->value) || mf_json_size(f->value) != 1) {
        mf_err_set(err, MF_ERR_FORMAT, "must have exactly one element");
        mf_err_at(err, "%s", f->name);
        return NULL;
    }
    return mf_json_at(f->value, 0);
}

struct envelope {
    struct span payload, type, signature;
};

static bool read_signatures(const struct proto_field *f, struct buf *storage, struct envelope *out,
                            struct err *err)
{
    const struct json_node *only = only_element(f, err);
    struct proto_field s[] = {{"sig", NULL, NULL}, {"keyid", NULL, NULL}};

    if (only == NULL)
        return false;
    return (mf_proto_json_read(only, s, MF_LEN(s), err) &&
            mf_proto_json_bytes(&s[0], storage, &out->signature, err)) ||
           mf_err_at(err, "%s[0]", f->name);
}

static bool read_envelope(const struct json_node *node, struct buf *storage, struct envelope *out,
                          struct err *err)
{
    enum { PAYLOAD, TYPE, SIGNATURES };
    struct proto_field f[] = {
        [PAYLOAD] = {"payload", NULL, NULL},
        [TYPE] = {"payloadType", NULL, NULL},
        [SIGNATURES] = {"signatures", NULL, NULL},
    };

    return mf_proto_json_read(node, f, MF_LEN(f), err) &&
           mf_proto_json_bytes(&f[PAYLOAD], storage, &out->payload, err) &&
           mf_proto_json_string(&f[TYPE], &out->type, err) &&
           read_signatures(&f[SIGNATURES], storage, out, err);
}

/* Streamed: a payload may be megabytes, and a copy of it would buy nothing. */
static bool digest_pae(struct crypto *c, enum key_details details, const struct envelope *e,
                       struct buf *storage, struct span *out, struct err *err)
{
    MF_SCOPED(mf_digest_free) struct digest *d = NULL;
    MF_SCOPED(mf_buf_done) struct buf head = {.max = MF_HASHEDREKORD_REQUEST_MAX};
    enum sig_scheme scheme;
    size_t start = storage->n;

    if (!mf_key_details_scheme(details, &scheme, err) ||
        !mf_digest_new(c, mf_sig_digest(scheme), &d, err) ||
        !append_pae_head(e->type, e->payload.n, &head, err))
        return false;
    if (storage->cap - storage->n < MF_DIGEST_MAX)
        return mf_err_set(err, MF_ERR_INTERNAL, "no room was reserved for a digest");
    mf_digest_update(d, mf_buf_span(&head));
    mf_digest_update(d, e->payload);
    mf_digest_final(d, storage->p + start);
    storage->n += mf_digest_length(mf_sig_digest(scheme));
    *out = mf_span_from(mf_buf_span(storage), start);
    return true;
}

bool mf_hashedrekord_read_dsse(struct crypto *c, const struct json_node *node, struct buf *storage,
                               struct hashedrekord *out, struct err *err)
{
    struct proto_field f[] = {{"envelope", NULL, NULL}, {"verifiers", NULL, NULL}};
    struct envelope e = {0};

    if (!mf_proto_json_read(node, f, MF_LEN(f), err))
        return false;
    if (!read_envelope(f[0].value, storage, &e, err))
        return mf_err_at(err, "envelope");
    const struct json_node *verifier = only_element(&f[1], err);
    if (verifier == NULL)
        return false;
    if (!mf_hashedrekord_read_verifier(verifier, storage, out, err))
        return mf_err_at(err, "verifiers[0]");
    out->signature = e.signature;
    return digest_pae(c, out->key_details, &e, storage, &out->digest, err);
}
