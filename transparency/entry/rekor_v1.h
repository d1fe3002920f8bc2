/* Entries of Rekor v1 logs, as their leaves hold them: hashedrekord 0.0.1, dsse 0.0.1, intoto
 * 0.0.2. Sources: rekor pkg/types/{hashedrekord,dsse,intoto}, their JSON schemas.
 *
 * Reads only: no log of ours takes such entries, but bundles made with one must verify for years.
 */
#ifndef MF_TRANSPARENCY_ENTRY_REKOR_V1_H
#define MF_TRANSPARENCY_ENTRY_REKOR_V1_H

#include "common/base/buf.h"
#include "common/crypto/digest.h"

enum { MF_REKOR_V1_BODY_MAX = 1024 * 1024 }; /* bytes; an intoto body may hold its payload */

enum rekor_v1_kind { MF_REKOR_V1_HASHEDREKORD, MF_REKOR_V1_DSSE, MF_REKOR_V1_INTOTO };

struct rekor_v1_body { /* spans borrow from `owned` */
    enum rekor_v1_kind kind;
    enum digest_alg digest_alg;
    struct span digest;       /* hashedrekord: of the artifact; else of the envelope's payload */
    struct span payload_type; /* intoto; empty in others */
    struct span signature;    /* raw: each layer of Base64 taken off */
    bool is_certificate;
    struct span verifier; /* DER certificate, or SubjectPublicKeyInfo, from the entry's PEM */
    struct buf owned;
};

/* Parses a body strictly: unknown members, other kinds (named), a second signature and damaged
 * encodings are MF_ERR_FORMAT with the member as place. The hash of the whole envelope, which
 * depends on how its signer spelled the JSON, is not read. Free with mf_rekor_v1_done. */
MF_MUST_USE bool mf_rekor_v1_parse_body(struct span body, struct rekor_v1_body *out,
                                        struct err *err);
void mf_rekor_v1_done(struct rekor_v1_body *body);

/* True for a kind and version, as a bundle's kindVersion or a body names them, that are read. */
bool mf_rekor_v1_kind(struct span kind, struct span version, enum rekor_v1_kind *out);

#endif
