/* Where a workload's token comes from: named by the user, in the environment, or given by an
 * instance's development issuer. Tokens live in secret memory only. */
#ifndef MF_CLIENT_TOKEN_TOKEN_SOURCE_H
#define MF_CLIENT_TOKEN_TOKEN_SOURCE_H

#include "common/net/http_client.h"

enum { MF_TOKEN_MAX = 16 * 1024 }; /* bytes */

/* The value of --identity-token: a path, "-", "@file" or "fd:N". A value that looks like a token is
 * MF_ERR_USAGE: it would be in the process list. */
MF_MUST_USE bool mf_token_from_option(const char *value, struct secret *out, struct err *err);
/* True for the path of a regular file: it can be read again, and whoever keeps it may have put a
 * fresh token there. What a pipe gave is gone. Also true of a path that is there no more: reading
 * says so.
 */
bool mf_token_option_is_file(const char *value);
/* SIGSTORE_ID_TOKEN; *found false when it is not set. */
MF_MUST_USE bool mf_token_from_environment(struct secret *out, bool *found, struct err *err);

struct dev_token {           /* what is asked of a development issuer */
    const char *url;         /* its base URL and path */
    const char *secret_path; /* the file that may ask */
    struct span audience;
    struct span subject; /* for claims without one of their own */
    struct span claims;  /* a JSON object, or empty */
    const char *alg;     /* "RS256" or "ES256"; null for the issuer's choice */
};
MF_MUST_USE bool mf_token_from_dev_issuer(struct http_client *http, const struct dev_token *ask,
                                          struct secret *out, struct err *err);

struct token_claims { /* what a token says of itself, unverified; owned copies */
    struct buf issuer, subject, email, audience;
    struct buf job_workflow_ref, repository;    /* GitHub Actions; empty elsewhere */
    struct buf ci_config_ref_uri, project_path; /* GitLab; likewise */
    int64_t expires_s;
};
MF_MUST_USE bool mf_token_claims_read(const struct secret *token, struct token_claims *out,
                                      struct err *err);
void mf_token_claims_done(struct token_claims *claims);
/* True when both tokens stand for the same issuer, subject and job. */
bool mf_token_claims_same(const struct token_claims *a, const struct token_claims *b);

#endif
