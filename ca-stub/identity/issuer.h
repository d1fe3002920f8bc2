/* Issuers: the configured OIDC issuers, and where their keys come from.
 *
 * One issuer in the configuration:
 *   {"issuer": "https://token.actions.githubusercontent.com",   exact, as tokens write it
 *    "audience": "sigstore",              or a list; a token must be for one of them
 *    "type": "github-workflow",           see principal.h
 *    "jwks_file": "github.jwks",          keys from a file; absent: found by discovery
 *    "jwks_uri": "https://...",           keys from here, without discovery
 *    "jwks_hosts": ["www.googleapis.com"],  hosts beside the issuer's own that its discovery
 *                                         document may name
 *    "ca_file": "idp-ca.pem",             extra trust for TLS to this issuer
 *    "allow_loopback_http": true,         http:// to this machine only: development
 *    "subject_domain": "https://ci.example.org",  types uri (with scheme) and username (without)
 *    "url": "https://gitlab.example.org", base of repository URLs; types github-workflow and
 *                                         gitlab-pipeline; absent: github.com, or the issuer itself
 *    "skip_email_verification": false,    type email
 *    "lifetime_max_s": 3600}              longest exp - iat, 60 .. 86400
 * Only issuer, audience and type must be there. */
#ifndef MF_CA_IDENTITY_ISSUER_H
#define MF_CA_IDENTITY_ISSUER_H

#include "common/base/span.h"
#include "common/codec/json.h"
#include "common/codec/url.h"

enum { MF_ISSUERS_MAX = 64, MF_ISSUER_AUDIENCES_MAX = 8, MF_ISSUER_HOSTS_MAX = 8 };

/* Kinds of issuer, by which its tokens' claims become an identity. */
enum issuer_type {
    MF_ISSUER_EMAIL,           /* SAN email = email claim, verified */
    MF_ISSUER_URI,             /* SAN URI = sub, within the subject domain */
    MF_ISSUER_USERNAME,        /* SAN other name = "sub!subject-domain" */
    MF_ISSUER_GITHUB_WORKFLOW, /* SAN URI = url/job_workflow_ref */
    MF_ISSUER_GITLAB_PIPELINE, /* SAN URI = https:// + ci_config_ref_uri */
    MF_ISSUER_TYPE_COUNT_
};

struct text_list {
    char *items[MF_ISSUER_AUDIENCES_MAX];
    size_t count;
};
_Static_assert(MF_ISSUER_AUDIENCES_MAX == MF_ISSUER_HOSTS_MAX, "one list serves both");

struct issuer { /* texts are owned; null where the configuration has none */
    char *url;
    enum issuer_type type;
    struct text_list audiences; /* 1 or more */
    char *jwks_file;            /* absolute, or relative to where we run */
    char *jwks_uri;
    struct text_list jwks_hosts;
    char *ca_file;
    char *subject_domain;
    char *base_url; /* types github-workflow and gitlab-pipeline: without a slash at the end */
    bool allow_loopback_http;
    bool skip_email_verification;
    int64_t lifetime_max_s;
};

struct issuer_list {
    struct issuer *items;
    size_t count;
};

/* Reads the array of issuers; relative paths are taken from the folder of config_path. Errors are
 * MF_ERR_FORMAT or MF_ERR_LIMIT and name the issuer and the member. */
MF_MUST_USE bool mf_issuers_read(const struct json_node *array, const char *config_path,
                                 struct issuer_list *out, struct err *err);
void mf_issuers_done(struct issuer_list *list);

/* The issuer of exactly this name, byte for byte; null when it is not configured. */
const struct issuer *mf_issuers_find(const struct issuer_list *list, struct span url);

/* True when documents of this issuer may be fetched from this URL's scheme and address. */
MF_MUST_USE bool mf_issuer_may_ask(const struct issuer *issuer, struct span text, struct url *out,
                                   struct err *err);

/* "email", "uri", "username", "github-workflow", "gitlab-pipeline". */
const char *mf_issuer_type_name(enum issuer_type type);
MF_MUST_USE bool mf_issuer_type_parse(struct span name, enum issuer_type *out, struct err *err);
/* The claim whose text is the proof of possession's message: "email" or "sub". */
const char *mf_issuer_challenge_claim(enum issuer_type type);

#endif
