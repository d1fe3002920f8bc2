/* The canonical body's fixed text, between its values; for the files of this module only. */
#ifndef MF_TRANSPARENCY_ENTRY_HASHEDREKORD_TEMPLATE_H
#define MF_TRANSPARENCY_ENTRY_HASHEDREKORD_TEMPLATE_H

#include "common/codec/json.h"
#include "transparency/entry/hashedrekord.h"

/* {head}ALGORITHM{digest}BASE64{signature}BASE64{key_details}NAME{public_key | certificate}BASE64
 * {tail} */
extern const struct span mf_hashedrekord_head, mf_hashedrekord_digest, mf_hashedrekord_signature;
extern const struct span mf_hashedrekord_key_details, mf_hashedrekord_public_key;
extern const struct span mf_hashedrekord_certificate, mf_hashedrekord_tail;

/* The parts of a request that both its forms have. */
MF_MUST_USE bool mf_hashedrekord_read_verifier(const struct json_node *node, struct buf *storage,
                                               struct hashedrekord *out, struct err *err);
/* dsseRequestV002: see hashedrekord.h. */
MF_MUST_USE bool mf_hashedrekord_read_dsse(struct crypto *c, const struct json_node *node,
                                           struct buf *storage, struct hashedrekord *out,
                                           struct err *err);
/* Every value is there, of the right length, and allowed. */
MF_MUST_USE bool mf_hashedrekord_check(const struct hashedrekord *r, struct err *err);

#endif
