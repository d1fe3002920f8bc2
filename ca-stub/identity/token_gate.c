#include "ca-stub/identity/token_gate.h"

#include <assert.h>
#include <stdlib.h>

#include "ca-stub/identity/jws.h"
#include "ca-stub/identity/key_fetch_http.h"
#include "common/base/utf8.h"

enum { WAITERS_DEFAULT = 4, WAIT_MS = 10000 };

struct token_gate {
    struct issuer_list issuers;
    struct key_cache *keys;
};

void mf_token_verdict_done(struct token_verdict *verdict)
{
    mf_verified_identity_done(&verdict->identity);
    *verdict = (struct token_verdict){0};
}

bool mf_token_gate_new(const struct token_gate_params *params, struct token_gate **out,
                       struct err *err)
{
    MF_SCOPED(mf_token_gate_free) struct token_gate *gate = mf_array_new(1, sizeof *gate);

    if (gate == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the token gate");
    if (!mf_issuers_read(params->issuers, params->config_path, &gate->issuers, err))
        return mf_err_at(err, "%s", params->config_path);

    const struct key_cache_params cache = {
        .issuers = &gate->issuers,
        .clock = params->clock,
        .fetch = params->fetch.get != NULL ? params->fetch : mf_key_fetch_http,
        .report = params->report,
        .waiters_max = params->waiters_max > 0 ? params->waiters_max : WAITERS_DEFAULT,
        .wait_ms = WAIT_MS,
    };
    if (!mf_key_cache_new(&cache, &gate->keys, err))
        return false;
    *out = MF_MOVE(gate);
    return true;
}

void mf_token_gate_free(struct token_gate **gate)
{
    struct token_gate *old = MF_MOVE(*gate);

    if (old == NULL)
        return;
    mf_key_cache_free(&old->keys);
    mf_issuers_done(&old->issuers);
    free(old);
}

void mf_token_gate_warm(struct token_gate *gate)
{
    mf_key_cache_warm(gate->keys);
}

static void note_claims(const struct claims *claims, struct token_verdict *out)
{
    mf_utf8_escape(claims->issuer, out->issuer, sizeof out->issuer);
    mf_utf8_escape(claims->subject, out->subject, sizeof out->subject);
    mf_utf8_escape(claims->jti, out->jti, sizeof out->jti);
}

static bool check_signature(struct crypto *c, const struct jws *jws, const struct jwk *jwk,
                            struct refusal *why)
{
    if (jwk->has_alg && jwk->alg != jws->alg)
        return mf_refusal_set(why, "KEY_MISMATCH", "key is for %s, token has %s",
                              mf_jws_alg_name(jwk->alg), mf_jws_alg_name(jws->alg));
    return mf_jws_verify(c, jws, jwk->key, why);
}

static bool verify(struct token_gate *gate, struct crypto *c, const struct jws *jws,
                   const struct issuer *issuer, struct refusal *why)
{
    struct held_key key = {0};

    if (!mf_key_cache_get(gate->keys, issuer, jws->has_kid ? jws->kid : NULL, &key, why))
        return false;
    bool ok = check_signature(c, jws, key.jwk, why);
    mf_key_cache_release(gate->keys, &key);
    return ok;
}

static bool check_claims(const struct claims *claims, const struct issuer *issuer,
                         struct instant now, struct verified_identity *out, struct refusal *why)
{
    struct claim_times times = {0};

    if (!mf_claims_check(claims, issuer, now, &times, why) ||
        !mf_principal_build(claims, issuer, out, why))
        return false;
    out->issued_at_s = times.issued_at_s;
    out->expires_at_s = times.expires_at_s;
    return true;
}

static bool judge(struct token_gate *gate, struct crypto *c, struct span token, struct instant now,
                  struct token_verdict *out, struct refusal *why)
{
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    MF_SCOPED(mf_claims_done) struct claims claims = {0};

    if (!mf_jws_parse(token, &jws, why))
        return false;
    mf_sha256(c, jws.signing_input, out->digest);
    out->has_digest = true;
    memcpy(out->kid, jws.kid, sizeof jws.kid);
    if (!mf_claims_parse(jws.payload, &claims, why))
        return false;
    note_claims(&claims, out);
    const struct issuer *issuer = mf_issuers_find(&gate->issuers, claims.issuer);
    if (issuer == NULL)
        return mf_refusal_set(why, "ISSUER_UNKNOWN", "issuer \"%.*s\" is not configured",
                              MF_SPAN_ARG(claims.issuer));
    out->is_signed = verify(gate, c, &jws, issuer, why);
    return out->is_signed && check_claims(&claims, issuer, now, &out->identity, why);
}

bool mf_token_gate_check(struct token_gate *gate, struct crypto *c, struct span token,
                         struct instant now, struct token_verdict *out, struct err *err)
{
    _Static_assert(sizeof((struct jws){0}.kid) <= MF_TOKEN_NOTE_MAX, "a kid fits its note");
    struct refusal why = {.err = err};

    mf_token_verdict_done(out);
    if (judge(gate, c, token, now, out, &why))
        return true;
    assert(err->code != MF_OK);
    /* A refusal without a reason would be counted as an acceptance. */
    snprintf(out->reason, sizeof out->reason, "%s",
             why.reason[0] != '\0' ? why.reason : "INTERNAL");
    return false;
}

void mf_token_gate_describe(const struct token_gate *gate, struct json_writer *w)
{
    mf_json_begin_array(w);
    for (size_t i = 0; i < gate->issuers.count; i++) {
        const struct issuer *issuer = &gate->issuers.items[i];
        mf_json_begin_object(w);
        mf_json_member_put_cstr(w, "issuerUrl", issuer->url);
        mf_json_member_put_cstr(w, "audience", issuer->audiences.items[0]);
        mf_json_member_put_cstr(w, "challengeClaim", mf_issuer_challenge_claim(issuer->type));
        mf_json_member_put_cstr(w, "spiffeTrustDomain", "");
        mf_json_member_put_cstr(w, "issuerType", mf_issuer_type_name(issuer->type));
        mf_json_member_put_cstr(w, "subjectDomain",
                                issuer->subject_domain != NULL ? issuer->subject_domain : "");
        mf_json_end_object(w);
    }
    mf_json_end_array(w);
}
