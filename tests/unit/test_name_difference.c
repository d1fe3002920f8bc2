/* What a refusal explains: the part that differs, and the flags that would match. */
#include "client/identity/identity_match.h"
#include "client/identity/matching_flags.h"
#include "client/identity/name_difference.h"
#include "tests/support/demand_case.h"
#include "tests/support/suite.h"

#define GITHUB    "https://token.actions.githubusercontent.com"
#define WORKFLOW  "/.github/workflows/release.yml"
#define IDP       "https://idp.example.org"
#define BY_GITHUB "--issuer", GITHUB

static const struct {
    const char *who;
    const char *words[MF_CASE_WORDS];
    const char *differs;
    const char *would_match; /* of the first demand that is not met */
} rows[] = {
    {"github",
     {"--repo", "acme-evil/tool"},
     "owner \"acme\", not \"acme-evil\"",
     "--repo acme/tool"},
    {"github", {"--repo", "acme/tool2"}, "repository \"tool\", not \"tool2\"", "--repo acme/tool"},
    {"github",
     {"--repo", "ACME/tool"},
     "owner \"acme\", not \"ACME\" (upper and lower case count)",
     "--repo acme/tool"},
    {"github",
     {"--repo", "acme/tool", "--tag", "v2.*"},
     "value \"refs/tags/v1.2\", not \"refs/tags/v2.*\"",
     "--tag v1.2"},
    {"evil",
     {"--repo", "acme/tool", "--tag", "v1.2"},
     "value \"refs/heads/x@refs/tags/v1.2\", not \"refs/tags/v1.2\"",
     "--require source-repository-ref=refs/heads/x@refs/tags/v1.2"},
    {"github",
     {"--repo", "acme/tool", "--signer-workflow", ".github/workflows/x.yml"},
     "workflow \".github/workflows/release.yml\", not \".github/workflows/x.yml\"",
     "--signer-workflow acme/tool" WORKFLOW "@refs/tags/v1.2"},
    {"github",
     {"--identity", "https://github.com/acme/tool" WORKFLOW "@refs/heads/main", BY_GITHUB},
     "ref \"refs/tags/v1.2\", not \"refs/heads/main\"",
     "--identity https://github.com/acme/tool" WORKFLOW "@refs/tags/v1.2"},
    {"github",
     {"--identity", "http://github.com/acme/tool" WORKFLOW "@refs/heads/main", BY_GITHUB},
     "scheme \"https\", not \"http\"",
     "--identity https://github.com/acme/tool" WORKFLOW "@refs/tags/v1.2"},
    {"github",
     {"--identity-glob", "https://github.com/other/**", BY_GITHUB},
     "value \"https://github.com/acme/tool" WORKFLOW "@refs/tags/v1.2\", not "
     "\"https://github.com/other/**\"",
     "--identity https://github.com/acme/tool" WORKFLOW "@refs/tags/v1.2"},
    {"github",
     {"--identity-glob", "https://github.com/acme/*" WORKFLOW "@refs/tags/v2*", BY_GITHUB},
     "ref \"refs/tags/v1.2\", not \"refs/tags/v2*\"",
     "--identity https://github.com/acme/tool" WORKFLOW "@refs/tags/v1.2"},
    {"github",
     {"--repo", "acme/tool", "--require", "token-subject=x"},
     "the certificate has no token-subject",
     ""},
    {"github",
     {"--repo", "acme/tool", "--require", "build-trigger=release"},
     "value \"push\", not \"release\"",
     "--require build-trigger=push"},
    {"gitlab",
     {"--gitlab", "group/sub/tool"},
     "host \"gitlab.example.org\", not \"gitlab.com\"",
     "--gitlab gitlab.example.org/group/sub/tool"},
    {"gitlab",
     {"--repo", "group/tool"},
     "host \"gitlab.example.org\", not \"github.com\"",
     "--gitlab gitlab.example.org/group/sub/tool"},
    {"gitlab",
     {"--gitlab", "gitlab.example.org/group/tool"},
     "path \"group/sub/tool\", not \"group/tool\"",
     "--gitlab gitlab.example.org/group/sub/tool"},
    {"gitlab",
     {"--signer-workflow", "gitlab.example.org/group/sub/tool//x.yml"},
     "path \"group/sub/tool//.gitlab-ci.yml\", not \"group/sub/tool//x.yml\"",
     "--signer-workflow gitlab.example.org/group/sub/tool//.gitlab-ci.yml@refs/heads/main"},
    {"email",
     {"--identity", "eve@example.org", "--issuer", IDP},
     "user \"dev\", not \"eve\"",
     "--identity dev@example.org"},
    {"email",
     {"--identity", "dev@example.com", "--issuer", IDP},
     "domain \"example.org\", not \"example.com\"",
     "--identity dev@example.org"},
    {"email",
     {"--identity", "dev@example.org", "--issuer", IDP "/"},
     "value \"" IDP "\", not \"" IDP "/\" (a '/' at the end counts)",
     "--issuer " IDP},
    {"email",
     {"--identity", "de%76@example.org", "--issuer", IDP},
     "user \"dev\", not \"de%76\" (percent signs are not decoded)",
     "--identity dev@example.org"},
    {"email",
     {"--identity", "https://x.example", "--issuer", IDP},
     "value \"dev@example.org\", not \"https://x.example\"",
     "--identity dev@example.org"},
    {"email",
     {"--identity-regexp", "^eve@", "--issuer", IDP},
     "the regular expression does not match",
     "--identity dev@example.org"},
    {"email", {"--repo", "acme/tool"}, "the certificate has no source-repository-uri", ""},
};

