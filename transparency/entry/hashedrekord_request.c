/* Reading requests, by proto3 JSON's rules. */
#include "transparency/entry/hashedrekord_template.h"
#include "transparency/entry/proto_json.h"

static const struct json_limits request_limits = {
    .bytes = MF_HASHEDREKORD_REQUEST_MAX, .depth = 16, .nodes = 256};

/* {"rawBytes": ...} */
static bool read_raw(const struct proto_field *f, struct buf *storage, struct span *out,
                     struct err *err)
{
    struct proto_field raw = {"rawBytes", "raw_bytes", NULL};

    if (!mf_proto_json_read(f->value, &raw, 1, err) ||
        !mf_proto_json_bytes(&raw, storage, out, err))
        return mf_err_at(err, "%s", f->name);
    return true;
}

static bool read_key_details(const struct proto_field *f, enum key_details *out, struct err *err)
{
    struct span name;
    int64_t number = 0;
    bool ok = false;

    if (mf_json_is_string(f->value))
        ok = mf_json_string(f->value, &name, err) && mf_key_details_from_name(name, out, err);
    else
        ok = mf_json_int64(f->value, &number, err) && mf_key_details_from_number(number, out, err);
    return ok || mf_err_at(err, "%s", f->name);
}

bool mf_hashedrekord_read_verifier(const struct json_node *node, struct buf *storage,
                                   struct hashedrekord *out, struct err *err)
{
    enum { PUBLIC_KEY, CERTIFICATE, KEY_DETAILS };
    struct proto_field f[] = {
        [PUBLIC_KEY] = {"publicKey", "public_key", NULL},
        [CERTIFICATE] = {"x509Certificate", "x509_certificate", NULL},
        [KEY_DETAILS] = {"keyDetails", "key_details", NULL},
    };

    if (!mf_proto_json_read(node, f, MF_LEN(f), err) ||
        !read_key_details(&f[KEY_DETAILS], &out->key_details, err))
        return false;
    if ((f[PUBLIC_KEY].value == NULL) == (f[CERTIFICATE].value == NULL))
        return mf_err_set(err, MF_ERR_FORMAT, "needs one of publicKey and x509Certificate");
    out->is_certificate = f[CERTIFICATE].value != NULL;
    return read_raw(&f[out->is_certificate ? CERTIFICATE : PUBLIC_KEY], storage, &out->verifier,
                    err);
}

static bool read_signature(const struct json_node *node, struct buf *storage,
                           struct hashedrekord *out, struct err *err)
{
    enum { CONTENT, VERIFIER };
    struct proto_field f[] = {
        [CONTENT] = {"content", NULL, NULL},
        [VERIFIER] = {"verifier", NULL, NULL},
    };

    return mf_proto_json_read(node, f, MF_LEN(f), err) &&
           mf_proto_json_bytes(&f[CONTENT], storage, &out->signature, err) &&
           (mf_hashedrekord_read_verifier(f[VERIFIER].value, storage, out, err) ||
            mf_err_at(err, "verifier"));
}

static bool read_hashedrekord(const struct json_node *node, struct buf *storage,
                              struct hashedrekord *out, struct err *err)
{
    enum { DIGEST, SIGNATURE };
    struct proto_field f[] = {
        [DIGEST] = {"digest", NULL, NULL},
        [SIGNATURE] = {"signature", NULL, NULL},
    };

    return mf_proto_json_read(node, f, MF_LEN(f), err) &&
           mf_proto_json_bytes(&f[DIGEST], storage, &out->digest, err) &&
           (read_signature(f[SIGNATURE].value, storage, out, err) || mf_err_at(err, "signature"));
}

static bool read_request(struct crypto *c, const struct json_node *root, struct buf *storage,
                         struct hashedrekord *out, struct err *err)
{
    enum { HASHEDREKORD, DSSE };
    struct proto_field f[] = {
        [HASHEDREKORD] = {"hashedRekordRequestV002", "hashed_rekord_request_v002", NULL},
        [DSSE] = {"dsseRequestV002", "dsse_request_v002", NULL},
    };

    if (!mf_proto_json_read(root, f, MF_LEN(f), err))
        return false;
    if ((f[HASHEDREKORD].value == NULL) == (f[DSSE].value == NULL))
        return mf_err_set(err, MF_ERR_FORMAT,
                          "needs one of hashedRekordRequestV002 and dsseRequestV002");
    if (f[DSSE].value != NULL)
        return mf_hashedrekord_read_dsse(c, f[DSSE].value, storage, out, err) ||
               mf_err_at(err, "dsseRequestV002");
    return read_hashedrekord(f[HASHEDREKORD].value, storage, out, err) ||
           mf_err_at(err, "hashedRekordRequestV002");
}

bool mf_hashedrekord_parse_request(struct crypto *c, struct span json, struct buf *storage,
                                   struct hashedrekord *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct hashedrekord r = {0};

    mf_buf_reset(storage);
    /* Base64 shrinks, so all that is decoded fits what the text has; no value moves another. */
    if (!mf_json_parse(json, &request_limits, &doc, err) || !mf_buf_reserve(storage, json.n, err) ||
        !read_request(c, mf_json_root(doc), storage, &r, err) || !mf_hashedrekord_check(&r, err))
        return false;
    *out = r;
    return true;
}
