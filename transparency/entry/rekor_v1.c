#include "transparency/entry/rekor_v1.h"

#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "common/codec/pem.h"
#include "transparency/entry/proto_json.h"

static const struct json_limits limits = {.bytes = MF_REKOR_V1_BODY_MAX, .depth = 12, .nodes = 256};

static const struct {
    const char *kind, *version;
} kinds[] = {
    [MF_REKOR_V1_HASHEDREKORD] = {"hashedrekord", "0.0.1"},
    [MF_REKOR_V1_DSSE] = {"dsse", "0.0.1"},
    [MF_REKOR_V1_INTOTO] = {"intoto", "0.0.2"},
};

bool mf_rekor_v1_kind(struct span kind, struct span version, enum rekor_v1_kind *out)
{
    for (unsigned i = 0; i < MF_LEN(kinds); i++)
        if (mf_span_is(kind, kinds[i].kind) && mf_span_is(version, kinds[i].version)) {
            *out = (enum rekor_v1_kind)i;
            return true;
        }
    return false;
}

/* {"algorithm":"sha256","value":HEX} */
static bool read_hash(const struct proto_field *f, struct rekor_v1_body *b, struct err *err)
{
    enum { ALGORITHM, VALUE };
    struct proto_field h[] = {
        [ALGORITHM] = {"algorithm", NULL, NULL}, [VALUE] = {"value", NULL, NULL}};
    struct span name;
    struct span hex;
    unsigned alg = MF_SHA256;

    if (!mf_proto_json_read(f->value, h, MF_LEN(h), err) ||
        !mf_proto_json_string(&h[ALGORITHM], &name, err) ||
        !mf_proto_json_string(&h[VALUE], &hex, err))
        return mf_err_at(err, "%s", f->name);
    while (alg <= MF_SHA512 && !mf_span_is(name, mf_digest_name((enum digest_alg)alg)))
        alg++;
    if (alg > MF_SHA512) {
        mf_err_set(err, MF_ERR_FORMAT, "unknown hash algorithm \"%.*s\"", MF_SPAN_ARG(name));
        return mf_err_at(err, "%s", f->name);
    }
    b->digest_alg = (enum digest_alg)alg;
    size_t n = mf_digest_length(b->digest_alg);
    uint8_t *digest = b->owned.p + b->owned.n; /* room was reserved */
    if (!mf_hex_decode_exact(hex, digest, n, err))
        return mf_err_at(err, "%s: value", f->name);
    b->owned.n += n;
    b->digest = (struct span){digest, n};
    return true;
}

/* Base64 of a PEM text with one certificate or public key. */
static bool read_verifier(const struct proto_field *f, struct rekor_v1_body *b, struct err *err)
{
    static const struct span begin = MF_SPAN_INIT("-----BEGIN CERTIFICATE-----");
    struct span pem;

    if (!mf_proto_json_bytes(f, &b->owned, &pem, err))
        return false;
    b->is_certificate = mf_span_starts(pem, begin);
    size_t start = b->owned.n;
    if (!mf_pem_only(pem, b->is_certificate ? "CERTIFICATE" : "PUBLIC KEY", &b->owned, err)) {
        mf_err_as(err, MF_ERR_FORMAT); /* a missing block is a fault of the body, no missing file */
        return mf_err_at(err, "%s", f->name);
    }
    b->verifier = mf_span_from(mf_buf_span(&b->owned), start);
    return true;
}

static bool has_signature(const struct proto_field *f, const struct rekor_v1_body *b,
                          struct err *err)
{
    if (b->signature.n > 0)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "is empty");
    return mf_err_at(err, "%s", f->name);
}

static bool read_signature(const struct proto_field *f, struct rekor_v1_body *b, struct err *err)
{
    return mf_proto_json_bytes(f, &b->owned, &b->signature, err) && has_signature(f, b, err);
}

