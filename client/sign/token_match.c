#include "client/sign/token_match.h"

/* "https://HOST/path" for this path: the host is the CA's to know, the path the token's. */
static bool is_on_a_host(struct span uri, struct span path)
{
    if (path.n == 0 || !mf_span_starts(uri, MF_SPAN("https://")))
        return false;
    struct span rest = mf_span_from(uri, 8);
    size_t slash = mf_span_find(rest, '/');
    return slash > 0 && slash < rest.n && mf_span_eq(mf_span_from(rest, slash + 1), path);
}

/* "ISSUER/path" */
static bool is_on_issuer(struct span uri, const struct token_claims *token, struct span path)
{
    struct span issuer = mf_buf_span(&token->issuer);

    return path.n > 0 && uri.n == issuer.n + 1 + path.n && mf_span_starts(uri, issuer) &&
           uri.p[issuer.n] == '/' && mf_span_ends(uri, path);
}

/* A build service's certificate: the SAN is the definition of the job that ran, which repositories
 * may share. */
static bool is_this_job(const struct token_claims *token, const struct signer_identity *who)
{
    struct span source = who->values[MF_FULCIO_SOURCE_REPOSITORY_URI];
    struct span config = mf_buf_span(&token->ci_config_ref_uri);
    struct span san = who->san.value;

    if (token->job_workflow_ref.n > 0)
        return is_on_a_host(san, mf_buf_span(&token->job_workflow_ref)) &&
               is_on_a_host(source, mf_buf_span(&token->repository));
    return config.n > 0 && mf_span_starts(san, MF_SPAN("https://")) &&
           mf_span_eq(mf_span_from(san, 8), config) &&
           is_on_issuer(source, token, mf_buf_span(&token->project_path));
}

/* "subject!domain": the domain is the CA's to know. */
static bool is_this_user(const struct token_claims *token, struct span san)
{
    struct span subject = mf_buf_span(&token->subject);

    return subject.n > 0 && mf_span_find(subject, '!') == subject.n &&
           mf_span_starts(san, subject) && mf_span_find(san, '!') == subject.n;
}

static bool is_named(const struct token_claims *token, const struct signer_identity *who)
{
    switch (who->san.kind) {
    case MF_SAN_EMAIL:
        return mf_span_eq(who->san.value, mf_buf_span(&token->email));
    case MF_SAN_OTHER_NAME:
        return is_this_user(token, who->san.value);
    case MF_SAN_URI:
        if (who->values[MF_FULCIO_BUILD_SIGNER_URI].n > 0)
            return is_this_job(token, who);
        return mf_span_eq(who->san.value, mf_buf_span(&token->subject));
    case MF_SAN_DNS:
    case MF_SAN_UNKNOWN:
        break;
    }
    return false;
}

bool mf_token_may_be(const struct token_claims *token, const struct signer_identity *who,
                     struct err *err)
{
    struct span subject = who->values[MF_FULCIO_TOKEN_SUBJECT];

    if (who->san.kind == MF_SAN_EMAIL && !mf_span_eq(who->san.value, mf_buf_span(&token->email)))
        return mf_err_set(err, MF_ERR_REJECTED, "the certificate names another signer, \"%.*s\"",
                          MF_SPAN_ARG(who->san.value));
    if (subject.n > 0 && !mf_span_eq(subject, mf_buf_span(&token->subject)))
        return mf_err_set(err, MF_ERR_REJECTED, "the certificate has another subject, \"%.*s\"",
                          MF_SPAN_ARG(subject));
    return true;
}

bool mf_token_match(const struct token_claims *token, const struct signer_identity *who,
                    struct err *err)
{
    struct span subject = who->values[MF_FULCIO_TOKEN_SUBJECT];

    if (!mf_span_eq(who->issuer, mf_buf_span(&token->issuer)))
        return mf_err_set(err, MF_ERR_REJECTED, "it is by a token of another issuer, \"%.*s\"",
                          MF_SPAN_ARG(who->issuer));
    if (!is_named(token, who) ||
        (subject.n > 0 && !mf_span_eq(subject, mf_buf_span(&token->subject))))
        return mf_err_set(err, MF_ERR_REJECTED, "it is by another signer, \"%.*s\"",
                          MF_SPAN_ARG(who->san.value));
    return true;
}
