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

#include "ca-stub/identity/principal.h"
#include "common/base/clock.h"

enum { MF_ISSUERS_MAX = 64, MF_ISSUER_AUDIENCES_MAX = 8, MF_ISSUER_HOSTS_MAX = 8 };

/* How documents are fetched. A test gives its own. */
struct key_fetch {
    /* GET of url with status 200, at most answer_max bytes, no redirect. *max_age_s is
     * Cache-Control's, or 0 when the answer has none. Called on the fetching thread only. ca_file
     * may be null. */
    bool (*get)(void *state, const char *url, const char *ca_file, size_t answer_max,
                struct buf *body, unsigned *max_age_s, struct err *err);
    void *state; /* borrowed */
};

#endif
