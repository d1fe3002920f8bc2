#include "ca-stub/identity/claims.h"

#include "ca-stub/identity/jws.h"

static const struct json_limits payload_limits = {
    .bytes = MF_TOKEN_MAX, .depth = 16, .nodes = 1024};

void mf_claims_done(struct claims *claims)
{
    mf_json_free(&claims->doc);
    *claims = (struct claims){0};
}

static bool text_of(const struct json_node *node, const char *name, struct span *out,
                    struct refusal *why)
{
    struct err ignored = {0};
    struct span text;

    if (!mf_json_is_string(node) || !mf_json_string(node, &text, &ignored))
        return mf_refusal_claim(why, "CLAIM_TYPE", name, "is not a text");
    if (text.n > MF_CLAIM_MAX)
        return mf_refusal_claim(why, "CLAIM_TYPE", name, "is longer than 2048 bytes");
    *out = text;
    return true;
}

bool mf_claims_optional(const struct claims *claims, const char *name, struct span *out,
                        struct refusal *why)
{
    const struct json_node *node = mf_json_get(claims->root, name);

    if (node != NULL)
        return text_of(node, name, out, why);
    *out = (struct span){0};
    return true;
}

bool mf_claims_text(const struct claims *claims, const char *name, struct span *out,
                    struct refusal *why)
{
    struct span text;

    if (!mf_claims_optional(claims, name, &text, why))
        return false;
    if (text.n == 0) {
        snprintf(why->reason, sizeof why->reason, "CLAIM_MISSING:%s", name);
        return mf_err_set(why->err, MF_ERR_DENIED, "missing %s claim in ID token", name);
    }
    *out = text;
    return true;
}

bool mf_claims_number(const struct claims *claims, const char *name, int64_t *out,
                      struct refusal *why)
{
    const struct json_node *node = mf_json_get(claims->root, name);
    struct err ignored = {0};

    if (node == NULL) {
        snprintf(why->reason, sizeof why->reason, "CLAIM_MISSING:%s", name);
        return mf_err_set(why->err, MF_ERR_DENIED, "missing %s claim in ID token", name);
    }
    /* The reader also takes decimal text, which other readers of tokens do not. */
    if (mf_json_is_string(node) || !mf_json_int64(node, out, &ignored))
        return mf_refusal_claim(why, "CLAIM_TYPE", name, "is not a whole number");
    return true;
}

bool mf_claims_parse(struct span payload, struct claims *out, struct refusal *why)
{
    MF_SCOPED(mf_claims_done) struct claims claims = {0};

    if (!mf_json_parse(payload, &payload_limits, &claims.doc, why->err)) {
        mf_refusal_take(why, "TOKEN_MALFORMED");
        return mf_err_at(why->err, "token payload");
    }
    mf_json_wipe_on_free(claims.doc);
    claims.root = mf_json_root(claims.doc);
    if (!mf_json_is_object(claims.root))
        return mf_refusal_set(why, "TOKEN_MALFORMED", "token payload is not a JSON object");
    if (!mf_claims_text(&claims, "iss", &claims.issuer, why) ||
        !mf_claims_text(&claims, "sub", &claims.subject, why) ||
        !mf_claims_optional(&claims, "jti", &claims.jti, why))
        return false;
    *out = claims;
    claims = (struct claims){0}; /* moved: the caller owns it now */
    return true;
}

static bool is_audience(const struct issuer *issuer, struct span text)
{
    for (size_t i = 0; i < issuer->audiences.count; i++)
        if (mf_span_is(text, issuer->audiences.items[i]))
            return true;
    return false;
}

static bool check_azp(const struct claims *claims, const struct issuer *issuer, size_t audiences,
                      struct refusal *why)
{
    struct span azp;

