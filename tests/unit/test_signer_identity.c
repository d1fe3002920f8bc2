#include <openssl/evp.h>

#include "client/identity/signer_identity.h"
#include "tests/support/fixture_bundle.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"

#define ARC     "1.3.6.1.4.1.57264.1."
#define ISSUER  "ASN1:FORMAT:UTF8,UTF8String:https://x.example"
#define V1      "DER:68:74:74:70:73:3A:2F:2F:78:2E:65:78:61:6D:70:6C:65" /* https://x.example */
#define V1_ELSE "DER:68:74:74:70:73:3A:2F:2F:79:2E:65:78:61:6D:70:6C:65"
#define SAN     "email:dev@example.org"

static struct buf make(const struct made_extension *extensions, size_t count)
{
    struct made_cert want = {.subject = NULL, .issuer = "ca", .not_after = 1};
    EVP_PKEY *key = made_key("P-256");

    for (size_t i = 0; i < count && extensions[i].name != NULL; i++)
        want.extensions[i] = extensions[i];
    struct buf der = made_cert(&want, key, key);
    EVP_PKEY_free(key);
    return der;
}

static bool read_from(struct buf *der, struct cert *cert, struct signer_identity *out,
                      struct err *err)
{
    mf_ck_ok(mf_cert_parse(mf_buf_span(der), cert, err), *err);
    return mf_signer_identity_read(cert, out, err);
}

START_TEST(reads_a_certificate_made_by_others)
{
    MF_SCOPED(mf_buf_done) struct buf der = mf_fixture_cert("happy-path-v0.3");
    struct signer_identity who;
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(read_from(&der, &cert, &who, &err), err);
    ck_assert_str_eq(mf_signer_identity_kind(&who), "uri");
    ck_assert(mf_span_is(who.issuer, "https://token.actions.githubusercontent.com"));
    ck_assert(mf_span_ends(who.san.value, MF_SPAN("-beacon.yml@refs/heads/main")));
    ck_assert(mf_span_is(who.values[MF_FULCIO_GITHUB_TRIGGER], "workflow_dispatch"));
    ck_assert(mf_span_is(who.values[MF_FULCIO_SOURCE_REPOSITORY_ID], "632596897"));
    ck_assert(mf_span_is(who.values[MF_FULCIO_RUNNER_ENVIRONMENT], "github-hosted"));
    ck_assert(mf_span_eq(who.values[MF_FULCIO_BUILD_SIGNER_URI], who.san.value));
    ck_assert_uint_eq(who.values[MF_FULCIO_OTHER_NAME].n, 0);
    ck_assert_uint_eq(who.values[MF_FULCIO_TOKEN_SUBJECT].n, 0);
}
END_TEST

static const struct {
    struct made_extension extensions[4];
    const char *kind;
    const char *name;
} accepted[] = {
    {{{"subjectAltName", SAN}, {ARC "1", V1}, {ARC "8", ISSUER}}, "email", "dev@example.org"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}}, "email", "dev@example.org"},
    {{{"subjectAltName", SAN}, {ARC "1", V1}}, "email", "dev@example.org"},
    {{{"subjectAltName", "critical,URI:https://ci.example/x"}, {ARC "8", ISSUER}},
     "uri",
     "https://ci.example/x"},
    {{{"subjectAltName", "otherName:" ARC "7;UTF8:foo!oidc.local"}, {ARC "8", ISSUER}},
     "username",
     "foo!oidc.local"},
    /* a number of a later table says nothing to this reader */
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "25", "DER:05:00"}},
     "email",
     "dev@example.org"},
};

START_TEST(reads_names_of_each_kind)
{
    MF_SCOPED(mf_buf_done) struct buf der = make(accepted[_i].extensions, 4);
    struct signer_identity who;
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(read_from(&der, &cert, &who, &err), err);
    ck_assert_str_eq(mf_signer_identity_kind(&who), accepted[_i].kind);
    ck_assert(mf_span_is(who.san.value, accepted[_i].name));
    ck_assert(mf_span_is(who.issuer, "https://x.example"));
}
END_TEST

static const struct {
    struct made_extension extensions[4];
    const char *message;
} refused[] = {
    {{{ARC "8", ISSUER}}, "subject alternative name"},
    {{{"subjectAltName", SAN}}, "names no token issuer"},
    {{{"subjectAltName", SAN ",email:b@example.org"}, {ARC "8", ISSUER}},
     "subject alternative name"},
    {{{"subjectAltName", "DNS:example.org"}, {ARC "8", ISSUER}},
     "is no email address, URI or user name"},
    {{{"subjectAltName", "DER:30:02:81:00"}, {ARC "8", ISSUER}}, "subject alternative name"},
    {{{"subjectAltName", "DER:30:05:86:03:61:00:62"}, {ARC "8", ISSUER}},
     "subject alternative name"},
    {{{"subjectAltName", SAN}, {ARC "1", V1_ELSE}, {ARC "8", ISSUER}},
     "in .1.1 and .1.8 differ: \"https://y.example\" and \"https://x.example\""},
    {{{"subjectAltName", SAN}, {ARC "8", "critical," ISSUER}}, "is marked critical"},
    {{{"subjectAltName", SAN}, {ARC "8", V1}}, ".1.8 (Issuer): DER"},
    {{{"subjectAltName", SAN}, {ARC "8", "DER:0C:01:61:00"}}, ".1.8 (Issuer)"},
    {{{"subjectAltName", SAN}, {ARC "8", "DER:0C:00"}}, "value is empty"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "9", "DER:16:01:61"}},
     ".1.9 (Build Signer URI)"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "6", "DER:61:00:62"}},
     ".1.6 (GitHub Workflow Ref): value has a NUL byte"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "12", "DER:0C:03:61:00:62"}},
     ".1.12 (Source Repository URI): value has a NUL byte"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "12", "DER:0C:01:FF"}},
     ".1.12 (Source Repository URI): value is not UTF-8"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "5", "DER:FF"}},
     ".1.5 (GitHub Workflow Repository): value is not UTF-8"},
    {{{"subjectAltName", SAN}, {ARC "8", ISSUER}, {ARC "14", "DER:0C:00"}},
     ".1.14 (Source Repository Ref): value is empty"},
};

START_TEST(refuses_identities_that_are_not_plain)
{
    MF_SCOPED(mf_buf_done) struct buf der = make(refused[_i].extensions, 4);
    struct signer_identity who = {.issuer = MF_SPAN("untouched")};
    struct cert cert;
    struct err err = {0};

    mf_ck_refused(read_from(&der, &cert, &who, &err), err, refused[_i].message);
    ck_assert(mf_span_is(who.issuer, "untouched"));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signer_identity");
    TCase *read = tcase_create("read");

    tcase_add_test(read, reads_a_certificate_made_by_others);
    tcase_add_loop_test(read, reads_names_of_each_kind, 0, MF_LEN(accepted));
    tcase_add_loop_test(read, refuses_identities_that_are_not_plain, 0, MF_LEN(refused));
    suite_add_tcase(suite, read);
    return suite;
}
