#include "client/sign/token_match.h"
#include "common/codec/base64.h"
#include "tests/support/suite.h"

#define ISSUER "https://idp.example"
#define ID     "\"iss\":\"" ISSUER "\",\"exp\":9,"
#define FILE_  ".github/workflows/release.yml@refs/tags/v1"
#define GITHUB                                                                   \
    ID "\"sub\":\"repo:o/r:ref:refs/tags/v1\",\"job_workflow_ref\":\"o/r/" FILE_ \
       "\",\"repository\":\"o/r\""
#define SHARED                                                                    \
    ID "\"sub\":\"repo:o/r:ref:refs/tags/v1\",\"job_workflow_ref\":\"ci/w/" FILE_ \
       "\",\"repository\":\"o/r\""
#define GITLAB_FILE "gitlab.example/g/p//.gitlab-ci.yml@refs/heads/main"
#define GITLAB                                                             \
    ID "\"sub\":\"project_path:g/"                                         \
       "p:ref_type:branch:ref:main\",\"ci_config_ref_uri\":\"" GITLAB_FILE \
       "\",\"project_path\":\"g/p\""
#define EMAIL ID "\"sub\":\"u1\",\"email\":\"dev@x.example\""

static const struct {
    const char *token; /* members of its payload */
    enum san_kind kind;
    const char *san;
    bool is_build; /* the certificate names a build definition, which is the SAN */
    const char *source, *subject;
    const char *message; /* null: it is the same signer */
} rows[] = {
    {EMAIL, MF_SAN_EMAIL, "dev@x.example", false, "", "u1", NULL},
    {EMAIL, MF_SAN_EMAIL, "dev@x.example", false, "", "", NULL},
    {EMAIL, MF_SAN_EMAIL, "eve@x.example", false, "", "", "another signer, \"eve@x.example\""},
    {EMAIL, MF_SAN_EMAIL, "dev@x.example", false, "", "u2", "another signer"},
    {EMAIL, MF_SAN_URI, "dev@x.example", false, "", "", "another signer"},
    {ID "\"sub\":\"u1\"", MF_SAN_EMAIL, "u1", false, "", "", "another signer"},

    {GITHUB, MF_SAN_URI, "https://github.com/o/r/" FILE_, true, "https://github.com/o/r",
     "repo:o/r:ref:refs/tags/v1", NULL},
    {GITHUB, MF_SAN_URI, "https://ghe.example/o/r/" FILE_, true, "https://ghe.example/o/r", "",
     NULL},
    {SHARED, MF_SAN_URI, "https://github.com/ci/w/" FILE_, true, "https://github.com/o/r", "",
     NULL},
    /* another repository that calls the same workflow */
    {SHARED, MF_SAN_URI, "https://github.com/ci/w/" FILE_, true, "https://github.com/o/other", "",
     "another signer"},
    {SHARED, MF_SAN_URI, "https://github.com/ci/w/" FILE_, true, "", "", "another signer"},
    {GITHUB, MF_SAN_URI, "https://github.com/o/r/.github/workflows/x.yml@refs/tags/v1", true,
     "https://github.com/o/r", "", "another signer"},
    {GITHUB, MF_SAN_URI, "https://github.com/evil/o/r/" FILE_, true, "https://github.com/o/r", "",
     "another signer"},
    {GITHUB, MF_SAN_URI, "https:///o/r/" FILE_, true, "https://github.com/o/r", "",
     "another signer"},
    {GITHUB, MF_SAN_URI, "https://github.com/o/r/" FILE_, true, "https://github.com/o/r",
     "repo:o/r:environment:prod", "another signer"},
    /* the subject is no name for a build's certificate */
    {GITHUB, MF_SAN_URI, "repo:o/r:ref:refs/tags/v1", true, "https://github.com/o/r", "",
     "another signer"},
    {ID "\"sub\":\"https://x.example/me\"", MF_SAN_URI, "https://x.example/me", true,
     "https://github.com/o/r", "", "another signer"},

    {GITLAB, MF_SAN_URI, "https://" GITLAB_FILE, true, ISSUER "/g/p", "", NULL},
    {GITLAB, MF_SAN_URI, "https://" GITLAB_FILE, true, ISSUER "/g/q", "", "another signer"},
    {GITLAB, MF_SAN_URI, "https://gitlab.example/g/q//.gitlab-ci.yml@refs/heads/main", true,
     ISSUER "/g/p", "", "another signer"},

    {ID "\"sub\":\"https://x.example/me\"", MF_SAN_URI, "https://x.example/me", false, "", "",
     NULL},
    {ID "\"sub\":\"https://x.example/me\"", MF_SAN_URI, "https://x.example/you", false, "", "",
     "another signer"},
    {ID "\"sub\":\"ada\"", MF_SAN_OTHER_NAME, "ada!x.example", false, "", "", NULL},
    {ID "\"sub\":\"ad\"", MF_SAN_OTHER_NAME, "ada!x.example", false, "", "", "another signer"},
    {ID "\"sub\":\"ada!x\"", MF_SAN_OTHER_NAME, "ada!x!x.example", false, "", "", "another signer"},
    {ID "\"sub\":\"x.example\"", MF_SAN_DNS, "x.example", false, "", "", "another signer"},
    {"\"iss\":\"https://other.example\",\"exp\":9,\"sub\":\"u1\",\"email\":\"dev@x.example\"",
     MF_SAN_EMAIL, "dev@x.example", false, "", "", "another issuer, \"" ISSUER "\""},
};

