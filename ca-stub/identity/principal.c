#include "ca-stub/identity/principal.h"

#include "ca-stub/identity/principal_text.h"
#include "ca-stub/identity/san_uri.h"

enum { EMAIL_MAX = 254 }; /* bytes, RFC 5321 section 4.5.3.1 */

void mf_verified_identity_done(struct verified_identity *identity)
{
    mf_buf_done(&identity->text);
    *identity = (struct verified_identity){0};
}

bool mf_principal_text_keep(struct verified_identity *id, struct span text, struct span *out,
                            struct refusal *why)
{
    size_t from = id->text.n;

    if (!mf_buf_append(&id->text, text, why->err))
        return mf_refusal_take(why, "CLAIM_TYPE");
    *out = (struct span){id->text.p + from, text.n};
    return true;
}

bool mf_principal_text_extension(struct verified_identity *id, unsigned number, struct span value,
                                 struct refusal *why)
{
    if (id->extension_count == MF_LEN(id->extensions))
        return mf_err_set(why->err, MF_ERR_INTERNAL, "more extensions than there are numbers");
    if (value.n == 0 || value.n > MF_CLAIM_MAX)
        return mf_refusal_set(why, "CLAIM_TYPE", "%s is not 1 to %d bytes", mf_fulcio_title(number),
                              MF_CLAIM_MAX);
    id->extensions[id->extension_count++] = (struct fulcio_value){number, value};
    return true;
}

bool mf_principal_text_uri(struct verified_identity *id, struct span uri, struct refusal *why)
{
    size_t from = id->text.n;

    if (!mf_san_uri_write(uri, &id->text, why->err)) {
        mf_refusal_take(why, "SUBJECT_INVALID");
        return mf_err_at(why->err, "subject alternative name");
    }
    id->san_kind = MF_SAN_URI;
    id->san = (struct span){id->text.p + from, id->text.n - from};
    if (id->san.n > MF_CLAIM_MAX)
        return mf_refusal_set(why, "SUBJECT_INVALID", "subject is longer than %d bytes",
                              MF_CLAIM_MAX);
    return true;
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Words between single dots, each of alphanumerics and the extra characters. */
static bool is_dotted(struct span text, const char *extra)
{
    bool in_word = false;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '.' ? !in_word : !is_alnum(text.p[i]) && !is_one_of(text.p[i], extra))
            return false;
        in_word = text.p[i] != '.';
    }
    return in_word;
}

/* RFC 5322 dot-atom on both sides of one '@': no quoting, no comments, ASCII only, since a
 * certificate's rfc822Name holds nothing else and readers disagree about the rest. */
static bool is_email(struct span text)
{
    size_t at = mf_span_find(text, '@');

    return text.n <= EMAIL_MAX && at < text.n &&
           is_dotted(mf_span_first(text, at), "!#$%&'*+/=?^_`{|}~-") &&
           is_dotted(mf_span_from(text, at + 1), "-");
}

/* Fulcio also takes the texts "true" and "True"; anything but these and their opposites is an
 * error. */
static bool email_is_verified(const struct claims *claims, bool *out, struct refusal *why)
{
    const struct json_node *node = mf_json_get(claims->root, "email_verified");
    struct err ignored = {0};
    struct span text;

    *out = false;
    if (node == NULL)
        return true;
    if (!mf_json_is_string(node))
        return mf_json_bool(node, out, &ignored) ||
               mf_refusal_claim(why, "CLAIM_TYPE", "email_verified", "is neither true nor false");
    if (!mf_json_string(node, &text, &ignored))
        return mf_refusal_claim(why, "CLAIM_TYPE", "email_verified", "is no text");
    *out = mf_span_is(text, "true") || mf_span_is(text, "True");
    return *out || mf_span_is(text, "false") || mf_span_is(text, "False") ||
           mf_refusal_claim(why, "CLAIM_TYPE", "email_verified", "is neither true nor false");
}

static bool build_email(const struct claims *claims, const struct issuer *issuer,
                        struct verified_identity *id, struct refusal *why)
{
    struct span email;
    bool verified = false;

    if (!mf_claims_text(claims, "email", &email, why) || !email_is_verified(claims, &verified, why))
        return false;
    if (!verified && !issuer->skip_email_verification)
        return mf_refusal_set(why, "EMAIL_UNVERIFIED", "email_verified claim was false");
    if (!is_email(email))
        return mf_refusal_set(why, "SUBJECT_INVALID",
                              "email claim is not an email address: "
                              "\"%.*s\"",
                              MF_SPAN_ARG(email));
    id->san_kind = MF_SAN_EMAIL;
    if (!mf_principal_text_keep(id, email, &id->san, why))
        return false;
    id->challenge = id->san;
    return true;
}

