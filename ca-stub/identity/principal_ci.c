/* Principals of build services: which claims become which extension, as a table for each. */
#include "ca-stub/identity/principal_text.h"
#include "ca-stub/identity/san_uri.h"

struct row {
    unsigned number;
    const char *pattern; /* {name} stands for a claim; {url} for the configured base */
    bool optional;       /* one claim alone, which may be absent or empty */
};

/* Fulcio's configuration for GitHub; .23 since its release 1.8.0. */
static const struct row github[] = {
    {MF_FULCIO_GITHUB_TRIGGER, "{event_name}", false},
    {MF_FULCIO_GITHUB_SHA, "{sha}", false},
    {MF_FULCIO_GITHUB_NAME, "{workflow}", false},
    {MF_FULCIO_GITHUB_REPOSITORY, "{repository}", false},
    {MF_FULCIO_GITHUB_REF, "{ref}", false},
    {MF_FULCIO_BUILD_SIGNER_URI, "{url}/{job_workflow_ref}", false},
    {MF_FULCIO_BUILD_SIGNER_DIGEST, "{job_workflow_sha}", false},
    {MF_FULCIO_RUNNER_ENVIRONMENT, "{runner_environment}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_URI, "{url}/{repository}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_DIGEST, "{sha}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_REF, "{ref}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_ID, "{repository_id}", false},
    {MF_FULCIO_SOURCE_OWNER_URI, "{url}/{repository_owner}", false},
    {MF_FULCIO_SOURCE_OWNER_ID, "{repository_owner_id}", false},
    {MF_FULCIO_BUILD_CONFIG_URI, "{url}/{workflow_ref}", false},
    {MF_FULCIO_BUILD_CONFIG_DIGEST, "{workflow_sha}", false},
    {MF_FULCIO_BUILD_TRIGGER, "{event_name}", false},
    {MF_FULCIO_RUN_INVOCATION_URI,
     "{url}/{repository}/actions/runs/{run_id}/attempts/{run_attempt}", false},
    {MF_FULCIO_SOURCE_VISIBILITY, "{repository_visibility}", false},
    {MF_FULCIO_DEPLOYMENT_ENVIRONMENT, "{environment}", true},
};

