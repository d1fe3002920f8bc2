#include "tests/support/demand_case.h"

#include "tests/support/suite.h"

bool mf_demand_case(const char *const words[static MF_CASE_WORDS], struct demand_list *out,
                    struct err *err)
{
    size_t count;
    const struct demand_option *table = mf_demand_options(&count);
    size_t used = 0;
    size_t given = 0;

    while (given < MF_CASE_WORDS && words[given] != NULL)
        given++;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < given; k += 2) {
            if (strcmp(words[k], table[i].name) != 0)
                continue;
            used += 2;
            if (!mf_demand_list_add(out, &table[i], mf_span_str(words[k + 1]), err))
                return false;
        }
    ck_assert_uint_eq(used, given); /* each word is an option's, and none is forgotten */
    const struct identity_demand demand = mf_demand_list_view(out);
    return mf_identity_demand_check(&demand, err);
}

#define GITHUB_ISSUER  "https://token.actions.githubusercontent.com"
#define GITHUB_PATH    "https://github.com/acme/tool/.github/workflows/release.yml"
#define GITLAB_ISSUER  "https://gitlab.example.org"
#define GITLAB_PROJECT GITLAB_ISSUER "/group/sub/tool"
#define GITLAB_SIGNER  GITLAB_PROJECT "//.gitlab-ci.yml@refs/heads/main"

static struct signer_identity github(const char *ref, const char *signer)
{
    return (struct signer_identity){
        .san = {MF_SAN_URI, mf_span_str(signer)},
        .issuer = MF_SPAN(GITHUB_ISSUER),
        .values =
            {
                [MF_FULCIO_ISSUER] = MF_SPAN(GITHUB_ISSUER),
                [MF_FULCIO_BUILD_TRIGGER] = MF_SPAN("push"),
                [MF_FULCIO_BUILD_SIGNER_URI] = mf_span_str(signer),
                [MF_FULCIO_RUNNER_ENVIRONMENT] = MF_SPAN("github-hosted"),
                [MF_FULCIO_SOURCE_REPOSITORY_URI] = MF_SPAN("https://github.com/acme/tool"),
                [MF_FULCIO_SOURCE_REPOSITORY_REF] = mf_span_str(ref),
                [MF_FULCIO_SOURCE_OWNER_URI] = MF_SPAN("https://github.com/acme"),
            },
    };
}

struct signer_identity mf_demand_case_who(const char *name)
{
    if (strcmp(name, "github") == 0)
        return github("refs/tags/v1.2", GITHUB_PATH "@refs/tags/v1.2");
    if (strcmp(name, "evil") == 0)
        return github("refs/heads/x@refs/tags/v1.2", GITHUB_PATH "@refs/heads/x@refs/tags/v1.2");
    if (strcmp(name, "twin") == 0)
        return github("refs/tags/v1.2", GITHUB_PATH "@x.yml@refs/tags/v1.2");
    if (strcmp(name, "gitlab") == 0)
        return (struct signer_identity){
            .san = {MF_SAN_URI, MF_SPAN(GITLAB_SIGNER)},
            .issuer = MF_SPAN(GITLAB_ISSUER),
            .values =
                {
                    [MF_FULCIO_ISSUER] = MF_SPAN(GITLAB_ISSUER),
                    [MF_FULCIO_BUILD_SIGNER_URI] = MF_SPAN(GITLAB_SIGNER),
                    [MF_FULCIO_SOURCE_REPOSITORY_URI] = MF_SPAN(GITLAB_PROJECT),
                    [MF_FULCIO_SOURCE_REPOSITORY_REF] = MF_SPAN("refs/heads/main"),
                },
        };
    ck_assert_str_eq(name, "email");
    return (struct signer_identity){
        .san = {MF_SAN_EMAIL, MF_SPAN("dev@example.org")},
        .issuer = MF_SPAN("https://idp.example.org"),
        .values = {[MF_FULCIO_ISSUER] = MF_SPAN("https://idp.example.org")},
    };
}
