#include "ca-stub/identity/jws.h"

#include "common/codec/base64.h"
#include "common/codec/json.h"

static const struct {
    const char *name;
    enum key_kind key;
    enum sig_scheme scheme;
    size_t width; /* bytes of r and of s; 0 where the signature is used as it is */
} algs[] = {
    [MF_JWS_RS256] = {"RS256", MF_KEY_RSA, MF_SIG_RSA_PKCS1_SHA256, 0},
    [MF_JWS_RS384] = {"RS384", MF_KEY_RSA, MF_SIG_RSA_PKCS1_SHA384, 0},
    [MF_JWS_RS512] = {"RS512", MF_KEY_RSA, MF_SIG_RSA_PKCS1_SHA512, 0},
    [MF_JWS_ES256] = {"ES256", MF_KEY_P256, MF_SIG_ECDSA_SHA256, 32},
    [MF_JWS_ES384] = {"ES384", MF_KEY_P384, MF_SIG_ECDSA_SHA384, 48},
    [MF_JWS_ES512] = {"ES512", MF_KEY_P521, MF_SIG_ECDSA_SHA512, 66},
    [MF_JWS_EDDSA] = {"EdDSA", MF_KEY_ED25519, MF_SIG_ED25519, 0},
};
_Static_assert(MF_LEN(algs) == MF_JWS_ALG_COUNT_, "a row for each algorithm");

/* Members that bring a key along, change what is signed, or nest another token. A reader that
 * ignores one and a reader that obeys it would judge different things. */
static const char *const forbidden[] = {
    "jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "cty", "enc",
};

static const struct json_limits header_limits = {.bytes = MF_TOKEN_MAX, .depth = 4, .nodes = 64};

void mf_jws_done(struct jws *jws)
{
    mf_buf_done(&jws->decoded);
    *jws = (struct jws){0};
}

const char *mf_jws_alg_name(enum jws_alg alg)
{
    return algs[alg].name;
}

bool mf_jws_alg_parse(struct span name, enum jws_alg *out)
{
    for (size_t i = 0; i < MF_LEN(algs); i++)
        if (mf_span_is(name, algs[i].name)) {
            *out = (enum jws_alg)i;
            return true;
        }
    return false;
}

enum key_kind mf_jws_alg_key(enum jws_alg alg)
{
    return algs[alg].key;
}

static bool malformed(struct refusal *why, const char *what)
{
    return mf_refusal_set(why, "TOKEN_MALFORMED", "%s", what);
}

/* Exactly three segments, none of them empty. */
static bool split(struct span token, struct span segments[static 3], struct refusal *why)
{
    struct span rest = token;

    for (int i = 0; i < 3; i++) {
        size_t dot = mf_span_find(rest, '.');
        if ((dot < rest.n) != (i < 2))
            return malformed(why, "token does not have 3 segments");
        segments[i] = mf_span_first(rest, dot);
        if (dot == 0)
            return malformed(why, "token has an empty segment");
        rest = mf_span_from(rest, i < 2 ? dot + 1 : dot);
    }
    return true;
}

/* Decodes behind what is there already. There is room for the whole token, which is longer than
 * what it decodes to, so the bytes before never move. */
static bool decode(struct span segment, struct buf *into, struct span *out, struct refusal *why)
{
    size_t start = into->n;

    if (!mf_base64_decode(segment, MF_BASE64_URL, into, why->err))
        return mf_refusal_take(why, "TOKEN_MALFORMED");
    *out = mf_span_from(mf_buf_span(into), start);
    return true;
}

static bool is_printable(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7E)
            return false;
    return true;
}

static bool read_kid(const struct json_node *node, struct jws *out, struct refusal *why)
{
    struct span kid;

    if (!mf_json_string(node, &kid, why->err)) {
        mf_refusal_take(why, "TOKEN_MALFORMED");
        return mf_err_at(why->err, "kid");
    }
    if (kid.n == 0 || kid.n > MF_KID_MAX || !is_printable(kid))
        return mf_refusal_set(why, "TOKEN_MALFORMED", "kid is not 1 to %d printable characters",
                              MF_KID_MAX);
    memcpy(out->kid, kid.p, kid.n);
    out->kid[kid.n] = '\0';
    out->has_kid = true;
    return true;
}

