/* Reads what a token says of itself. Not a verification: the CA does that. */
#include "client/token/token_source.h"
#include "common/codec/base64.h"
#include "common/codec/json.h"

static bool copy_member(const struct json_node *root, const char *name, struct buf *out,
                        struct err *err)
{
    struct span text;

    out->max = MF_TOKEN_MAX;
    if (mf_json_get(root, name) == NULL)
        return true;
    return mf_json_member_string(root, name, &text, err) && mf_buf_append(out, text, err);
}

/* What a build service says of its job. Of another type it is another issuer's claim. */
static bool copy_job(const struct json_node *root, struct token_claims *out, struct err *err)
{
    const struct {
        const char *name;
        struct buf *to;
    } members[] = {
        {"job_workflow_ref", &out->job_workflow_ref},
        {"repository", &out->repository},
        {"ci_config_ref_uri", &out->ci_config_ref_uri},
        {"project_path", &out->project_path},
    };

    for (size_t i = 0; i < MF_LEN(members); i++)
        if (mf_json_is_string(mf_json_get(root, members[i].name)) &&
            !copy_member(root, members[i].name, members[i].to, err))
            return false;
    return true;
}

/* A string, or an array of which the first is shown. */
static bool copy_audience(const struct json_node *root, struct buf *out, struct err *err)
{
    const struct json_node *aud = mf_json_get(root, "aud");
    struct span text;

    out->max = MF_TOKEN_MAX;
    if (aud == NULL)
        return true;
    if (mf_json_is_array(aud))
        aud = mf_json_at(aud, 0);
    if (aud == NULL || !mf_json_string(aud, &text, err))
        return err->code == MF_OK || mf_err_at(err, "aud");
    return mf_buf_append(out, text, err);
}

static bool read_payload(struct span json, struct token_claims *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (!mf_json_parse(json, &mf_json_request_limits, &doc, err))
        return false;
    mf_json_wipe_on_free(doc);
    const struct json_node *root = mf_json_root(doc);
    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "payload is not a JSON object");
    return copy_member(root, "iss", &out->issuer, err) &&
           copy_member(root, "sub", &out->subject, err) &&
           copy_member(root, "email", &out->email, err) &&
           copy_audience(root, &out->audience, err) && copy_job(root, out, err) &&
           mf_json_member_int64(root, "exp", &out->expires_s, err);
}

bool mf_token_claims_read(const struct secret *token, struct token_claims *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf payload = {.max = MF_TOKEN_MAX, .secret = true};
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    struct span rest = mf_secret_span(token);
    size_t first = mf_span_find(rest, '.');
    bool ok = first < rest.n;

    if (ok) {
        rest = mf_span_from(rest, first + 1);
        size_t second = mf_span_find(rest, '.');
        ok = second < rest.n &&
             mf_base64_decode(mf_span_first(rest, second), MF_BASE64_URL, &payload, err) &&
             read_payload(mf_buf_span(&payload), &claims, err);
    }
    if (!ok) {
        if (err->code == MF_OK)
            mf_err_set(err, MF_ERR_FORMAT, "it does not have three parts");
        mf_err_hint(err, "give an OIDC token with --identity-token FILE or in SIGSTORE_ID_TOKEN");
        mf_err_at(err, "identity token");
        return mf_err_as(err, MF_ERR_USAGE);
    }
    *out = claims;
    claims = (struct token_claims){0};
    return true;
}

void mf_token_claims_done(struct token_claims *claims)
{
    mf_buf_done(&claims->issuer);
    mf_buf_done(&claims->subject);
    mf_buf_done(&claims->email);
    mf_buf_done(&claims->audience);
    mf_buf_done(&claims->job_workflow_ref);
    mf_buf_done(&claims->repository);
    mf_buf_done(&claims->ci_config_ref_uri);
    mf_buf_done(&claims->project_path);
}

bool mf_token_claims_same(const struct token_claims *a, const struct token_claims *b)
{
    return mf_span_eq(mf_buf_span(&a->issuer), mf_buf_span(&b->issuer)) &&
           mf_span_eq(mf_buf_span(&a->subject), mf_buf_span(&b->subject)) &&
           mf_span_eq(mf_buf_span(&a->email), mf_buf_span(&b->email)) &&
           mf_span_eq(mf_buf_span(&a->job_workflow_ref), mf_buf_span(&b->job_workflow_ref)) &&
           mf_span_eq(mf_buf_span(&a->repository), mf_buf_span(&b->repository)) &&
           mf_span_eq(mf_buf_span(&a->ci_config_ref_uri), mf_buf_span(&b->ci_config_ref_uri)) &&
           mf_span_eq(mf_buf_span(&a->project_path), mf_buf_span(&b->project_path));
}
