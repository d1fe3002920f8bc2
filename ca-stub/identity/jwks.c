#include "ca-stub/identity/jwks.h"

#include <stdlib.h>

#include "common/codec/base64.h"
#include "common/codec/json.h"

struct jwk_set {
    struct jwk keys[MF_JWKS_KEYS_MAX];
    size_t count;
    size_t left_out_count;
    char left_out[320]; /* why the first was */
};

static const struct json_limits jwks_limits = {.bytes = MF_JWKS_MAX, .depth = 8, .nodes = 4096};

/* RFC 7518 6.2.2, 6.3.2, 6.4: a set that holds one of these has published a private key. */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static void jwk_done(struct jwk *jwk)
{
    free(jwk->kid);
    mf_public_key_free(&jwk->key);
    *jwk = (struct jwk){0};
}

void mf_jwks_free(struct jwk_set **set)
{
    struct jwk_set *old = MF_MOVE(*set);

    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++)
        jwk_done(&old->keys[i]);
    free(old);
}

static bool unusable(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_FORMAT, "%s", what);
}

static bool read_number(const struct json_node *node, const char *name, struct buf *out,
                        struct err *err)
{
    struct span text;

    if (!mf_json_member_string(node, name, &text, err))
        return false;
    if (!mf_base64_decode(text, MF_BASE64_URL, out, err))
        return mf_err_at(err, "%s", name);
    return true;
}

static bool read_rsa(struct crypto *c, const struct json_node *node, struct public_key **out,
                     struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf n = {.max = MF_SPKI_MAX};
    MF_SCOPED(mf_buf_done) struct buf e = {.max = 8}; /* bytes; larger exponents are not in use */

    return read_number(node, "n", &n, err) && read_number(node, "e", &e, err) &&
           mf_public_key_from_rsa(c, mf_buf_span(&n), mf_buf_span(&e), out, err);
}

static bool read_ec(struct crypto *c, const struct json_node *node, struct public_key **out,
                    struct err *err)
{
    static const struct {
        const char *crv;
        enum key_kind kind;
        size_t width;
    } curves[] = {
        {"P-256", MF_KEY_P256, 32}, {"P-384", MF_KEY_P384, 48}, {"P-521", MF_KEY_P521, 66}};
    MF_SCOPED(mf_buf_done) struct buf point = {.max = 1 + 2 * 66};
    struct span crv;

    if (!mf_json_member_string(node, "crv", &crv, err))
        return false;
    for (size_t i = 0; i < MF_LEN(curves); i++) {
        if (!mf_span_is(crv, curves[i].crv))
            continue;
        if (!mf_buf_append_byte(&point, 4, err) || !read_number(node, "x", &point, err))
            return false;
        /* RFC 7518 6.2.1.2: the full width, also with leading zeros. */
        if (point.n != 1 + curves[i].width)
            return unusable(err, "x does not have the width of the curve");
        if (!read_number(node, "y", &point, err))
            return false;
        if (point.n != 1 + 2 * curves[i].width)
            return unusable(err, "y does not have the width of the curve");
        return mf_public_key_from_raw(c, curves[i].kind, mf_buf_span(&point), out, err);
    }
    return mf_err_set(err, MF_ERR_FORMAT, "curve \"%.*s\" is not accepted", MF_SPAN_ARG(crv));
}

static bool read_okp(struct crypto *c, const struct json_node *node, struct public_key **out,
                     struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf x = {.max = 64};
    struct span crv;

    if (!mf_json_member_string(node, "crv", &crv, err))
        return false;
    if (!mf_span_is(crv, "Ed25519"))
        return mf_err_set(err, MF_ERR_FORMAT, "curve \"%.*s\" is not accepted", MF_SPAN_ARG(crv));
    return read_number(node, "x", &x, err) &&
           mf_public_key_from_raw(c, MF_KEY_ED25519, mf_buf_span(&x), out, err);
}

static bool is_for_signing(const struct json_node *node, struct err *err)
{
    const struct json_node *ops = mf_json_get(node, "key_ops");
    struct span text;

    for (size_t i = 0; i < MF_LEN(private_members); i++)
        if (mf_json_get(node, private_members[i]) != NULL)
            return mf_err_set(err, MF_ERR_FORMAT, "key has the private member \"%s\"",
                              private_members[i]);
    if (mf_json_get(node, "use") != NULL) {
        if (!mf_json_member_string(node, "use", &text, err))
            return false;
        if (!mf_span_is(text, "sig"))
            return unusable(err, "use is not \"sig\"");
    }
    if (ops == NULL)
        return true;
    for (const struct json_node *op = NULL; (op = mf_json_next(ops, op)) != NULL;)
        if (mf_json_is_string(op) && mf_json_string(op, &text, err) && mf_span_is(text, "verify"))
            return true;
    return unusable(err, "key_ops does not list \"verify\"");
}

static bool read_key(struct crypto *c, const struct json_node *node, struct jwk *out,
                     struct err *err)
{
    struct span kty, alg;