/* One element: with several signatures none could be said to be the bundle's. */
static const struct json_node *only_one(const struct proto_field *f, struct err *err)
{
    if (mf_json_is_array(f->value) && mf_json_size(f->value) == 1)
        return mf_json_at(f->value, 0);
    mf_err_set(err, MF_ERR_FORMAT, "must have exactly one element");
    mf_err_at(err, "%s", f->name);
    return NULL;
}

static bool read_hashedrekord(const struct json_node *spec, struct rekor_v1_body *b,
                              struct err *err)
{
    struct proto_field top[] = {{"data", NULL, NULL}, {"signature", NULL, NULL}};
    struct proto_field hash = {"hash", NULL, NULL};
    struct proto_field signature[] = {{"content", NULL, NULL}, {"publicKey", NULL, NULL}};
    struct proto_field content = {"content", NULL, NULL};

    if (!mf_proto_json_read(spec, top, MF_LEN(top), err))
        return false;
    if (!mf_proto_json_read(top[0].value, &hash, 1, err) || !read_hash(&hash, b, err))
        return mf_err_at(err, "data");
    if (!mf_proto_json_read(top[1].value, signature, MF_LEN(signature), err) ||
        !read_signature(&signature[0], b, err))
        return mf_err_at(err, "signature");
    if (!mf_proto_json_read(signature[1].value, &content, 1, err) ||
        !read_verifier(&content, b, err))
        return mf_err_at(err, "signature: publicKey");
    return true;
}

static bool read_dsse(const struct json_node *spec, struct rekor_v1_body *b, struct err *err)
{
    enum { ENVELOPE_HASH, PAYLOAD_HASH, SIGNATURES };
    struct proto_field top[] = {
        [ENVELOPE_HASH] = {"envelopeHash", NULL, NULL},
        [PAYLOAD_HASH] = {"payloadHash", NULL, NULL},
        [SIGNATURES] = {"signatures", NULL, NULL},
    };
    struct proto_field signature[] = {{"signature", NULL, NULL}, {"verifier", NULL, NULL}};

    if (!mf_proto_json_read(spec, top, MF_LEN(top), err) || !read_hash(&top[PAYLOAD_HASH], b, err))
        return false;
    const struct json_node *only = only_one(&top[SIGNATURES], err);
    if (only == NULL)
        return false;
    return (mf_proto_json_read(only, signature, MF_LEN(signature), err) &&
            read_signature(&signature[0], b, err) && read_verifier(&signature[1], b, err)) ||
           mf_err_at(err, "signatures[0]");
}

/* "sig" is the Base64 of the envelope's own text, which is Base64 already. */
static bool read_sig_twice(const struct proto_field *f, struct rekor_v1_body *b, struct err *err)
{
    struct span text;

    if (!mf_proto_json_bytes(f, &b->owned, &text, err))
        return false;
    size_t start = b->owned.n;
    if (!mf_base64_decode(text, MF_BASE64_LENIENT, &b->owned, err))
        return mf_err_at(err, "%s", f->name);
    b->signature = mf_span_from(mf_buf_span(&b->owned), start);
    return has_signature(f, b, err);
}

static bool copy_text(const struct proto_field *f, struct rekor_v1_body *b, struct span *out,
                      struct err *err)
{
    struct span text;
    size_t start = b->owned.n;

    if (!mf_proto_json_string(f, &text, err) || !mf_buf_append(&b->owned, text, err))
        return false;
    *out = mf_span_from(mf_buf_span(&b->owned), start);
    return true;
}

