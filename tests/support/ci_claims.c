#include "tests/support/ci_claims.h"

#include "tests/support/suite.h"

const struct member made_github_claims[] = {
    {"iss", "https://token.actions.githubusercontent.com"},
    {"sub", "repo:" REPOSITORY ":ref:refs/heads/main"},
    {"event_name", "workflow_dispatch"},
    {"sha", SHA},
    {"workflow", "Extremely dangerous OIDC beacon"},
    {"repository", REPOSITORY},
    {"ref", "refs/heads/main"},
    {"job_workflow_ref", FLOW},
    {"job_workflow_sha", SHA},
    {"runner_environment", "github-hosted"},
    {"repository_id", "632596897"},
    {"repository_owner", "sigstore-conformance"},
    {"repository_owner_id", "131804563"},
    {"repository_visibility", "public"},
    {"workflow_ref", FLOW},
    {"workflow_sha", SHA},
    {"run_id", "12345"},
    {"run_attempt", "2"},
    {NULL, NULL},
};

const struct member made_gitlab_claims[] = {
    {"iss", "https://gitlab.example"},
    {"sub", "project_path:g/p:ref_type:branch:ref:main"},
    {"project_path", "g/p"},
    {"pipeline_source", "push"},
    {"pipeline_id", "77"},
    {"ci_config_ref_uri", "gitlab.example/g/p//.gitlab-ci.yml@refs/heads/main"},
    {"job_id", "302"},
    {"ref", "main"},
    {"ref_type", "branch"},
    {"namespace_path", "g"},
    {"namespace_id", "9"},
    {"project_id", "20"},
    {"sha", "abc"},
    {"ci_config_sha", "def"},
    {"runner_environment", "self-hosted"},
    {"project_visibility", "private"},
    {"environment", "production"},
    {NULL, NULL},
};
_Static_assert(MF_LEN(made_github_claims) == MADE_GITHUB_CLAIMS, "the header's number");

void made_claims(const struct member *members, struct member changed, const char *more,
                 struct buf *out)
{
    struct err err = {0};
    bool there = false;

    mf_ck_ok(mf_buf_printf(out, &err, "{%s", more), err);
    for (size_t i = 0; members[i].name != NULL || (!there && changed.name != NULL); i++) {
        bool is_it = members[i].name == NULL ||
                     (changed.name != NULL && strcmp(members[i].name, changed.name) == 0);
        struct member m = is_it ? changed : members[i];
        there = there || is_it;
        if (m.value != NULL && m.value[0] == '\r')
            mf_ck_ok(mf_buf_printf(out, &err, "\"%s\":%s,", m.name, m.value + 1), err);
        else if (m.value != NULL)
            mf_ck_ok(mf_buf_printf(out, &err, "\"%s\":\"%s\",", m.name, m.value), err);
        if (members[i].name == NULL)
            break;
    }
    mf_ck_ok(mf_buf_printf(out, &err, "\"aud\":\"sigstore\"}%c", 0), err);
}
