#include "client/identity/signer_identity.h"
#include "tests/support/ci_claims.h"
#include "tests/support/fixture_bundle.h"
#include "tests/support/principals.h"
#include "tests/support/suite.h"

static const struct issuer github = {.url = (char[]){"https://token.actions.githubusercontent.com"},
                                     .type = MF_ISSUER_GITHUB_WORKFLOW,
                                     .base_url = (char[]){"https://github.com"}};
static const struct issuer gitlab = {.url = (char[]){"https://gitlab.example"},
                                     .type = MF_ISSUER_GITLAB_PIPELINE,
                                     .base_url = (char[]){"https://gitlab.example"}};

static bool build_from(const struct issuer *issuer, const struct member *members,
                       struct member changed, struct verified_identity *id, struct refusal *why)
{
    MF_SCOPED(mf_buf_done) struct buf payload = {.max = 1 << 16};
    const char *more = issuer == &gitlab &&
                               (changed.name == NULL || strcmp(changed.name, "runner_id") != 0)
                           ? "\"runner_id\":12,"
                           : "";

    made_claims(members, changed, more, &payload);
    return build_principal(issuer, (const char *)payload.p, id, why);
}

START_TEST(makes_what_fulcio_made_of_a_github_token)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    MF_SCOPED(mf_buf_done) struct buf der = mf_fixture_cert("happy-path-v0.3");
    struct signer_identity made_by_others;
    struct cert cert;
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(build_from(&github, made_github_claims, (struct member){0}, &id, &why), err);
    ck_assert_uint_eq(id.extension_count, 22); /* .1 to .22 but .7, and .24 */
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    mf_ck_ok(mf_signer_identity_read(&cert, &made_by_others, &err), err);
    ck_assert(mf_span_eq(id.san, made_by_others.san.value));
    for (size_t i = 0; i < id.extension_count; i++) {
        unsigned number = id.extensions[i].number;
        if (number == MF_FULCIO_RUN_INVOCATION_URI || number == MF_FULCIO_TOKEN_SUBJECT)
            continue; /* the run is another one; .24 is younger than the certificate */
        ck_assert_msg(mf_span_eq(id.extensions[i].value, made_by_others.values[number]),
                      ".1.%u differs", number);
    }
}
END_TEST

START_TEST(makes_the_list_of_github_in_order)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 8192};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(build_from(&github, made_github_claims, (struct member){"environment", "release"}, &id,
                        &why),
             err);
    list_extensions(&id, &text);
    ck_assert_str_eq((const char *)text.p,
                     "1=https://token.actions.githubusercontent.com\n"
                     "2=workflow_dispatch\n"
                     "3=" SHA "\n"
                     "4=Extremely dangerous OIDC beacon\n"
                     "5=" REPOSITORY "\n"
                     "6=refs/heads/main\n"
                     "8=https://token.actions.githubusercontent.com\n"
                     "9=https://github.com/" FLOW "\n"
                     "10=" SHA "\n"
                     "11=github-hosted\n"
                     "12=https://github.com/" REPOSITORY "\n"
                     "13=" SHA "\n"
                     "14=refs/heads/main\n"
                     "15=632596897\n"
                     "16=https://github.com/sigstore-conformance\n"
                     "17=131804563\n"
                     "18=https://github.com/" FLOW "\n"
                     "19=" SHA "\n"
                     "20=workflow_dispatch\n"
                     "21=https://github.com/" REPOSITORY "/actions/runs/12345/attempts/2\n"
                     "22=public\n"
                     "23=release\n"
                     "24=repo:" REPOSITORY ":ref:refs/heads/main\n");
    ck_assert(mf_span_is(id.challenge, "repo:" REPOSITORY ":ref:refs/heads/main"));
}
END_TEST

START_TEST(makes_the_list_of_gitlab_in_order)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 8192};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(build_from(&gitlab, made_gitlab_claims, (struct member){0}, &id, &why), err);
    list_extensions(&id, &text);
    ck_assert_str_eq((const char *)text.p,
                     "1=https://gitlab.example\n"
                     "8=https://gitlab.example\n"
                     "9=https://gitlab.example/g/p//.gitlab-ci.yml@refs/heads/main\n"
                     "10=def\n"
                     "11=self-hosted\n"
                     "12=https://gitlab.example/g/p\n"
                     "13=abc\n"
                     "14=refs/heads/main\n"
                     "15=20\n"
                     "16=https://gitlab.example/g\n"
                     "17=9\n"
                     "18=https://gitlab.example/g/p//.gitlab-ci.yml@refs/heads/main\n"
                     "19=def\n"
                     "20=push\n"
                     "21=https://gitlab.example/g/p/-/jobs/302\n"
                     "22=private\n"
                     "23=production\n"
                     "24=project_path:g/p:ref_type:branch:ref:main\n");
    ck_assert(mf_span_is(id.san, "https://gitlab.example/g/p//.gitlab-ci.yml@refs/heads/main"));
}
END_TEST