static bool read_envelope(const struct json_node *node, struct rekor_v1_body *b, struct err *err)
{
    enum { PAYLOAD, PAYLOAD_TYPE, SIGNATURES };
    enum { KEY_ID, PUBLIC_KEY, SIG };
    struct proto_field top[] = {
        [PAYLOAD] = {"payload", NULL, NULL}, /* some logs keep it; its hash is what binds */
        [PAYLOAD_TYPE] = {"payloadType", NULL, NULL},
        [SIGNATURES] = {"signatures", NULL, NULL},
    };
    struct proto_field signature[] = {
        [KEY_ID] = {"keyid", NULL, NULL},
        [PUBLIC_KEY] = {"publicKey", NULL, NULL},
        [SIG] = {"sig", NULL, NULL},
    };

    if (!mf_proto_json_read(node, top, MF_LEN(top), err) ||
        !copy_text(&top[PAYLOAD_TYPE], b, &b->payload_type, err))
        return false;
    const struct json_node *only = only_one(&top[SIGNATURES], err);
    if (only == NULL)
        return false;
    return (mf_proto_json_read(only, signature, MF_LEN(signature), err) &&
            read_sig_twice(&signature[SIG], b, err) &&
            read_verifier(&signature[PUBLIC_KEY], b, err)) ||
           mf_err_at(err, "signatures[0]");
}

static bool read_intoto(const struct json_node *spec, struct rekor_v1_body *b, struct err *err)
{
    enum { ENVELOPE, HASH, PAYLOAD_HASH };
    struct proto_field outer = {"content", NULL, NULL};
    struct proto_field content[] = {
        [ENVELOPE] = {"envelope", NULL, NULL},
        [HASH] = {"hash", NULL, NULL},
        [PAYLOAD_HASH] = {"payloadHash", NULL, NULL},
    };

    if (!mf_proto_json_read(spec, &outer, 1, err))
        return false;
    if (!mf_proto_json_read(outer.value, content, MF_LEN(content), err) ||
        !read_hash(&content[PAYLOAD_HASH], b, err))
        return mf_err_at(err, "content");
    return read_envelope(content[ENVELOPE].value, b, err) || mf_err_at(err, "content: envelope");
}

static bool read_kind(const struct proto_field *kind, const struct proto_field *version,
                      struct rekor_v1_body *b, struct err *err)
{
    struct span k;
    struct span v;

    if (!mf_proto_json_string(kind, &k, err) || !mf_proto_json_string(version, &v, err))
        return false;
    if (mf_rekor_v1_kind(k, v, &b->kind))
        return true;
    return mf_err_set(err, MF_ERR_FORMAT, "is of kind %.*s %.*s, which is not read", MF_SPAN_ARG(k),
                      MF_SPAN_ARG(v));
}

static bool read_body(const struct json_node *root, struct rekor_v1_body *b, struct err *err)
{
    static bool (*const readers[])(const struct json_node *, struct rekor_v1_body *,
                                   struct err *) = {
        [MF_REKOR_V1_HASHEDREKORD] = read_hashedrekord,
        [MF_REKOR_V1_DSSE] = read_dsse,
        [MF_REKOR_V1_INTOTO] = read_intoto,
    };
    enum { VERSION, KIND, SPEC };
    struct proto_field top[] = {
        [VERSION] = {"apiVersion", NULL, NULL},
        [KIND] = {"kind", NULL, NULL},
        [SPEC] = {"spec", NULL, NULL},
    };

    return mf_proto_json_read(root, top, MF_LEN(top), err) &&
           read_kind(&top[KIND], &top[VERSION], b, err) &&
           (readers[b->kind](top[SPEC].value, b, err) || mf_err_at(err, "spec"));
}

bool mf_rekor_v1_parse_body(struct span body, struct rekor_v1_body *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_rekor_v1_done)
    struct rekor_v1_body b = {
        .owned = {.max = 2 * MF_REKOR_V1_BODY_MAX},
    };

    /* Once, so that no later value moves what an earlier one borrows. Two layers of Base64 give
     * 3/4 and then 9/16 of a text, so twice the body's length holds them all. */
    if (!mf_json_parse(body, &limits, &doc, err) || !mf_buf_reserve(&b.owned, 2 * body.n, err) ||
        !read_body(mf_json_root(doc), &b, err))
        return false;
    *out = b;
    b.owned = (struct buf){0}; /* moved: the caller owns it now */
    return true;
}

void mf_rekor_v1_done(struct rekor_v1_body *body)
{
    mf_buf_done(&body->owned);
    *body = (struct rekor_v1_body){0};
}
