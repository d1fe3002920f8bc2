/* The options that say who, against certificates made by others and against made-up signers. */
#include "client/identity/demand_list.h"
#include "client/identity/identity_match.h"
#include "tests/support/demand_case.h"
#include "tests/support/fixture_bundle.h"
#include "tests/support/suite.h"

#define BEACON   "sigstore-conformance/extremely-dangerous-public-oidc-beacon"
#define WORKFLOW ".github/workflows/extremely-dangerous-oidc-beacon.yml"
#define NAME     "https://github.com/" BEACON "/" WORKFLOW "@refs/heads/main"
#define ISSUER   "https://token.actions.githubusercontent.com"

struct row {
    const char *who; /* a fixture, or "email", "gitlab", "github", "evil" of demand_case.h */
    const char *words[MF_CASE_WORDS];
    const char *message; /* null: the demand is met */
};

static const struct row real_rows[] = {
    {"happy-path-v0.3", {"--identity", NAME, "--issuer", ISSUER}, NULL},
    {"happy-path-v0.3", {"--identity", NAME, "--identity", "x", "--issuer", ISSUER}, NULL},
    {"happy-path-v0.3", {"--identity", "x", "--issuer", ISSUER}, "not by \"x\""},
    {"happy-path-v0.3", {"--repo", BEACON}, NULL},
    {"rekor2-happy-path", {"--repo", BEACON}, NULL},
    {"happy-path-v0.3", {"--repo", "o/r", "--repo", BEACON}, NULL},
    {"happy-path-v0.3", {"--repo", BEACON "s"}, "source-repository-uri \"https://github.com/"},
    {"happy-path-v0.3",
     {"--repo", "Sigstore-conformance/extremely-dangerous-public-oidc-beacon"},
     "source-repository-uri"},
    {"happy-path-v0.3", {"--gitlab", BEACON}, "source-repository-uri"},
    {"happy-path-v0.3", {"--repo", BEACON, "--signer-workflow", WORKFLOW}, NULL},
    {"happy-path-v0.3", {"--signer-workflow", BEACON "/" WORKFLOW}, NULL},
    {"happy-path-v0.3", {"--signer-workflow", BEACON "/" WORKFLOW "@refs/heads/main"}, NULL},
    {"happy-path-v0.3",
     {"--signer-workflow", BEACON "/" WORKFLOW "@refs/tags/**"},
     "build-signer-uri"},
    {"happy-path-v0.3",
     {"--repo", BEACON, "--signer-workflow", ".github/workflows/x.yml"},
     "build-signer-uri"},
    {"happy-path-v0.3", {"--repo", BEACON, "--tag", "**"}, "source-repository-ref"},
    {"happy-path-v0.3",
     {"--repo", BEACON, "--require", "source-repository-ref=refs/heads/main"},
     NULL},
    {"happy-path-v0.3",
     {"--repo", BEACON, "--require", "runner-environment=github-hosted", "--require",
      "build-trigger=workflow_*", "--require", "github-workflow-name=Extremely dangerous *"},
     NULL},
    {"happy-path-v0.3",
     {"--repo", BEACON, "--require", "runner-environment=self-hosted"},
     "runner-environment \"github-hosted\", not \"self-hosted\""},
    {"happy-path-v0.3",
     {"--repo", BEACON, "--require", "token-subject=**:main"},
     "the certificate has no token-subject"},
    {"happy-path-v0.3",
     {"--identity-glob", "https://github.com/sigstore-conformance/**@refs/heads/*", "--issuer",
      ISSUER},
     NULL},
    {"happy-path-v0.3",
     {"--identity-glob", "https://github.com/sigstore-conf/**", "--issuer", ISSUER},
     "not by \"https://github.com/sigstore-conf/**\""},
    {"happy-path-v0.3",
     {"--issuer", ISSUER, "--require",
      "source-repository-owner-uri=https://github.com/sigstore-conformance"},
     NULL},
    {"integrated-time-in-future_fail",
     {"--identity", "untrusted-sa@sigstore-conformance.iam.gserviceaccount.com", "--issuer",
      "https://accounts.google.com"},
     NULL},
    {"integrated-time-in-future_fail",
     {"--identity-glob", "*@sigstore-conformance.iam.gserviceaccount.com", "--issuer",
      "https://accounts.google.com"},
     NULL},
    {"integrated-time-in-future_fail",
     {"--repo", BEACON},
     "the certificate has no source-repository-uri"},
};