static size_t first_unmet(const struct signer_identity *who, const struct identity_demand *demand)
{
    for (size_t i = 0; i < demand->count; i++)
        if (!mf_demand_group_holds(who, demand, i))
            return i;
    ck_abort_msg("all demands are met");
}

START_TEST(says_which_part_differs_and_what_would_match)
{
    MF_SCOPED(mf_demand_list_done) struct demand_list list = {0};
    const struct signer_identity who = mf_demand_case_who(rows[_i].who);
    struct matching_flag flags[MF_MATCHING_FLAGS_MAX];
    char differs[MF_DIFFERENCE_MAX];
    char said[sizeof flags] = "";
    struct err err = {0};

    mf_ck_ok(mf_demand_case(rows[_i].words, &list, &err), err);
    const struct identity_demand demand = mf_demand_list_view(&list);
    const struct demand *row = &list.rows[first_unmet(&who, &demand)];
    mf_name_difference(row, &who, differs);
    ck_assert_str_eq(differs, rows[_i].differs);
    size_t count = mf_matching_flags(row, &who, flags);
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(said);
        snprintf(said + n, sizeof said - n, "%s%s %s", i > 0 ? " " : "", flags[i].option,
                 flags[i].value);
    }
    ck_assert_str_eq(said, rows[_i].would_match);
}
END_TEST

START_TEST(names_the_issuer_where_that_alone_is_another)
{
    const struct signer_identity who = mf_demand_case_who("email");
    const struct demand row = mf_demand_exactly(MF_SPAN("dev@example.org"),
                                                MF_SPAN("https://idp.example.com"));
    struct matching_flag flags[MF_MATCHING_FLAGS_MAX];
    char differs[MF_DIFFERENCE_MAX];

    mf_name_difference(&row, &who, differs);
    ck_assert_str_eq(differs, "issuer \"" IDP "\", not \"https://idp.example.com\"");
    ck_assert_uint_eq(mf_matching_flags(&row, &who, flags), 2);
    ck_assert_str_eq(flags[0].value, "dev@example.org");
    ck_assert_str_eq(flags[1].option, "--issuer");
    ck_assert_str_eq(flags[1].value, IDP);
}
END_TEST

START_TEST(text_from_a_certificate_does_not_reach_the_terminal_as_it_is)
{
    struct signer_identity who = mf_demand_case_who("email");
    const struct demand row = mf_demand_exactly(MF_SPAN("dev@example.org"), MF_SPAN(IDP));
    char differs[MF_DIFFERENCE_MAX];

    who.san.value = MF_SPAN("\x1B[2Jx@example.org");
    mf_name_difference(&row, &who, differs);
    ck_assert_str_eq(differs, "user \"\\x1b[2Jx\", not \"dev\"");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("name_difference");
    TCase *explain = tcase_create("explain");

    tcase_add_loop_test(explain, says_which_part_differs_and_what_would_match, 0, MF_LEN(rows));
    tcase_add_test(explain, names_the_issuer_where_that_alone_is_another);
    tcase_add_test(explain, text_from_a_certificate_does_not_reach_the_terminal_as_it_is);
    suite_add_tcase(suite, explain);
    return suite;
}
