/* From a request for a token to the token's claims. */
#include <sys/random.h>

#include "ca-stub/identity/dev_issuer_parts.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"

enum { LIFETIME_DEFAULT_S = 600, LIFETIME_MAX_S = 86400, DEPTH_MAX = 12 };

static const struct json_limits body_limits = {
    .bytes = MF_DEV_ISSUER_BODY_MAX, .depth = DEPTH_MAX, .nodes = 512};

static const char *const members[] = {"sub", "aud", "alg", "lifetime_s", "claims", NULL};
static const char *const ours[] = {"iss", "aud", "sub", "exp", "iat", "nbf"};

void mf_dev_issuer_claims_done(struct dev_request *request)
{
    mf_buf_done(&request->claims);
    *request = (struct dev_request){0};
}

static bool put_scalar(struct json_writer *w, const struct json_node *node, struct err *err)
{
    struct err no_bool = {0};
    struct err no_number = {0};
    int64_t number = 0;
    bool flag = false;

    if (mf_json_bool(node, &flag, &no_bool))
        mf_json_put_bool(w, flag);
    else if (mf_json_int64(node, &number, &no_number))
        mf_json_put_int(w, number);
    else
        return mf_err_set(err, MF_ERR_FORMAT,
                          "holds a value that is neither text, whole number, true, false, array "
                          "nor object");
    return true;
}

/* The reader has bounded the depth. */
static bool put_value(struct json_writer *w, const struct json_node *node, struct err *err)
{
    struct span text;

    if (mf_json_is_string(node)) {
        if (!mf_json_string(node, &text, err))
            return false;
        mf_json_put_string(w, text);
        return true;
    }
    if (mf_json_is_object(node) || mf_json_is_array(node)) {
        bool object = mf_json_is_object(node);
        object ? mf_json_begin_object(w) : mf_json_begin_array(w);
        for (const struct json_node *m = NULL; (m = mf_json_next(node, m)) != NULL;) {
            if (object)
                mf_json_key(w, mf_json_name(m));
            if (!put_value(w, m, err))
                return false;
        }
        object ? mf_json_end_object(w) : mf_json_end_array(w);
        return true;
    }
    return put_scalar(w, node, err);
}

static bool put_extra(struct json_writer *w, const struct json_node *claims, struct err *err)
{
    for (const struct json_node *m = NULL; (m = mf_json_next(claims, m)) != NULL;) {
        const char *name = mf_json_name(m);
        for (size_t i = 0; i < MF_LEN(ours); i++)
            if (strcmp(name, ours[i]) == 0)
                return mf_err_set(err, MF_ERR_FORMAT, "claim %s is the issuer's own to set", name);
        mf_json_key(w, name);
        if (!put_value(w, m, err))
            return mf_err_at(err, "%s", name);
    }
    return true;
}

static bool put_jti(struct json_writer *w, const struct json_node *claims, struct err *err)
{
    uint8_t bytes[16];
    char text[2 * sizeof bytes + 1];

    if (mf_json_get(claims, "jti") != NULL)
        return true;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return mf_err_sys(err, "no random bytes");
    mf_hex_encode(MF_SPAN_OF(bytes), text);
    mf_json_member_put_cstr(w, "jti", text);
    return true;
}

static bool put_audience(struct json_writer *w, const struct dev_issuer *issuer,
                         const struct json_node *aud, struct err *err)
{
    if (aud == NULL) {
        mf_json_member_put_cstr(w, "aud", issuer->audience);
        return true;
    }
    if (!mf_json_is_string(aud) && !mf_json_is_array(aud))
        return mf_err_set(err, MF_ERR_FORMAT, "aud is neither text nor array");
    mf_json_key(w, "aud");
    return put_value(w, aud, err);
}

static void put_email(struct json_writer *w, struct span sub, const struct json_node *claims)
{
    if (mf_span_find(sub, '@') == sub.n || mf_json_get(claims, "email") != NULL)
        return;
    mf_json_member_put(w, "email", sub);
    if (mf_json_get(claims, "email_verified") == NULL)
        mf_json_member_put_bool(w, "email_verified", true);
}

static bool read_alg(const struct json_node *root, enum jws_alg *out, struct err *err)
{
    struct span alg;

    *out = MF_JWS_ES256;
    if (mf_json_get(root, "alg") == NULL)
        return true;
    if (!mf_json_member_string(root, "alg", &alg, err))
        return false;
    if (mf_jws_alg_parse(alg, out) && (*out == MF_JWS_ES256 || *out == MF_JWS_RS256))
        return true;
    return mf_err_set(err, MF_ERR_FORMAT, "alg is neither ES256 nor RS256");
}

static bool read_lifetime(const struct json_node *root, int64_t *out, struct err *err)
{
    *out = LIFETIME_DEFAULT_S;
    if (mf_json_get(root, "lifetime_s") == NULL)
        return true;
    if (!mf_json_member_int64(root, "lifetime_s", out, err))
        return false;
    return (*out >= 1 && *out <= LIFETIME_MAX_S) ||
           mf_err_set(err, MF_ERR_FORMAT, "lifetime_s is not within 1 .. %d", LIFETIME_MAX_S);
}

static bool put_claims(const struct dev_issuer *issuer, struct span path,
                       const struct json_node *root, struct json_writer *w, struct err *err)
{
    const struct json_node *claims = mf_json_get(root, "claims");
    int64_t now_s = mf_clock_now(&issuer->clock).s;
    int64_t lifetime_s = 0;
    char name[sizeof issuer->base_url + MF_DEV_ISSUER_PATH_MAX];
    struct span sub;

    if (!mf_json_known_members(root, members, err) ||
        !mf_json_member_string(root, "sub", &sub, err) || !read_lifetime(root, &lifetime_s, err))
        return false;
    if (claims != NULL && !mf_json_is_object(claims))
        return mf_err_set(err, MF_ERR_FORMAT, "claims is not a JSON object");
    snprintf(name, sizeof name, "%s%.*s", issuer->base_url, MF_SPAN_ARG(path));
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "iss", name);
    mf_json_member_put(w, "sub", sub);
    mf_json_member_put_int(w, "iat", now_s);
    mf_json_member_put_int(w, "nbf", now_s);
    mf_json_member_put_int(w, "exp", now_s + lifetime_s);
    if (!put_audience(w, issuer, mf_json_get(root, "aud"), err) || !put_jti(w, claims, err))
        return false;
    put_email(w, sub, claims);
    if (!put_extra(w, claims, err))
        return mf_err_at(err, "claims");
    mf_json_end_object(w);
    return mf_json_written(w);
}

bool mf_dev_issuer_claims(const struct dev_issuer *issuer, struct span path, struct span body,
                          struct dev_request *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_dev_issuer_claims_done)
    struct dev_request request = {.claims = {.max = MF_DEV_ISSUER_CLAIMS_MAX}};

    if (!mf_json_parse(body, &body_limits, &doc, err))
        return false;
    const struct json_node *root = mf_json_root(doc);
    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "is not a JSON object");
    struct json_writer w = mf_json_writer(&request.claims, err);
    if (!read_alg(root, &request.alg, err) || !put_claims(issuer, path, root, &w, err) ||
        !mf_buf_append_byte(&request.claims, 0, err))
        return false;
    *out = request;
    request = (struct dev_request){0}; /* moved: the caller owns it now */
    return true;
}