static bool match(const struct signer_identity *who, const struct row *row, struct err *err)
{
    MF_SCOPED(mf_demand_list_done) struct demand_list list = {0};

    if (!mf_demand_case(row->words, &list, err))
        return false;
    const struct identity_demand demand = mf_demand_list_view(&list);
    return mf_identity_match(who, &demand, err);
}

static void check(const struct signer_identity *who, const struct row *row)
{
    struct err err = {0};
    bool ok = match(who, row, &err);

    if (row->message == NULL)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err, row->message);
}

START_TEST(decides_about_certificates_made_by_others)
{
    MF_SCOPED(mf_buf_done) struct buf der = mf_fixture_cert(real_rows[_i].who);
    struct signer_identity who;
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    mf_ck_ok(mf_signer_identity_read(&cert, &who, &err), err);
    check(&who, &real_rows[_i]);
}
END_TEST

static const struct row rows[] = {
    {"github", {"--repo", "acme/tool", "--tag", "v*"}, NULL},
    {"github", {"--repo", "acme/tool", "--tag", "v1.2"}, NULL},
    {"github", {"--repo", "acme/tool", "--tag", "v2*", "--tag", "v1*"}, NULL},
    {"github", {"--repo", "acme/tool", "--tag", "v1"}, "not \"refs/tags/v1\""},
    {"github", {"--repo", "acme/too"}, "not \"https://github.com/acme/too\""},
    {"github", {"--repo", "acme/Tool"}, "not \"https://github.com/acme/Tool\""},
    {"github", {"--repo", "acme/tool", "--signer-workflow", ".github/workflows/release.yml"}, NULL},
    {"github",
     {"--repo", "acme/tool", "--signer-workflow", ".github/workflows/*.yml@refs/tags/v*"},
     NULL},
    {"github",
     {"--repo", "acme/tool", "--signer-workflow", ".github/workflows/release"},
     "build-signer-uri"},
    {"github",
     {"--repo", "acme/tool", "--signer-workflow", "acme/ci/.github/workflows/release.yml"},
     "build-signer-uri"},
    {"github", {"--gitlab", "gitlab.example.org/group/sub/tool", "--repo", "acme/tool"}, NULL},
    {"github", {"--require", "build-trigger=push", "--repo", "acme/tool"}, NULL},
    {"github", {"--require", "build-trigger=p", "--repo", "acme/tool"}, "build-trigger \"push\""},
    {"github",
     {"--require", "build-trigger=p", "--require", "build-trigger=push", "--repo", "acme/tool"},
     NULL},
    /* a branch that is named to look like a tag */
    {"evil", {"--repo", "acme/tool", "--tag", "**"}, "source-repository-ref"},
    {"evil",
     {"--repo", "acme/tool", "--signer-workflow", ".github/workflows/*@refs/tags/**"},
     "build-signer-uri"},
    {"evil",
     {"--identity-glob", "https://github.com/acme/**@refs/tags/v1.2", "--issuer", ISSUER},
     "signed by"},
    {"evil", {"--repo", "acme/tool", "--require", "source-repository-ref=*/*/x@refs/tags/*"}, NULL},
    {"gitlab", {"--gitlab", "gitlab.example.org/group/sub/tool"}, NULL},
    {"gitlab", {"--gitlab", "group/sub/tool"}, "not \"https://gitlab.com/group/sub/tool\""},
    {"gitlab", {"--gitlab", "gitlab.example.org/group/sub"}, "source-repository-uri"},
    {"gitlab",
     {"--gitlab", "gitlab.example.org/group/sub/tool", "--signer-workflow", ".gitlab-ci.yml"},
     NULL},
    {"gitlab", {"--signer-workflow", "gitlab.example.org/group/sub/tool//.gitlab-ci.yml"}, NULL},
    {"gitlab",
     {"--signer-workflow", "gitlab.example.org/group/sub/tool//.gitlab-ci.yml@refs/tags/*"},
     "build-signer-uri"},
    {"gitlab", {"--repo", "group/tool"}, "source-repository-uri"},
    {"email", {"--identity", "dev@example.org", "--issuer", "https://idp.example.org"}, NULL},
    {"email",
     {"--identity", "Dev@example.org", "--issuer", "https://idp.example.org"},
     "not by \"Dev@example.org\""},
    {"email", {"--identity-glob", "*@example.org", "--issuer", "https://idp.example.org"}, NULL},
    {"email",
     {"--identity-glob", "*@example.com", "--issuer", "https://idp.example.org"},
     "not by"},
    {"github",
     {"--identity-regexp", "^https://github\\.com/acme/[^@]+@refs/tags/v[0-9.]+$", "--issuer",
      ISSUER},
     NULL},
    {"evil",
     {"--identity-regexp", "^https://github\\.com/acme/[^@]+@refs/tags/v[0-9.]+$", "--issuer",
      ISSUER},
     "signed by"},
    {"email", {"--identity-regexp", "^dev@", "--issuer-regexp", "^https://idp\\."}, NULL},
    {"email",
     {"--identity-regexp", "^ev@", "--identity", "dev@example.org", "--issuer-regexp", "i"},
     NULL},
    {"email",
     {"--identity", "dev@example.org", "--issuer-regexp", "^https://idp\\.example$"},
     "token is from issuer"},
    {"email", {"--identity-regexp", "^(e+)+x", "--issuer", "https://idp.example.org"}, "not by"},
    {"github", {"--repo", "acme/tool", "--identity-glob", "**"}, NULL},
    {"github", {"--repo", "acme/tool", "--identity-glob", "https://github.com/**"}, NULL},
    {"github", {"--repo", "acme/tool", "--identity-regexp", ".*"}, NULL},
    {"github",
     {"--repo", "acme/tool", "--require", "source-repository-owner-uri=https://github.com/*"},
     NULL},
    {"github",
     {"--require", "source-repository-owner-uri=https://github.com/acme", "--issuer", ISSUER},
     NULL},
    {"twin",
     {"--repo", "acme/tool", "--signer-workflow", ".github/workflows/release.yml"},
     "build-signer-uri"},
    {"twin", {"--repo", "acme/tool"}, NULL},
    {"email", {"--repo", "acme/tool"}, "the certificate has no source-repository-uri"},
    {"github", {"--repo", "acme/tool", "--require", "build-signer-uri=**"}, NULL},
    {"github", {"--repo", "acme/tool", "--require", "token-subject=**"}, "has no token-subject"},
    {"email",
     {"--identity", "dev@example.org", "--issuer", "https://idp.example.org", "--tag", "v*"},
     "the certificate has no source-repository-ref"},
};