static const struct row gitlab[] = {
    {MF_FULCIO_BUILD_SIGNER_URI, "https://{ci_config_ref_uri}", false},
    {MF_FULCIO_BUILD_SIGNER_DIGEST, "{ci_config_sha}", true},
    {MF_FULCIO_RUNNER_ENVIRONMENT, "{runner_environment}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_URI, "{url}/{project_path}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_DIGEST, "{sha}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_REF, "{ref_type}{ref}", false},
    {MF_FULCIO_SOURCE_REPOSITORY_ID, "{project_id}", false},
    {MF_FULCIO_SOURCE_OWNER_URI, "{url}/{namespace_path}", false},
    {MF_FULCIO_SOURCE_OWNER_ID, "{namespace_id}", false},
    {MF_FULCIO_BUILD_CONFIG_URI, "https://{ci_config_ref_uri}", false},
    {MF_FULCIO_BUILD_CONFIG_DIGEST, "{ci_config_sha}", true},
    {MF_FULCIO_BUILD_TRIGGER, "{pipeline_source}", false},
    {MF_FULCIO_RUN_INVOCATION_URI, "{url}/{project_path}/-/jobs/{job_id}", false},
    {MF_FULCIO_SOURCE_VISIBILITY, "{project_visibility}", true},
    {MF_FULCIO_DEPLOYMENT_ENVIRONMENT, "{environment}", true},
};

struct rendering {
    const struct claims *claims;
    const struct issuer *issuer;
    struct verified_identity *id;
    struct refusal *why;
};

static bool put(const struct rendering *r, struct span text)
{
    return mf_buf_append(&r->id->text, text, r->why->err) || mf_refusal_take(r->why, "CLAIM_TYPE");
}

/* GitLab says branch or tag; certificates say the whole ref. */
static bool put_ref_type(const struct rendering *r, struct span value)
{
    if (mf_span_is(value, "branch"))
        return put(r, MF_SPAN("refs/heads/"));
    if (mf_span_is(value, "tag"))
        return put(r, MF_SPAN("refs/tags/"));
    return mf_refusal_claim(r->why, "CLAIM_TYPE", "ref_type", "is neither branch nor tag");
}

/* The claim names a host of its own: it must be the issuer's, or an issuer could speak for any. */
static bool check_config_host(const struct rendering *r, struct span value)
{
    struct span base = mf_span_str(r->issuer->base_url);
    size_t colon = mf_span_find(base, ':'); /* mf_url_parse has seen "://" behind it */
    struct span host = mf_span_from(base, colon + 3);

    host = mf_span_first(host, mf_span_find(host, '/'));
    if (mf_span_starts(value, host) && value.n > host.n && value.p[host.n] == '/')
        return true;
    return mf_refusal_set(r->why, "TRUST_DOMAIN",
                          "ci_config_ref_uri claim \"%.*s\" is not on \"%.*s\"", MF_SPAN_ARG(value),
                          MF_SPAN_ARG(host));
}

static bool check_part(const struct rendering *r, const char *name, struct span value)
{
    bool is_config = strcmp(name, "ci_config_ref_uri") == 0;
    bool has_ref = is_config || strcmp(name, "job_workflow_ref") == 0 ||
                   strcmp(name, "workflow_ref") == 0;
    struct san_uri_part how = {.allow_empty_segments = is_config, .allow_hash = has_ref};

    if (!mf_san_uri_is_part(value, how))
        return mf_refusal_claim(r->why, "SUBJECT_INVALID", name, "cannot be part of a URI");
    return !is_config || check_config_host(r, value);
}

static bool put_claim(const struct rendering *r, const char *name, bool in_uri)
{
    struct span value;

    if (strcmp(name, "url") == 0)
        return put(r, mf_span_str(r->issuer->base_url));
    if (!mf_claims_text(r->claims, name, &value, r->why))
        return false;
    if (in_uri && !check_part(r, name, value))
        return false;
    return strcmp(name, "ref_type") == 0 ? put_ref_type(r, value) : put(r, value);
}

static bool render(const struct rendering *r, const char *pattern, struct span *out)
{
    bool in_uri = strncmp(pattern, "{url}", 5) == 0 || strncmp(pattern, "https://", 8) == 0;
    size_t from = r->id->text.n;
    struct span rest = mf_span_str(pattern);
    char name[64];

    while (rest.n > 0) {
        size_t open = mf_span_find(rest, '{');
        if (!put(r, mf_span_first(rest, open)))
            return false;
        if (open == rest.n)
            break;
        size_t close = mf_span_find(rest, '}');
        /* Patterns are ours: each brace is closed and names are short. */
        snprintf(name, sizeof name, "%.*s", (int)(close - open - 1),
                 (const char *)rest.p + open + 1);
        if (!put_claim(r, name, in_uri))
            return false;
        rest = mf_span_from(rest, close + 1);
    }
    *out = (struct span){r->id->text.p + from, r->id->text.n - from};
    return true;
}

static bool is_absent(const struct rendering *r, const char *pattern, bool *out)
{
    char name[64];
    struct span value;

    snprintf(name, sizeof name, "%.*s", (int)strlen(pattern) - 2, pattern + 1);
    if (!mf_claims_optional(r->claims, name, &value, r->why))
        return false;
    *out = value.n == 0;
    return true;
}

static bool put_rows(const struct rendering *r, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span value;
        bool absent = false;
        if (rows[i].optional && !is_absent(r, rows[i].pattern, &absent))
            return false;
        if (absent)
            continue;
        if (!render(r, rows[i].pattern, &value) ||
            !mf_principal_text_extension(r->id, rows[i].number, value, r->why))
            return false;
    }
    return true;
}

/* Claims that tell a job's token from others, though no extension carries them. */
static bool check_gitlab(const struct rendering *r)
{
    struct span pipeline;
    int64_t runner = 0;

    if (!mf_claims_text(r->claims, "pipeline_id", &pipeline, r->why) ||
        !mf_claims_number(r->claims, "runner_id", &runner, r->why))
        return false;
    return runner > 0 ||
           mf_refusal_claim(r->why, "CLAIM_MISSING", "runner_id", "is not above zero");
}

bool mf_principal_ci_build(const struct claims *claims, const struct issuer *issuer,
                           struct verified_identity *id, struct refusal *why)
{
    const struct rendering r = {claims, issuer, id, why};
    struct span uri = {0};

    if (issuer->type == MF_ISSUER_GITHUB_WORKFLOW) {
        if (!put_rows(&r, github, MF_LEN(github)))
            return false;
    } else if (!check_gitlab(&r) || !put_rows(&r, gitlab, MF_LEN(gitlab))) {
        return false;
    }
    for (size_t i = 0; i < id->extension_count; i++)
        if (id->extensions[i].number == MF_FULCIO_BUILD_SIGNER_URI)
            uri = id->extensions[i].value;
    return mf_principal_text_uri(id, uri, why);
}