static void read_claims(const char *members, struct token_claims *out)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4096};
    char payload[1024];
    struct err err = {0};

    ck_assert_int_gt(snprintf(payload, sizeof payload, "{%s}", members), 0);
    mf_ck_ok(mf_buf_append_str(&text, "e30.", &err) &&
                 mf_base64_append_url(&text, mf_span_str(payload), &err) &&
                 mf_buf_append_str(&text, ".c2ln", &err) &&
                 mf_secret_copy(mf_buf_span(&text), &token, &err),
             err);
    mf_ck_ok(mf_token_claims_read(&token, out, &err), err);
}

START_TEST(knows_its_own_signature_from_anothers)
{
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    struct signer_identity who = {
        .san = {rows[_i].kind, mf_span_str(rows[_i].san)},
        .issuer = MF_SPAN(ISSUER),
    };
    struct err err = {0};

    if (rows[_i].is_build)
        who.values[MF_FULCIO_BUILD_SIGNER_URI] = who.san.value;
    who.values[MF_FULCIO_SOURCE_REPOSITORY_URI] = mf_span_str(rows[_i].source);
    who.values[MF_FULCIO_TOKEN_SUBJECT] = mf_span_str(rows[_i].subject);
    read_claims(rows[_i].token, &claims);
    if (rows[_i].message == NULL)
        mf_ck_ok(mf_token_match(&claims, &who, &err), err);
    else
        mf_ck_refused(mf_token_match(&claims, &who, &err), err, rows[_i].message);
}
END_TEST

static const struct {
    const char *token;
    enum san_kind kind;
    const char *san, *subject;
    const char *message; /* null: a CA may have made it from this token */
} possible[] = {
    {EMAIL, MF_SAN_EMAIL, "dev@x.example", "u1", NULL},
    {EMAIL, MF_SAN_EMAIL, "dev@x.example", "", NULL},
    {EMAIL, MF_SAN_URI, "https://x.example/u1", "u1", NULL}, /* by a rule that we do not know */
    {EMAIL, MF_SAN_EMAIL, "eve@x.example", "u1", "names another signer, \"eve@x.example\""},
    {EMAIL, MF_SAN_EMAIL, "dev@x.example", "u2", "another subject, \"u2\""},
    {GITHUB, MF_SAN_EMAIL, "eve@x.example", "", "names another signer"},
    {GITHUB, MF_SAN_URI, "https://any.example", "repo:o/r:ref:refs/tags/v1", NULL},
    {GITHUB, MF_SAN_URI, "https://any.example", "repo:o/other", "another subject"},
};

START_TEST(doubts_a_certificate_that_cannot_be_for_the_token)
{
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    struct signer_identity who = {
        .san = {possible[_i].kind, mf_span_str(possible[_i].san)},
        .issuer = MF_SPAN("https://federated.example"), /* judged when the bundle is verified */
    };
    struct err err = {0};

    who.values[MF_FULCIO_TOKEN_SUBJECT] = mf_span_str(possible[_i].subject);
    read_claims(possible[_i].token, &claims);
    if (possible[_i].message == NULL)
        mf_ck_ok(mf_token_may_be(&claims, &who, &err), err);
    else
        mf_ck_refused(mf_token_may_be(&claims, &who, &err), err, possible[_i].message);
}
END_TEST

START_TEST(tells_tokens_of_one_job_from_those_of_another)
{
    static const char *const others[] = {
        EMAIL, SHARED, GITLAB, ID "\"sub\":\"repo:o/r:ref:refs/tags/v1\",\"repository\":\"o/r\""};
    MF_SCOPED(mf_token_claims_done) struct token_claims first = {0};
    MF_SCOPED(mf_token_claims_done) struct token_claims again = {0};

    read_claims(GITHUB, &first);
    read_claims(GITHUB ",\"jti\":\"other\",\"sha\":\"other\"", &again);
    ck_assert(mf_token_claims_same(&first, &again));
    for (size_t i = 0; i < MF_LEN(others); i++) {
        MF_SCOPED(mf_token_claims_done) struct token_claims other = {0};
        read_claims(others[i], &other);
        ck_assert_msg(!mf_token_claims_same(&first, &other), "row %zu", i);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("token_match");
    TCase *all = tcase_create("token_match");

    tcase_add_loop_test(all, knows_its_own_signature_from_anothers, 0, MF_LEN(rows));
    tcase_add_loop_test(all, doubts_a_certificate_that_cannot_be_for_the_token, 0,
                        MF_LEN(possible));
    tcase_add_test(all, tells_tokens_of_one_job_from_those_of_another);
    suite_add_tcase(suite, all);
    return suite;
}