START_TEST(decides_about_signers_of_each_kind)
{
    const struct signer_identity who = mf_demand_case_who(rows[_i].who);

    check(&who, &rows[_i]);
}
END_TEST

/* An issuer of one service says nothing about the repositories of another. */
START_TEST(a_repository_goes_with_the_tokens_of_its_own_service)
{
    static const struct row asked = {NULL, {"--repo", "acme/tool"}, "token is from issuer"};
    struct signer_identity who = mf_demand_case_who("github");

    who.issuer = MF_SPAN("https://token.actions.githubusercontent.com/acme");
    check(&who, &asked);
    who.issuer = MF_SPAN("https://gitlab.com");
    check(&who, &asked);
}
END_TEST

static const struct row refused[] = {
    {NULL, {"--identity", ""}, "--identity was given an empty value"},
    {NULL, {"--repo", ""}, "--repo was given an empty value"},
    {NULL, {"--identity", "\xFF"}, "--identity was given a value that is not UTF-8"},
    {NULL, {"--identity", "x"}, "no token issuer is demanded"},
    {NULL, {"--issuer", ISSUER}, "no identity is demanded"},
    {NULL, {"--tag", "v*", "--issuer", ISSUER}, "no identity is demanded"},
    {NULL,
     {"--identity-glob", "**", "--issuer", ISSUER},
     "--identity-glob: \"**\" would match any"},
    {NULL,
     {"--identity-glob", "https://github.com/**", "--issuer", ISSUER},
     "--identity-glob: \"https://github.com/**\" would match any"},
    {NULL,
     {"--identity-glob", "https:**", "--issuer", ISSUER},
     "--identity-glob: \"https:**\" would match any"},
    {NULL,
     {"--identity-glob", "**@refs/tags/v1.0", "--issuer", ISSUER},
     "--identity-glob: \"**@refs/tags/v1.0\" would match any"},
    {NULL,
     {"--identity-glob", "**/.github/workflows/**", "--issuer", ISSUER},
     "--identity-glob: \"**/.github/workflows/**\" would match any"},
    {NULL,
     {"--identity-glob", "https://*.com/**", "--issuer", ISSUER},
     "--identity-glob: \"https://*.com/**\" would match any"},
    {NULL,
     {"--identity-glob", "https://github.com/acme*/**", "--issuer", ISSUER},
     "--identity-glob: \"https://github.com/acme*/**\" would match any"},
    {NULL,
     {"--identity-glob", "*@*.example.org", "--issuer", ISSUER},
     "--identity-glob: \"*@*.example.org\" would match any"},
    {NULL,
     {"--require", "source-repository-identifier=*1*", "--issuer", ISSUER},
     "--require: \"*1*\" would match any"},
    {NULL,
     {"--require", "source-repository-owner-uri=https://github.com/*", "--issuer", ISSUER},
     "--require: \"https://github.com/*\" would match any"},
    {NULL,
     {"--require", "source-repository-owner-identifier=1*", "--issuer", ISSUER},
     "--require: \"1*\" would match any"},
    {NULL,
     {"--require", "github-workflow-repository=acme*/tool", "--issuer", ISSUER},
     "--require: \"acme*/tool\" would match any"},
    {NULL,
     {"--require", "token-subject=repo:*", "--issuer", ISSUER},
     "--require: \"repo:*\" would match any"},
    {NULL,
     {"--require", "build-signer-uri=**", "--issuer", ISSUER},
     "--require: \"**\" would match any"},
    {NULL,
     {"--require", "build-config-uri=https://github.com/*/x", "--issuer", ISSUER},
     "--require: \"https://github.com/*/x\" would match any"},
    {NULL,
     {"--identity-regexp", ".*", "--issuer", ISSUER},
     "--identity-regexp: \".*\" would match any"},
    {NULL,
     {"--identity-regexp", "^.*$|^x$", "--issuer", ISSUER},
     "--identity-regexp: \"^.*$|^x$\" would match any"},
    {NULL,
     {"--identity-regexp", "^https://github\\.com/.*$", "--issuer", ISSUER},
     "--identity-regexp: \"^https://github\\.com/.*$\" would match any"},
    {NULL,
     {"--identity", "x", "--issuer-regexp", ".*"},
     "--issuer-regexp: \".*\" would match anybody's tokens"},
    {NULL,
     {"--identity", "x", "--issuer-regexp", "^https://.*$"},
     "--issuer-regexp: \"^https://.*$\" would match anybody's tokens"},
    {NULL, {"--identity", "x", "--identity-glob", "**", "--issuer", ISSUER}, "would match anybody"},
    {NULL, {"--identity-glob", "https://github.com/acme**"}, "acme-evil"},
    {NULL, {"--identity-regexp", ""}, "--identity-regexp was given an empty value"},
    {NULL, {"--identity-regexp", "(?i)x"}, "--identity-regexp: byte 1: \"(?\" for anything but"},
    {NULL, {"--issuer-regexp", "a|"}, "--issuer-regexp: byte 3: an empty alternative"},
    {NULL, {"--identity-regexp", "x"}, "no token issuer is demanded"},
    {NULL, {"--repo", "acme"}, "--repo: \"acme\" is not OWNER/NAME"},
    {NULL, {"--repo", "acme/tool/x"}, "is not OWNER/NAME"},
    {NULL, {"--repo", "acme/"}, "is not OWNER/NAME"},
    {NULL, {"--repo", "/tool"}, "is not OWNER/NAME"},
    {NULL, {"--repo", "acme/.."}, "is not OWNER/NAME"},
    {NULL, {"--repo", "acme/to%6fl"}, "is not OWNER/NAME"},
    {NULL, {"--repo", "acme/tool@refs/heads/main"}, "is not OWNER/NAME"},
    {NULL, {"--repo", "acme/*"}, "give --identity-glob and --issuer"},
    {NULL, {"--repo", "https://github.com/acme/tool"}, "leave out https://"},
    {NULL, {"--gitlab", "group"}, "is not [HOST/]GROUP/PROJECT"},
    {NULL, {"--gitlab", "gitlab.example.org/group/"}, "is not [HOST/]GROUP/PROJECT"},
    {NULL, {"--gitlab", "gitlab.example.org/group/*"}, "is not [HOST/]GROUP/PROJECT"},
    {NULL, {"--gitlab", "user@gitlab.example.org/group/x"}, "is not [HOST/]GROUP/PROJECT"},
    {NULL, {"--signer-workflow", ".github/workflows/x.yml"}, "in which repository the workflow is"},
    {NULL,
     {"--repo", "a/b", "--repo", "c/d", "--signer-workflow", ".github/workflows/x.yml"},
     "in which repository"},
    {NULL, {"--gitlab", "a/b", "--signer-workflow", ".github/workflows/x.yml"}, "in which reposit"},
    {NULL, {"--repo", "a/b", "--signer-workflow", "x.yml"}, "in which repository"},
    {NULL, {"--repo", "a/b", "--signer-workflow", ".github/workflows/"}, "file is missing"},
    {NULL, {"--signer-workflow", "a/b//"}, "file is missing"},
    {NULL, {"--signer-workflow", "a/b//@refs/heads/x"}, "file is missing"},
    {NULL, {"--signer-workflow", "a/b/c/.github/workflows/x.yml"}, "is not OWNER/NAME"},
    {NULL, {"--signer-workflow", "https://github.com/a/b/.github/workflows/x.yml"}, "leave out"},
    {NULL, {"--repo", "a/b", "--signer-workflow", ".github/workflows/x.yml@v1"}, "is no full ref"},
    {NULL, {"--repo", "a/b", "--signer-workflow", ".github/workflows/x.yml@"}, "is no full ref"},
    {NULL, {"--repo", "a/b", "--tag", "refs/tags/v1"}, "without refs/tags/"},
    {NULL, {"--repo", "a/b", "--tag", "v**"}, "'**' right behind"},
    {NULL, {"--repo", "a/b", "--require", "build-trigger"}, "takes NAME=GLOB"},
    {NULL, {"--repo", "a/b", "--require", "build-trigger="}, "the pattern is empty"},
    {NULL, {"--repo", "a/b", "--require", "buildtrigger=x"}, "did you mean build-trigger?"},
    {NULL, {"--repo", "a/b", "--require", "=x"}, "there is no extension \"\""},
    {NULL, {"--repo", "a/b", "--require", "build-trigger=x**"}, "'**' right behind"},
    {NULL,
     {"--issuer", ISSUER, "--require", "source-repository-uri=**"},
     "--require: \"**\" would match anybody: a wildcard goes behind https://HOST/OWNER/"},
};

