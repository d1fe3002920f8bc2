/* Signer identity: who signed, as a certificate says it. Source: Fulcio, "OID information".
 *
 * Reads only; whether the certificate can be believed is the verifier's matter. */
#ifndef MF_CLIENT_IDENTITY_SIGNER_IDENTITY_H
#define MF_CLIENT_IDENTITY_SIGNER_IDENTITY_H

#include "client/identity/fulcio_names.h"
#include "common/x509/cert.h"

struct signer_identity { /* all spans borrow from the certificate's DER */
    struct san san;      /* the only subject alternative name: email, URI or Fulcio's other name */
    struct span issuer;  /* of the token: extension .8, or .1 where .8 is absent; never empty */
    /* Text of extension .1.N at [N]; empty when the certificate has none. */
    struct span values[MF_FULCIO_LAST + 1];
};

/* MF_ERR_FORMAT names the extension: no name or several, a name of another kind, an empty one, one
 * with NUL or malformed UTF-8, an extension marked critical or badly encoded, no issuer, or .1 and
 * .8 that differ. Numbers above .24 are left for later tables. */
MF_MUST_USE bool mf_signer_identity_read(const struct cert *cert, struct signer_identity *out,
                                         struct err *err);

/* "email", "uri", "username": the name's kind, for messages and JSON. */
const char *mf_signer_identity_kind(const struct signer_identity *who);

#endif
