/* Principal: whom a verified token stands for, as the certificate will say it.
 * Source: Fulcio, "OID information" and the identity rules of each issuer type. */
#ifndef MF_CA_IDENTITY_PRINCIPAL_H
#define MF_CA_IDENTITY_PRINCIPAL_H

#include "client/identity/fulcio_names.h"
#include "common/codec/json.h"
#include "common/x509/cert.h"

enum { MF_CLAIM_MAX = 2048 };           /* bytes of one claim and of one extension's value */
enum { MF_PRINCIPAL_TEXT_MAX = 16384 }; /* bytes of all texts of a principal together */

/* Kinds of issuer, by which its tokens' claims become an identity. */
enum issuer_type {
    MF_ISSUER_EMAIL,           /* SAN email = email claim, verified */
    MF_ISSUER_URI,             /* SAN URI = sub, within the subject domain */
    MF_ISSUER_USERNAME,        /* SAN other name = "sub!subject-domain" */
    MF_ISSUER_GITHUB_WORKFLOW, /* SAN URI = https://github.com/ + job_workflow_ref */
    MF_ISSUER_GITLAB_PIPELINE  /* SAN URI = https:// + ci_config_ref_uri */
};

struct verified_identity {
    enum san_kind san_kind; /* MF_SAN_EMAIL, MF_SAN_URI or MF_SAN_OTHER_NAME */
    struct span san;        /* printable ASCII for email and URI, UTF-8 for the other name */
    struct span challenge;  /* the message whose signature proves possession of the key */
    struct span issuer;     /* iss */
    struct span subject;    /* sub */
    struct span jti;        /* empty when the token has none */
    int64_t issued_at_s;    /* iat */
    int64_t expires_at_s;   /* exp */
    enum issuer_type type;
    /* What goes behind the SAN, in the order of the certificate: .1, .2 ... .24; no empty value. */
    struct fulcio_value extensions[MF_FULCIO_LAST];
    size_t extension_count;
    struct buf text; /* owns the bytes of all spans above */
};

/* Frees and zeroes; may run twice. */
void mf_verified_identity_done(struct verified_identity *identity);

/* "email", "uri", "username", "github-workflow", "gitlab-pipeline". */
const char *mf_issuer_type_name(enum issuer_type type);
MF_MUST_USE bool mf_issuer_type_parse(struct span name, enum issuer_type *out, struct err *err);

#endif