static const struct {
    struct member changed;
    const char *extensions; /* a part of the list; null: see absent */
    const char *absent;
    const char *san;
} gitlab_variants[] = {
    {{"ref_type", "tag"}, "14=refs/tags/main\n", "\nrefs/heads/main\n", NULL},
    {{"ci_config_sha", NULL}, NULL, "\n10=", NULL},
    {{"ci_config_sha", "\rnull"}, NULL, "\n19=", NULL},
    {{"ci_config_sha", ""}, NULL, "\n10=", NULL},
    {{"environment", NULL}, NULL, "\n23=", NULL},
    {{"project_visibility", NULL}, NULL, "\n22=", NULL},
    /* the SAN is escaped, the extension is not */
    {{"ci_config_ref_uri", "gitlab.example/g/p//a b.yml@refs/heads/x"},
     "9=https://gitlab.example/g/p//a b.yml@refs/heads/x\n",
     NULL,
     "https://gitlab.example/g/p//a%20b.yml@refs/heads/x"},
    {{"ci_config_ref_uri", "gitlab.example/g/p//c.yml@refs/heads/fix#12"},
     NULL,
     NULL,
     "https://gitlab.example/g/p//c.yml@refs/heads/fix#12"},
};

START_TEST(follows_what_gitlab_says)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 8192};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(build_from(&gitlab, made_gitlab_claims, gitlab_variants[_i].changed, &id, &why), err);
    list_extensions(&id, &text);
    if (gitlab_variants[_i].extensions != NULL)
        ck_assert_ptr_nonnull(strstr((const char *)text.p, gitlab_variants[_i].extensions));
    if (gitlab_variants[_i].absent != NULL)
        ck_assert_ptr_null(strstr((const char *)text.p, gitlab_variants[_i].absent));
    if (gitlab_variants[_i].san != NULL)
        ck_assert(mf_span_is(id.san, gitlab_variants[_i].san));
}
END_TEST

START_TEST(each_claim_of_a_build_must_be_there)
{
    static const struct {
        const struct issuer *issuer;
        const struct member *members;
    } kinds[] = {{&github, made_github_claims}, {&gitlab, made_gitlab_claims}};

    for (size_t k = 0; k < MF_LEN(kinds); k++) {
        for (size_t i = 1; kinds[k].members[i].name != NULL; i++) {
            static const char *const optional[] = {"ci_config_sha", "project_visibility",
                                                   "environment"};
            const char *name = kinds[k].members[i].name;
            static const char *const values[] = {NULL, "", "\rnull", "\r7", "\r[\"a\"]"};
            bool may_miss = false;
            for (size_t n = 0; n < MF_LEN(optional); n++)
                may_miss = may_miss || strcmp(optional[n], name) == 0;
            for (size_t v = may_miss ? 3 : 0; v < MF_LEN(values); v++) {
                MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
                struct err err = {0};
                struct refusal why = {.err = &err};
                char reason[96];
                ck_assert_msg(!build_from(kinds[k].issuer, kinds[k].members,
                                          (struct member){name, values[v]}, &id, &why),
                              "%s accepted", name);
                snprintf(reason, sizeof reason, "%s:%s", v < 3 ? "CLAIM_MISSING" : "CLAIM_TYPE",
                         name);
                ck_assert_str_eq(why.reason, reason);
                ck_assert_int_eq(err.code, MF_ERR_DENIED);
                ck_assert_ptr_null(id.text.p);
            }
        }
    }
}
END_TEST