static bool build_uri(const struct claims *claims, const struct issuer *issuer,
                      struct verified_identity *id, struct refusal *why)
{
    struct url domain, subject;

    if (!mf_url_parse(mf_span_str(issuer->subject_domain), &domain, why->err))
        return mf_err_at(why->err, "subject_domain");
    if (!mf_url_parse(claims->subject, &subject, why->err)) {
        mf_refusal_take(why, "SUBJECT_INVALID");
        return mf_err_at(why->err, "sub claim");
    }
    if (subject.https != domain.https || subject.port != domain.port ||
        !mf_span_eq(subject.host, domain.host))
        return mf_refusal_set(why, "TRUST_DOMAIN", "sub claim \"%.*s\" is outside of \"%s\"",
                              MF_SPAN_ARG(claims->subject), issuer->subject_domain);
    return mf_principal_text_uri(id, claims->subject, why);
}

static bool build_username(const struct claims *claims, const struct issuer *issuer,
                           struct verified_identity *id, struct refusal *why)
{
    size_t from = id->text.n;

    /* '!' stands between name and domain; '@' would make it look like an address. */
    for (size_t i = 0; i < claims->subject.n; i++)
        if (is_one_of(claims->subject.p[i], "!@\x7F") || claims->subject.p[i] <= 0x20)
            return mf_refusal_set(why, "SUBJECT_INVALID", "sub claim is not a user name: \"%.*s\"",
                                  MF_SPAN_ARG(claims->subject));
    if (!mf_buf_append(&id->text, claims->subject, why->err) ||
        !mf_buf_append_byte(&id->text, '!', why->err) ||
        !mf_buf_append_str(&id->text, issuer->subject_domain, why->err))
        return mf_refusal_take(why, "SUBJECT_INVALID");
    id->san_kind = MF_SAN_OTHER_NAME;
    id->san = (struct span){id->text.p + from, id->text.n - from};
    return true;
}

static bool build_name(const struct claims *claims, const struct issuer *issuer,
                       struct verified_identity *id, struct refusal *why)
{
    switch (issuer->type) {
    case MF_ISSUER_EMAIL:
        return build_email(claims, issuer, id, why);
    case MF_ISSUER_URI:
        return build_uri(claims, issuer, id, why);
    case MF_ISSUER_USERNAME:
        return build_username(claims, issuer, id, why);
    case MF_ISSUER_GITHUB_WORKFLOW:
    case MF_ISSUER_GITLAB_PIPELINE:
        return mf_principal_ci_build(claims, issuer, id, why);
    case MF_ISSUER_TYPE_COUNT_:
        break;
    }
    return mf_err_set(why->err, MF_ERR_INTERNAL, "issuer of no type");
}

static void sort_by_number(struct verified_identity *id)
{
    /* Insertion sort of at most 24: .8 goes in before .2 to .6 do. */
    for (size_t i = 1; i < id->extension_count; i++)
        for (size_t k = i; k > 0 && id->extensions[k - 1].number > id->extensions[k].number; k--) {
            struct fulcio_value earlier = id->extensions[k];
            id->extensions[k] = id->extensions[k - 1];
            id->extensions[k - 1] = earlier;
        }
}

bool mf_principal_build(const struct claims *claims, const struct issuer *issuer,
                        struct verified_identity *out, struct refusal *why)
{
    MF_SCOPED(mf_verified_identity_done)
    struct verified_identity id = {.type = issuer->type, .text = {.max = MF_PRINCIPAL_TEXT_MAX}};

    if (!mf_buf_reserve(&id.text, MF_PRINCIPAL_TEXT_MAX, why->err))
        return mf_refusal_take(why, "INTERNAL");
    if (!mf_principal_text_keep(&id, claims->issuer, &id.issuer, why) ||
        !mf_principal_text_keep(&id, claims->subject, &id.subject, why) ||
        !mf_principal_text_keep(&id, claims->jti, &id.jti, why))
        return false;
    id.challenge = id.subject;
    if (!mf_principal_text_extension(&id, MF_FULCIO_ISSUER_V1, id.issuer, why) ||
        !mf_principal_text_extension(&id, MF_FULCIO_ISSUER, id.issuer, why) ||
        !mf_principal_text_extension(&id, MF_FULCIO_TOKEN_SUBJECT, id.subject, why) ||
        !build_name(claims, issuer, &id, why))
        return false;
    sort_by_number(&id);
    *out = id;
    id = (struct verified_identity){0}; /* moved: the caller owns it now */
    return true;
}
