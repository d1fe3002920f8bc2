#include "ca-stub/certificate/decision_record.h"

#include "common/codec/hex.h"
#include "common/codec/timestamp.h"
#include "common/crypto/digest.h"

bool mf_decision_id_new(struct crypto *c, char out[static MF_DECISION_ID_LEN + 1], struct err *err)
{
    uint8_t b[16];
    char hex[2 * sizeof b + 1];

    if (!mf_random(c, b, sizeof b, err))
        return false;
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40); /* RFC 9562 section 5.4 */
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    mf_hex_encode(MF_SPAN_OF(b), hex);
    snprintf(out, MF_DECISION_ID_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20); /* exactly fits */
    return true;
}

/* A record's members are an object's without its braces. */
static bool strip_braces(struct buf *object, struct buf *out, struct err *err)
{
    return mf_buf_append(out, (struct span){object->p + 1, object->n - 2}, err);
}

static void put_hex(struct json_writer *w, const char *name, struct span bytes)
{
    char hex[2 * 64 + 1];

    mf_hex_encode(mf_span_first(bytes, bytes.n > 64 ? 64 : bytes.n), hex);
    mf_json_member_put_cstr(w, name, hex);
}

static void put_text(struct json_writer *w, const char *name, const char *text)
{
    if (text[0] != '\0')
        mf_json_member_put_cstr(w, name, text);
}

static void put_token(struct json_writer *w, const struct token_verdict *verdict)
{
    mf_json_key(w, "token");
    mf_json_begin_object(w);
    put_text(w, "iss", verdict->issuer);
    put_text(w, "sub", verdict->subject);
    put_text(w, "jti", verdict->jti);
    put_text(w, "kid", verdict->kid);
    if (verdict->has_digest)
        put_hex(w, "sha256", MF_SPAN_OF(verdict->digest));
    mf_json_end_object(w);
}

static void put_identity(struct json_writer *w, const struct verified_identity *id)
{
    mf_json_key(w, "identity");
    mf_json_begin_object(w);
    mf_json_member_put(w, "san", id->san);
    mf_json_member_put_cstr(w, "type", mf_issuer_type_name(id->type));
    mf_json_key(w, "claims");
    mf_json_begin_object(w);
    for (size_t i = 0; i < id->extension_count; i++)
        if (id->extensions[i].number > MF_FULCIO_ISSUER) /* issuer and subject stand above */
            mf_json_member_put(w, mf_fulcio_name(id->extensions[i].number),
                               id->extensions[i].value);
    mf_json_end_object(w);
    mf_json_end_object(w);
}

bool mf_decision_put_intent(struct crypto *c, const struct decision *decision,
                            const struct decision_intent *intent, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf object = {.max = MF_DECISION_MEMBERS_MAX};
    struct json_writer w = mf_json_writer(&object, err);
    uint8_t spki_hash[MF_SHA256_LEN];
    char not_after[MF_RFC3339_MAX];

    mf_sha256(c, intent->spki, spki_hash);
    mf_rfc3339_write((struct instant){intent->not_after_s, 0}, not_after);
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "decision", "allow");
    mf_json_member_put_cstr(&w, "remote", decision->remote);
    put_token(&w, decision->verdict);
    put_identity(&w, &decision->verdict->identity);
    put_hex(&w, "serial", intent->serial);
    put_hex(&w, "spki_sha256", MF_SPAN_OF(spki_hash));
    mf_json_member_put_cstr(&w, "not_after", not_after);
    mf_json_end_object(&w);
    return mf_json_written(&w) && strip_braces(&object, out, err);
}

bool mf_decision_put_deny(const struct decision *decision, const char *reason, const char *detail,
                          struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf object = {.max = MF_DECISION_MEMBERS_MAX};
    struct json_writer w = mf_json_writer(&object, err);

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "decision", "deny");
    mf_json_member_put_cstr(&w, "reason", reason);
    mf_json_member_put_cstr(&w, "detail", detail);
    mf_json_member_put_cstr(&w, "remote", decision->remote);
    if (decision->verdict != NULL)
        put_token(&w, decision->verdict);
    mf_json_end_object(&w);
    return mf_json_written(&w) && strip_braces(&object, out, err);
}

bool mf_decision_put_outcome(struct crypto *c, const struct decision_outcome *outcome,
                             struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf object = {.max = MF_DECISION_MEMBERS_MAX};
    struct json_writer w = mf_json_writer(&object, err);
    uint8_t hash[MF_SHA256_LEN];

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "outcome", outcome->outcome);
    if (outcome->reason != NULL)
        mf_json_member_put_cstr(&w, "reason", outcome->reason);
    if (outcome->detail != NULL)
        mf_json_member_put_cstr(&w, "detail", outcome->detail);
    if (outcome->certificate.n > 0) {
        mf_sha256(c, outcome->certificate, hash);
        put_hex(&w, "cert_sha256", MF_SPAN_OF(hash));
    }
    if (outcome->log_id != NULL) {
        mf_json_key(&w, "sct");
        mf_json_begin_object(&w);
        put_hex(&w, "log", (struct span){outcome->log_id, 32});
        mf_json_member_put_int(&w, "timestamp_ms", (int64_t)outcome->sct_timestamp_ms);
        mf_json_end_object(&w);
    }
    mf_json_member_put_int(&w, "latency_us", (int64_t)outcome->latency_us);
    mf_json_end_object(&w);
    return mf_json_written(&w) && strip_braces(&object, out, err);
}