    if (!mf_claims_optional(claims, "azp", &azp, why))
        return false;
    /* Core 3.1.3.7: with one audience azp may name another client that asked for it, as public
     * issuers do; with several it says which of them the token was made for. */
    if (azp.n == 0 || audiences == 1 || is_audience(issuer, azp))
        return true;
    return mf_refusal_set(why, "AZP_MISMATCH", "token of several audiences was made for \"%.*s\"",
                          MF_SPAN_ARG(azp));
}

static bool check_audience(const struct claims *claims, const struct issuer *issuer,
                           struct refusal *why)
{
    const struct json_node *aud = mf_json_get(claims->root, "aud");
    struct span text = {0};
    bool found = false;
    size_t count = 0;

    if (!mf_json_is_array(aud)) {
        if (!mf_claims_text(claims, "aud", &text, why))
            return false;
        found = is_audience(issuer, text);
        count = 1;
    }
    for (const struct json_node *item = NULL;
         mf_json_is_array(aud) && (item = mf_json_next(aud, item)) != NULL; count++) {
        if (!text_of(item, "aud", &text, why))
            return false;
        found = found || is_audience(issuer, text);
    }
    if (!found)
        return mf_refusal_set(why, "AUD_MISMATCH", "token is for \"%.*s\"%s, not for \"%s\"",
                              MF_SPAN_ARG(text), count > 1 ? " and others" : "",
                              issuer->audiences.items[0]);
    return check_azp(claims, issuer, count, why);
}

/* a - b, without overflow: the ends of the range stand for all beyond. */
static int64_t span_s(int64_t a, int64_t b)
{
    int64_t difference = 0;

    if (__builtin_sub_overflow(a, b, &difference))
        return a > b ? INT64_MAX : INT64_MIN;
    return difference;
}

static bool check_not_before(const struct claims *claims, struct instant now, struct refusal *why)
{
    int64_t nbf = 0;

    if (mf_json_get(claims->root, "nbf") == NULL)
        return true;
    if (!mf_claims_number(claims, "nbf", &nbf, why))
        return false;
    return span_s(nbf, now.s) <= MF_CLAIMS_LEEWAY_S ||
           mf_refusal_set(why, "NOT_YET_VALID", "token is not valid before %lld, now is %lld",
                          (long long)nbf, (long long)now.s);
}

static bool check_times(const struct claims *claims, const struct issuer *issuer,
                        struct instant now, struct claim_times *out, struct refusal *why)
{
    struct claim_times times = {0};

    if (!mf_claims_number(claims, "exp", &times.expires_at_s, why) ||
        !mf_claims_number(claims, "iat", &times.issued_at_s, why) ||
        !check_not_before(claims, now, why))
        return false;
    if (span_s(now.s, times.expires_at_s) >= MF_CLAIMS_LEEWAY_S)
        return mf_refusal_set(why, "EXPIRED", "token has expired at %lld, now is %lld",
                              (long long)times.expires_at_s, (long long)now.s);
    if (span_s(times.issued_at_s, now.s) > MF_CLAIMS_LEEWAY_S)
        return mf_refusal_set(why, "IAT_FUTURE", "token was issued at %lld, now is %lld",
                              (long long)times.issued_at_s, (long long)now.s);
    int64_t lifetime_s = span_s(times.expires_at_s, times.issued_at_s);
    if (lifetime_s < 0)
        return mf_refusal_set(why, "EXPIRED", "token expires before it was issued");
    if (lifetime_s > issuer->lifetime_max_s)
        return mf_refusal_set(why, "LIFETIME_TOO_LONG",
                              "token is good for %lld s, more than the %lld s of lifetime_max_s",
                              (long long)lifetime_s, (long long)issuer->lifetime_max_s);
    *out = times;
    return true;
}

bool mf_claims_check(const struct claims *claims, const struct issuer *issuer, struct instant now,
                     struct claim_times *out, struct refusal *why)
{
    if (!mf_span_is(claims->issuer, issuer->url))
        return mf_refusal_set(why, "ISSUER_UNKNOWN", "token is from another issuer");
    return check_audience(claims, issuer, why) && check_times(claims, issuer, now, out, why);
}
