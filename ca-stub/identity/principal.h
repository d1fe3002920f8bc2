/* Principal: whom a verified token stands for, as the certificate will say it.
 * Source: Fulcio, "OID information" and the identity rules of each issuer type. */
#ifndef MF_CA_IDENTITY_PRINCIPAL_H
#define MF_CA_IDENTITY_PRINCIPAL_H

#include "ca-stub/identity/claims.h"
#include "client/identity/fulcio_names.h"
#include "common/x509/cert.h"

enum { MF_PRINCIPAL_TEXT_MAX = 16 * 1024 }; /* bytes of all texts of a principal together */

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

/* From claims that were verified and checked.
 * Reasons: CLAIM_MISSING:name, CLAIM_TYPE:name, EMAIL_UNVERIFIED, SUBJECT_INVALID, TRUST_DOMAIN. */
MF_MUST_USE bool mf_principal_build(const struct claims *claims, const struct issuer *issuer,
                                    struct verified_identity *out, struct refusal *why);

#endif