    if (!mf_json_is_object(node))
        return unusable(err, "is not a JSON object");
    if (!mf_json_member_string(node, "kty", &kty, err) || !is_for_signing(node, err))
        return false;
    if (mf_json_get(node, "alg") != NULL) {
        if (!mf_json_member_string(node, "alg", &alg, err))
            return false;
        if (!mf_jws_alg_parse(alg, &out->alg))
            return mf_err_set(err, MF_ERR_FORMAT, "algorithm \"%.*s\" is not accepted",
                              MF_SPAN_ARG(alg));
        out->has_alg = true;
    }
    if (mf_span_is(kty, "RSA"))
        return read_rsa(c, node, &out->key, err);
    if (mf_span_is(kty, "EC"))
        return read_ec(c, node, &out->key, err);
    if (mf_span_is(kty, "OKP"))
        return read_okp(c, node, &out->key, err);
    return mf_err_set(err, MF_ERR_FORMAT, "kty \"%.*s\" is not accepted", MF_SPAN_ARG(kty));
}

static bool read_jwk(struct crypto *c, const struct json_node *node, struct jwk *out,
                     struct err *err)
{
    MF_SCOPED(jwk_done) struct jwk jwk = {0};
    struct span kid;

    if (!read_key(c, node, &jwk, err))
        return false;
    if (jwk.has_alg && mf_jws_alg_key(jwk.alg) != mf_public_key_kind(jwk.key))
        return unusable(err, "alg is not for this kind of key");
    if (mf_json_get(node, "kid") != NULL) {
        if (!mf_json_member_string(node, "kid", &kid, err))
            return false;
        if (kid.n == 0 || kid.n > MF_KID_MAX)
            return mf_err_set(err, MF_ERR_FORMAT, "kid is not 1 to %d bytes", MF_KID_MAX);
        jwk.kid = mf_span_dup(kid);
        if (jwk.kid == NULL)
            return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a key");
    }
    *out = jwk;
    jwk = (struct jwk){0}; /* moved: the set owns it now */
    return true;
}

/* The same key published twice is one key. */
static bool is_there(const struct jwk_set *set, const struct jwk *jwk)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct jwk *other = &set->keys[i];
        bool same_name = jwk->kid == NULL ? other->kid == NULL
                                          : other->kid != NULL && strcmp(other->kid, jwk->kid) == 0;
        if (same_name && other->has_alg == jwk->has_alg && other->alg == jwk->alg &&
            mf_span_eq(mf_public_key_spki(other->key), mf_public_key_spki(jwk->key)))
            return true;
    }
    return false;
}

static bool read_keys(struct crypto *c, const struct json_node *keys, struct jwk_set *set,
                      struct err *err)
{
    size_t index = 0;

    if (mf_json_size(keys) > MF_JWKS_KEYS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d keys", MF_JWKS_KEYS_MAX);
    for (const struct json_node *node = NULL; (node = mf_json_next(keys, node)) != NULL; index++) {
        struct jwk jwk = {0};
        struct err why = {0};
        if (!read_jwk(c, node, &jwk, &why)) {
            mf_err_at(&why, "keys[%zu]", index);
            if (why.code == MF_ERR_SYSTEM || why.code == MF_ERR_INTERNAL) {
                *err = why;
                return false;
            }
            if (set->left_out_count++ == 0)
                mf_err_render(&why, set->left_out, sizeof set->left_out);
            continue;
        }
        if (is_there(set, &jwk))
            jwk_done(&jwk);
        else
            set->keys[set->count++] = jwk;
    }
    if (set->count == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "holds no usable key%s%s",
                          set->left_out[0] != '\0' ? ": " : "", set->left_out);
    return true;
}

bool mf_jwks_parse(struct crypto *c, struct span text, struct jwk_set **out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    const struct json_node *keys;

    if (!mf_json_parse(text, &jwks_limits, &doc, err) ||
        !mf_json_member_array(mf_json_root(doc), "keys", &keys, err))
        return false;
    set = mf_array_new(1, sizeof *set);
    if (set == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a key set");
    if (!read_keys(c, keys, set, err))
        return false;
    *out = MF_MOVE(set);
    return true;
}

size_t mf_jwks_count(const struct jwk_set *set)
{
    return set->count;
}

const struct jwk *mf_jwks_at(const struct jwk_set *set, size_t index)
{
    return index < set->count ? &set->keys[index] : NULL;
}

size_t mf_jwks_left_out(const struct jwk_set *set, const char **why)
{
    *why = set->left_out;
    return set->left_out_count;
}

enum jwks_answer mf_jwks_find(const struct jwk_set *set, const char *kid, const struct jwk **out)
{
    const struct jwk *found = NULL;

    for (size_t i = 0; i < set->count; i++) {
        const struct jwk *jwk = &set->keys[i];
        if (kid != NULL && (jwk->kid == NULL || strcmp(jwk->kid, kid) != 0))
            continue;
        if (found != NULL)
            return MF_JWKS_AMBIGUOUS;
        found = jwk;
    }
    if (found == NULL)
        return MF_JWKS_UNKNOWN;
    *out = found;
    return MF_JWKS_FOUND;
}
