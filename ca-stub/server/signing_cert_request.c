#include "ca-stub/server/signing_cert_request.h"

#include "common/codec/json.h"

/* A member under either of its proto JSON names; both at once is a doubled member. */
static bool find(const struct json_node *object, const char *camel, const char *snake,
                 const struct json_node **out, struct err *err)
{
    const struct json_node *a = mf_json_get(object, camel), *b = mf_json_get(object, snake);

    if (a != NULL && b != NULL && a != b)
        return mf_err_set(err, MF_ERR_FORMAT, "both %s and %s are there", camel, snake);
    *out = a != NULL ? a : b;
    return true;
}

static bool find_object(const struct json_node *object, const char *camel, const char *snake,
                        const struct json_node **out, struct err *err)
{
    if (!find(object, camel, snake, out, err))
        return false;
    if (*out != NULL && !mf_json_is_object(*out))
        return mf_err_set(err, MF_ERR_FORMAT, "%s is not an object", camel);
    return true;
}

static bool get_text(const struct json_node *object, const char *camel, const char *snake,
                     struct buf *out, struct err *err)
{
    const struct json_node *node = NULL;
    struct span text = {0};

    if (!find(object, camel, snake, &node, err))
        return false;
    if (node == NULL)
        return true;
    if (!mf_json_string(node, &text, err))
        return mf_err_at(err, "%s", camel);
    return mf_buf_append(out, text, err);
}

static bool get_bytes(const struct json_node *object, const char *camel, const char *snake,
                      struct buf *out, struct err *err)
{
    const struct json_node *node = NULL;

    if (!find(object, camel, snake, &node, err))
        return false;
    return node == NULL || mf_json_member_bytes(object, mf_json_name(node), out, err);
}

static bool read_csr(const struct json_node *root, struct signing_cert_request *r, struct err *err)
{
    if (!get_bytes(root, "certificateSigningRequest", "certificate_signing_request", &r->csr, err))
        return false;
    r->has_csr = r->csr.n > 0;
    return true;
}

static bool only_one_flow(const struct signing_cert_request *r, const struct json_node *other,
                          struct err *err)
{
    if (r->has_csr && other != NULL)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "both a certificate signing request and a public key are there");
    return true;
}

static bool read_v2(const struct json_node *root, struct signing_cert_request *r, struct err *err)
{
    const struct json_node *credentials = NULL, *asked = NULL, *key = NULL;

    if (!find_object(root, "credentials", "credentials", &credentials, err))
        return false;
    if (!get_text(credentials, "oidcIdentityToken", "oidc_identity_token", &r->token, err))
        return mf_err_at(err, "credentials");
    if (!read_csr(root, r, err) ||
        !find_object(root, "publicKeyRequest", "public_key_request", &asked, err) ||
        !only_one_flow(r, asked, err))
        return false;
    if (!find_object(asked, "publicKey", "public_key", &key, err) ||
        !get_text(key, "content", "content", &r->key, err) ||
        !get_bytes(asked, "proofOfPossession", "proof_of_possession", &r->signature, err))
        return mf_err_at(err, "publicKeyRequest");
    return true;
}

static bool read_v1(const struct json_node *root, struct signing_cert_request *r, struct err *err)
{
    const struct json_node *key = NULL;

    if (!read_csr(root, r, err) || !find_object(root, "publicKey", "public_key", &key, err) ||
        !only_one_flow(r, key, err))
        return false;
    if (!get_bytes(key, "content", "content", &r->key, err))
        return mf_err_at(err, "publicKey");
    return get_bytes(root, "signedEmailAddress", "signed_email_address", &r->signature, err);
}

static bool read_body(struct span body, enum signing_cert_api api, struct signing_cert_request *r,
                      struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (body.n == 0)
        return true;
    if (!mf_json_parse(body, &mf_json_request_limits, &doc, err))
        return false;
    mf_json_wipe_on_free(doc);
    const struct json_node *root = mf_json_root(doc);
    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "not a JSON object");
    return api == MF_SIGNING_CERT_V1 ? read_v1(root, r, err) : read_v2(root, r, err);
}

bool mf_signing_cert_parse(struct span body, enum signing_cert_api api,
                           struct signing_cert_request *out, struct err *err)
{
    struct signing_cert_request r = {0};

    r.token.max = r.csr.max = r.key.max = r.signature.max = MF_SIGNING_CERT_BODY_MAX;
    r.token.secret = true;
    if (!read_body(body, api, &r, err)) {
        mf_signing_cert_request_done(&r);
        return mf_err_at(err, "request");
    }
    *out = r;
    return true;
}

void mf_signing_cert_request_done(struct signing_cert_request *request)
{
    mf_buf_done(&request->token);
    mf_buf_done(&request->csr);
    mf_buf_done(&request->key);
    mf_buf_done(&request->signature);
    *request = (struct signing_cert_request){0};
}
