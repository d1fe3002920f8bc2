/* hashedrekord 0.0.2: the one entry of a Rekor v2 log. Its canonical body is the log's leaf.
 * Sources: rekor-tiles api/proto/rekor/v2, RFC 8785, proto3 JSON mapping. */
#ifndef MF_TRANSPARENCY_ENTRY_HASHEDREKORD_H
#define MF_TRANSPARENCY_ENTRY_HASHEDREKORD_H

#include "common/base/buf.h"
#include "transparency/entry/key_details.h"

enum { MF_HASHEDREKORD_BODY_MAX = 65535 };              /* bytes: one entry of a bundle */
enum { MF_HASHEDREKORD_REQUEST_MAX = 4 * 1024 * 1024 }; /* bytes; DSSE carries its payload */

struct hashedrekord {             /* spans borrow; whose, says the function that filled it in */
    enum key_details key_details; /* a permitted one */
    struct span digest;           /* raw; of the length of the hash in key_details */
    struct span signature;        /* raw, 1 byte or more */
    bool is_certificate;
    struct span verifier; /* DER certificate, or SubjectPublicKeyInfo */
};

/* Appends the canonical body, byte for byte as every Rekor v2 log has it. The digest must have the
 * length of key_details' hash and key_details must be permitted: MF_ERR_FORMAT. */
MF_MUST_USE bool mf_hashedrekord_print(const struct hashedrekord *r, struct buf *out,
                                       struct err *err);
/* Parses a canonical body; anything that printing would not give back is MF_ERR_FORMAT. *storage is
 * emptied and then holds the decoded bytes that *out borrows; max MF_HASHEDREKORD_BODY_MAX does. */
MF_MUST_USE bool mf_hashedrekord_parse_body(struct span body, struct buf *storage,
                                            struct hashedrekord *out, struct err *err);

/* Parses a request body of POST /api/v2/log/entries: hashedRekordRequestV002, or dsseRequestV002
 * with exactly one signature and verifier, which becomes a hashedrekord over the envelope's PAE.
 * *storage as above; its max should be that of the text. MF_ERR_FORMAT or MF_ERR_LIMIT. */
MF_MUST_USE bool mf_hashedrekord_parse_request(struct crypto *c, struct span json,
                                               struct buf *storage, struct hashedrekord *out,
                                               struct err *err);
/* Appends the JSON of a hashedRekordRequestV002. */
MF_MUST_USE bool mf_hashedrekord_write_request(const struct hashedrekord *r, struct buf *out,
                                               struct err *err);

/* A log's whole admission check: the key parses, key_details is the one its key is logged under
 * (upstream takes any of equal hash, which verifiers that rebuild the leaf then refuse), and the
 * signature verifies over the digest. MF_ERR_FORMAT or MF_ERR_REJECTED. Certificates are only
 * parsed: chain, dates and usage are the verifier's. */
MF_MUST_USE bool mf_hashedrekord_verify(struct crypto *c, const struct hashedrekord *r,
                                        struct err *err);

/* Appends DSSE's pre-authentication encoding: what an envelope's signature signs. */
MF_MUST_USE bool mf_hashedrekord_pae(struct span payload_type, struct span payload, struct buf *out,
                                     struct err *err);

#endif
