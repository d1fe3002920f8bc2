/* What mayfly inspect can show: one function a kind. Each reads the whole of text, strictly, and
 * shows what it says without checking any of it. Errors are the parsers' own. */
#ifndef MF_CLIENT_CMD_INSPECT_KINDS_H
#define MF_CLIENT_CMD_INSPECT_KINDS_H

#include "client/cmd/inspect_view.h"
#include "common/x509/cert.h"

MF_MUST_USE bool mf_inspect_bundle(struct inspect_view *v, struct span text, struct err *err);
MF_MUST_USE bool mf_inspect_trusted_root(struct inspect_view *v, struct span text, struct err *err);
/* PEM blocks, or one in DER. */
MF_MUST_USE bool mf_inspect_certificates(struct inspect_view *v, struct span text, struct err *err);
/* A log's signed note. */
MF_MUST_USE bool mf_inspect_checkpoint(struct inspect_view *v, struct span text, struct err *err);
/* A log's JSON answer, the bytes of one, or a TLS list of them. */
MF_MUST_USE bool mf_inspect_sct(struct inspect_view *v, struct span text, struct err *err);
/* A JWT. Its signature is left out: with it, whoever reads what is shown could use the token. */
MF_MUST_USE bool mf_inspect_token(struct inspect_view *v, struct span text, struct err *err);

/* Whom a certificate names; nothing when it is not one of Fulcio's kind. */
void mf_inspect_identity(struct inspect_view *v, const struct cert *cert);
/* Its subject and issuer, serial number, times, key, fingerprint and SCTs. */
MF_MUST_USE bool mf_inspect_certificate(struct inspect_view *v, struct crypto *c,
                                        const struct cert *cert, struct err *err);

#endif
