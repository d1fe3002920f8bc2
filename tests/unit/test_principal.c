#include "tests/support/principals.h"
#include "tests/support/suite.h"

static const struct issuer email = {
    .url = (char[]){"https://a.example"}, .type = MF_ISSUER_EMAIL, .lifetime_max_s = 3600};
static const struct issuer email_unverified = {
    .url = (char[]){"https://a.example"}, .type = MF_ISSUER_EMAIL, .skip_email_verification = true};
static const struct issuer uri = {.url = (char[]){"https://a.example"},
                                  .type = MF_ISSUER_URI,
                                  .subject_domain = (char[]){"https://ci.example"}};
static const struct issuer username = {.url = (char[]){"https://a.example"},
                                       .type = MF_ISSUER_USERNAME,
                                       .subject_domain = (char[]){"oidc.local"}};

#define A "\"iss\":\"https://a.example\","

static const struct {
    const struct issuer *issuer;
    const char *payload;
    enum san_kind kind;
    const char *san;
    const char *challenge;
    const char *extensions;
} accepted[] = {
    {&email, "{" A "\"sub\":\"1234\",\"email\":\"dev@example.org\",\"email_verified\":true}",
     MF_SAN_EMAIL, "dev@example.org", "dev@example.org",
     "1=https://a.example\n8=https://a.example\n24=1234\n"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a.b+c@x-y.example\",\"email_verified\":\"True\"}",
     MF_SAN_EMAIL, "a.b+c@x-y.example", "a.b+c@x-y.example",
     "1=https://a.example\n8=https://a.example\n24=1\n"},
    {&email_unverified, "{" A "\"sub\":\"1\",\"email\":\"a@example.org\"}", MF_SAN_EMAIL,
     "a@example.org", "a@example.org", "1=https://a.example\n8=https://a.example\n24=1\n"},
    {&uri, "{" A "\"sub\":\"https://ci.example/job/1\"}", MF_SAN_URI, "https://ci.example/job/1",
     "https://ci.example/job/1",
     "1=https://a.example\n8=https://a.example\n24=https://ci.example/job/1\n"},
    {&username, "{" A "\"sub\":\"foo\"}", MF_SAN_OTHER_NAME, "foo!oidc.local", "foo",
     "1=https://a.example\n8=https://a.example\n24=foo\n"},
};

START_TEST(makes_the_identity_of_each_plain_type)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4096};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(build_principal(accepted[_i].issuer, accepted[_i].payload, &id, &why), err);
    ck_assert_int_eq(id.san_kind, accepted[_i].kind);
    ck_assert(mf_span_is(id.san, accepted[_i].san));
    ck_assert(mf_span_is(id.challenge, accepted[_i].challenge));
    list_extensions(&id, &text);
    ck_assert_str_eq((const char *)text.p, accepted[_i].extensions);
}
END_TEST

#define M "\"sub\":\"1\",\"email_verified\":true,\"email\":"

static const struct {
    const struct issuer *issuer;
    const char *payload;
    const char *reason;
    const char *message;
} refused[] = {
    {&email, "{" A "\"sub\":\"1\",\"email_verified\":true}", "CLAIM_MISSING:email",
     "missing email"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\"}", "EMAIL_UNVERIFIED", "was false"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":false}",
     "EMAIL_UNVERIFIED", "was false"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":\"False\"}",
     "EMAIL_UNVERIFIED", "was false"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":\"yes\"}",
     "CLAIM_TYPE:email_verified", "neither true nor false"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":1}",
     "CLAIM_TYPE:email_verified", "neither true nor false"},
    {&email, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":null}",
     "EMAIL_UNVERIFIED", "was false"},
    {&email_unverified, "{" A "\"sub\":\"1\",\"email\":\"a@b.example\",\"email_verified\":[]}",
     "CLAIM_TYPE:email_verified", "neither true nor false"},
    {&email, "{" A M "\"a\"}", "SUBJECT_INVALID", "is not an email address: \"a\""},
    {&email, "{" A M "\"a@\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"@b.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"a@b@c.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"a b@c.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"a..b@c.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\".a@c.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"a@c.example.\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"a@c_d.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"\\\"a\\\"@c.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"a@c.example\\n\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email, "{" A M "\"\xD0\xB0@c.example\"}", "SUBJECT_INVALID", "is not an email address"},
    {&email,
     "{" A M "\"a@\xE2\x80\xAE"
     "c.example\"}",
     "SUBJECT_INVALID", "not an email address"},
    {&email, "{" A M "7}", "CLAIM_TYPE:email", "is not a text"},
    {&uri, "{" A "\"sub\":\"dev@example.org\"}", "SUBJECT_INVALID", "sub claim: URL"},
    {&uri, "{" A "\"sub\":\"http://ci.example/x\"}", "TRUST_DOMAIN", "outside of"},
    {&uri, "{" A "\"sub\":\"https://ci.example:8443/x\"}", "TRUST_DOMAIN", "outside of"},
    {&uri, "{" A "\"sub\":\"https://x.ci.example/x\"}", "TRUST_DOMAIN", "outside of"},
    {&uri, "{" A "\"sub\":\"https://ci.example.evil/x\"}", "TRUST_DOMAIN", "outside of"},
    {&uri, "{" A "\"sub\":\"https://ci.example@evil.example/x\"}", "SUBJECT_INVALID", "sub claim"},
    {&uri, "{" A "\"sub\":\"https://evil.example/?https://ci.example/\"}", "TRUST_DOMAIN",
     "outside of"},
    {&uri, "{" A "\"sub\":\"https://ci.example/\xC3\xA9%2F%2e%2e%2Fx\"}", "SUBJECT_INVALID",
     "sub claim: URL"},
    {&username, "{" A "\"sub\":\"a!b\"}", "SUBJECT_INVALID", "is not a user name: \"a!b\""},
    {&username, "{" A "\"sub\":\"a@b.example\"}", "SUBJECT_INVALID", "is not a user name"},
    {&username, "{" A "\"sub\":\"a b\"}", "SUBJECT_INVALID", "is not a user name"},
};

START_TEST(refuses_identities_that_are_not_what_they_must_be)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_refused(build_principal(refused[_i].issuer, refused[_i].payload, &id, &why), err,
                  refused[_i].message);
    ck_assert_str_eq(why.reason, refused[_i].reason);
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
    ck_assert_ptr_null(id.text.p);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("principal");
    TCase *plain = tcase_create("plain");

    tcase_add_loop_test(plain, makes_the_identity_of_each_plain_type, 0, MF_LEN(accepted));
    tcase_add_loop_test(plain, refuses_identities_that_are_not_what_they_must_be, 0,
                        MF_LEN(refused));
    suite_add_tcase(suite, plain);
    return suite;
}