static const struct {
    const struct issuer *issuer;
    const struct member *members;
    struct member changed;
    const char *reason;
    const char *message;
} refused_builds[] = {
    {&github,
     made_github_claims,
     {"job_workflow_ref", "o/r/../../evil/x.yml@refs/heads/main"},
     "SUBJECT_INVALID:job_workflow_ref",
     "cannot be part of a URI"},
    {&github,
     made_github_claims,
     {"job_workflow_ref", "/o/r/x.yml@refs/heads/main"},
     "SUBJECT_INVALID:job_workflow_ref",
     "cannot be part"},
    {&github,
     made_github_claims,
     {"job_workflow_ref", "o//r/x.yml@refs/heads/main"},
     "SUBJECT_INVALID:job_workflow_ref",
     "cannot be part"},
    {&github,
     made_github_claims,
     {"job_workflow_ref", "o/r/x.yml@refs/heads/a?b"},
     "SUBJECT_INVALID:job_workflow_ref",
     "cannot be part"},
    {&github,
     made_github_claims,
     {"job_workflow_ref", "o/r/x.yml@refs/heads/a\\u000ab"},
     "SUBJECT_INVALID:job_workflow_ref",
     "cannot be part"},
    {&github,
     made_github_claims,
     {"job_workflow_ref", "o/r/x.yml@refs/heads/%zz"},
     "SUBJECT_INVALID",
     "subject alternative name: URI"},
    {&github,
     made_github_claims,
     {"job_workflow_ref", "o/\xC3\xA9%2F%2e%2e%2Fx.yml@refs/heads/main"},
     "SUBJECT_INVALID:job_workflow_ref",
     "cannot be part of a URI"},
    {&gitlab,
     made_gitlab_claims,
     {"ci_config_ref_uri", "gitlab.example/g/\xC3\xA9%2f..%2fp//c.yml@refs/heads/main"},
     "SUBJECT_INVALID:ci_config_ref_uri",
     "cannot be part of a URI"},
    {&github,
     made_github_claims,
     {"repository", "o/r#x"},
     "SUBJECT_INVALID:repository",
     "cannot be"},
    {&github,
     made_github_claims,
     {"repository_owner", ".."},
     "SUBJECT_INVALID:repository_owner",
     ""},
    {&github, made_github_claims, {"run_id", "1/../2"}, "SUBJECT_INVALID:run_id", ""},
    {&gitlab,
     made_gitlab_claims,
     {"ref_type", "commit"},
     "CLAIM_TYPE:ref_type",
     "is neither branch nor tag"},
    {&gitlab,
     made_gitlab_claims,
     {"runner_id", "\r0"},
     "CLAIM_MISSING:runner_id",
     "not above zero"},
    {&gitlab,
     made_gitlab_claims,
     {"runner_id", "12"},
     "CLAIM_TYPE:runner_id",
     "not a whole number"},
    {&gitlab,
     made_gitlab_claims,
     {"runner_id", NULL},
     "CLAIM_MISSING:runner_id",
     "missing runner_id"},
    {&gitlab,
     made_gitlab_claims,
     {"ci_config_ref_uri", "gitlab.com/g/p//c.yml@refs/heads/main"},
     "TRUST_DOMAIN",
     "is not on \"gitlab.example\""},
    {&gitlab,
     made_gitlab_claims,
     {"ci_config_ref_uri", "gitlab.example.evil/g/p//c.yml@refs/heads/m"},
     "TRUST_DOMAIN",
     "is not on"},
    {&gitlab,
     made_gitlab_claims,
     {"ci_config_ref_uri", "gitlab.example@evil/p//c.yml@refs/heads/m"},
     "TRUST_DOMAIN",
     "is not on"},
    {&gitlab, made_gitlab_claims, {"project_path", "g//p"}, "SUBJECT_INVALID:project_path", ""},
    {&gitlab, made_gitlab_claims, {"project_path", "g/../p"}, "SUBJECT_INVALID:project_path", ""},
};

START_TEST(refuses_builds_that_would_speak_for_others)
{
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_refused(build_from(refused_builds[_i].issuer, refused_builds[_i].members,
                             refused_builds[_i].changed, &id, &why),
                  err, refused_builds[_i].message);
    ck_assert_str_eq(why.reason, refused_builds[_i].reason);
}
END_TEST

/* Claims go into several extensions each: together more than a certificate should hold. */
START_TEST(all_texts_together_are_bounded)
{
    static const char *const long_ones[] = {"event_name", "sha", "workflow",
                                            "repository", "ref", "job_workflow_ref"};
    MF_SCOPED(mf_verified_identity_done) struct verified_identity id = {0};
    MF_SCOPED(mf_buf_done) struct buf payload = {.max = 1 << 16};
    struct member members[MADE_GITHUB_CLAIMS];
    char large[1900];
    struct err err = {0};
    struct refusal why = {.err = &err};

    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    memcpy(members, made_github_claims, sizeof members);
    for (size_t i = 0; members[i].name != NULL; i++)
        for (size_t k = 0; k < MF_LEN(long_ones); k++)
            if (strcmp(members[i].name, long_ones[k]) == 0)
                members[i].value = large;
    made_claims(members, (struct member){0}, "", &payload);
    mf_ck_refused(build_principal(&github, (const char *)payload.p, &id, &why), err,
                  "larger than 16384 bytes");
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("principal_ci");
    TCase *builds = tcase_create("builds");

    tcase_add_test(builds, makes_what_fulcio_made_of_a_github_token);
    tcase_add_test(builds, makes_the_list_of_github_in_order);
    tcase_add_test(builds, makes_the_list_of_gitlab_in_order);
    tcase_add_loop_test(builds, follows_what_gitlab_says, 0, MF_LEN(gitlab_variants));
    tcase_add_test(builds, each_claim_of_a_build_must_be_there);
    tcase_add_loop_test(builds, refuses_builds_that_would_speak_for_others, 0,
                        MF_LEN(refused_builds));
    tcase_add_test(builds, all_texts_together_are_bounded);
    suite_add_tcase(suite, builds);
    return suite;
}