static bool read_alg(const struct json_node *node, struct jws *out, struct refusal *why)
{
    struct span alg;

    if (!mf_json_string(node, &alg, why->err)) {
        mf_refusal_take(why, "ALG_FORBIDDEN");
        return mf_err_at(why->err, "alg");
    }
    if (!mf_jws_alg_parse(alg, &out->alg))
        return mf_refusal_set(why, "ALG_FORBIDDEN", "algorithm \"%.*s\" is not accepted",
                              MF_SPAN_ARG(alg));
    return true;
}

static bool read_member(const struct json_node *member, struct jws *out, bool *has_alg,
                        struct refusal *why)
{
    const char *name = mf_json_name(member);
    struct span typ;

    for (size_t i = 0; i < MF_LEN(forbidden); i++)
        if (strcmp(name, forbidden[i]) == 0)
            return mf_refusal_set(why, "TOKEN_MALFORMED", "member \"%s\" is not accepted", name);
    if (strcmp(name, "alg") == 0) {
        *has_alg = true;
        return read_alg(member, out, why);
    }
    if (strcmp(name, "kid") == 0)
        return read_kid(member, out, why);
    if (strcmp(name, "typ") != 0)
        return true;
    if (!mf_json_string(member, &typ, why->err)) {
        mf_refusal_take(why, "TOKEN_MALFORMED");
        return mf_err_at(why->err, "typ");
    }
    if (!mf_span_is(typ, "JWT"))
        return malformed(why, "typ is not \"JWT\"");
    return true;
}

static bool parse_header(struct span text, struct jws *out, struct refusal *why)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    bool has_alg = false;

    if (!mf_json_parse(text, &header_limits, &doc, why->err))
        return mf_refusal_take(why, "TOKEN_MALFORMED");
    mf_json_wipe_on_free(doc);
    const struct json_node *header = mf_json_root(doc);
    if (!mf_json_is_object(header))
        return malformed(why, "is not a JSON object");
    for (const struct json_node *m = NULL; (m = mf_json_next(header, m)) != NULL;)
        if (!read_member(m, out, &has_alg, why))
            return false;
    if (!has_alg)
        return mf_refusal_set(why, "ALG_FORBIDDEN", "alg is missing");
    return true;
}

static bool parse_parts(const struct span segments[static 3], struct jws *out, struct refusal *why)
{
    struct span header;

    if (!decode(segments[0], &out->decoded, &header, why) || !parse_header(header, out, why))
        return mf_err_at(why->err, "token header");
    if (!decode(segments[1], &out->decoded, &out->payload, why))
        return mf_err_at(why->err, "token payload");
    if (!decode(segments[2], &out->decoded, &out->signature, why))
        return mf_err_at(why->err, "token signature");
    return true;
}

bool mf_jws_parse(struct span token, struct jws *out, struct refusal *why)
{
    MF_SCOPED(mf_jws_done) struct jws jws = {.decoded = {.max = MF_TOKEN_MAX, .secret = true}};
    struct span segments[3];

    if (token.n == 0)
        return mf_refusal_set(why, "TOKEN_MISSING", "there is no token");
    if (token.n > MF_TOKEN_MAX)
        return mf_refusal_set(why, "TOKEN_TOO_LARGE", "token is larger than %d bytes",
                              MF_TOKEN_MAX);
    if (!split(token, segments, why))
        return false;
    /* At once, as the spans must not move; what base64 stands for is shorter than itself. */
    if (!mf_buf_reserve(&jws.decoded, token.n, why->err))
        return mf_refusal_take(why, "TOKEN_MALFORMED");
    if (!parse_parts(segments, &jws, why))
        return false;
    jws.signing_input = mf_span_first(token, segments[0].n + 1 + segments[1].n);
    *out = jws;
    jws = (struct jws){0}; /* moved: the caller owns it now */
    return true;
}

bool mf_jws_verify(struct crypto *c, const struct jws *jws, const struct public_key *key,
                   struct refusal *why)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_SIGNATURE_MAX};
    struct span signature = jws->signature;
    size_t width = algs[jws->alg].width;

    if (mf_public_key_kind(key) != algs[jws->alg].key)
        return mf_refusal_set(why, "KEY_MISMATCH", "algorithm %s is not for the key's kind, %s",
                              algs[jws->alg].name, mf_key_kind_name(mf_public_key_kind(key)));
    if (width > 0) {
        if (!mf_ecdsa_from_raw(signature, width, &der, why->err))
            return mf_refusal_take(why, "SIG_INVALID");
        signature = mf_buf_span(&der);
    }
    if (!mf_verify(c, key, algs[jws->alg].scheme, jws->signing_input, signature, why->err))
        return mf_refusal_take(why, "SIG_INVALID");
    return true;
}