START_TEST(refuses_demands_that_are_no_good)
{
    MF_SCOPED(mf_demand_list_done) struct demand_list list = {0};
    struct err err = {0};

    mf_ck_refused(mf_demand_case(refused[_i].words, &list, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
}
END_TEST

START_TEST(takes_a_commit_and_so_many_rows)
{
    MF_SCOPED(mf_demand_list_done) struct demand_list list = {0};
    uint8_t long_value[MF_DEMAND_TEXT_MAX + 1];
    static const char commit[] = "a/b/.github/workflows/x.yml@"
                                 "52f2f0c1e7a5d7e4b1c9b8a7f6e5d4c3b2a19081";
    struct err err = {0};
    size_t count;
    const struct demand_option *table = mf_demand_options(&count);
    const struct demand_option *workflow = NULL;

    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, "--signer-workflow") == 0)
            workflow = &table[i];
    ck_assert_ptr_nonnull(workflow);
    memset(long_value, 'a', sizeof long_value);
    mf_ck_refused(mf_demand_list_add(&list, workflow, MF_SPAN_OF(long_value), &err), err,
                  "more than 1024 bytes");
    mf_err_clear(&err);
    for (size_t i = 0; i < MF_DEMANDS_MAX; i++)
        mf_ck_ok(mf_demand_list_add(&list, workflow, mf_span_str(commit), &err), err);
    mf_ck_refused(mf_demand_list_add(&list, workflow, mf_span_str(commit), &err), err,
                  "more than 128 demands");
    mf_err_clear(&err);
    mf_demand_list_done(&list);
    const struct identity_demand demand = mf_demand_list_view(&list);
    mf_ck_refused(mf_identity_demand_check(&demand, &err), err, "no identity is demanded");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("demand_list");
    TCase *who = tcase_create("who");

    tcase_add_loop_test(who, decides_about_certificates_made_by_others, 0, MF_LEN(real_rows));
    tcase_add_loop_test(who, decides_about_signers_of_each_kind, 0, MF_LEN(rows));
    tcase_add_test(who, a_repository_goes_with_the_tokens_of_its_own_service);
    tcase_add_loop_test(who, refuses_demands_that_are_no_good, 0, MF_LEN(refused));
    tcase_add_test(who, takes_a_commit_and_so_many_rows);
    suite_add_tcase(suite, who);
    return suite;
}
