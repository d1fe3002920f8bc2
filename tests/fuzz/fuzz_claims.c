/* Any payload is refused with a reason, or becomes an identity that a certificate can hold. The
 * first byte picks the type of the issuer. */
#include "ca-stub/identity/principal.h"
#include "tests/support/fuzz.h"

#define URL "https://a.example"

static const struct issuer issuers[] = {
    {.url = (char[]){URL}, .type = MF_ISSUER_EMAIL},
    {.url = (char[]){URL}, .type = MF_ISSUER_URI, .subject_domain = (char[]){"https://ci.example"}},
    {.url = (char[]){URL}, .type = MF_ISSUER_USERNAME, .subject_domain = (char[]){"oidc.local"}},
    {.url = (char[]){URL},
     .type = MF_ISSUER_GITHUB_WORKFLOW,
     .base_url = (char[]){"https://github.com"}},
    {.url = (char[]){URL},
     .type = MF_ISSUER_GITLAB_PIPELINE,
     .base_url = (char[]){"https://gitlab.example"}},
};

static bool lies_in(struct span part, const struct buf *whole)
{
    return part.n == 0 || (part.p >= whole->p && part.p + part.n <= whole->p + whole->n);
}

static void check_extensions(const struct verified_identity *id)
{
    for (size_t i = 0; i < id->extension_count; i++) {
        MF_SCOPED(mf_buf_done) struct buf out = {.max = 2 * MF_CLAIM_MAX};
        const struct fulcio_value *value = &id->extensions[i];
        struct span back;
        struct err err = {0};
        mf_require(mf_fulcio_name(value->number) != NULL);
        mf_require(i == 0 || id->extensions[i - 1].number < value->number);
        mf_require(lies_in(value->value, &id->text) && value->value.n <= MF_CLAIM_MAX);
        mf_require(mf_fulcio_value_write(value, &out, &err));
        mf_require(mf_fulcio_value_read(value->number, mf_buf_span(&out), &back, &err));
        mf_require(mf_span_eq(back, value->value));
    }
}

static void check_name(const struct verified_identity *id)
{
    mf_require(id->san.n > 0 && lies_in(id->san, &id->text));
    mf_require(id->challenge.n > 0 && lies_in(id->challenge, &id->text));
    for (size_t i = 0; id->san_kind != MF_SAN_OTHER_NAME && i < id->san.n; i++)
        mf_require(id->san.p[i] > 0x20 && id->san.p[i] < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_claims_done) struct claims claims = {0};
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    struct claim_times times = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    if (size == 0)
        return 0;
    struct issuer issuer = issuers[data[0] % MF_LEN(issuers)];
    issuer.audiences = (struct text_list){.items = {(char[]){"sigstore"}}, .count = 1};
    issuer.lifetime_max_s = 3600;
    issuer.skip_email_verification = (data[0] & 0x80) != 0;
    bool ok = mf_claims_parse((struct span){data + 1, size - 1}, &claims, &why) &&
              mf_claims_check(&claims, &issuer, (struct instant){.s = 1800000000}, &times, &why) &&
              mf_principal_build(&claims, &issuer, &id, &why);
    if (!ok) {
        mf_require(err.code == MF_ERR_DENIED && err.what[0] != '\0' && why.reason[0] != '\0');
        mf_require(id.text.p == NULL);
        return 0;
    }
    mf_require(times.expires_at_s > 1800000000 - 60 && times.issued_at_s <= 1800000000 + 60);
    check_name(&id);
    check_extensions(&id);
    return 0;
}
