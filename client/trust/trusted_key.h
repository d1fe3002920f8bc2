/* Public keys of the trust files: which of them we can use, as SubjectPublicKeyInfo. */
#ifndef MF_CLIENT_TRUST_TRUSTED_KEY_H
#define MF_CLIENT_TRUST_TRUSTED_KEY_H

#include "common/codec/json.h"

/* Reads {"rawBytes":..,"keyDetails":..}. PKCS#1 keys are wrapped into a SubjectPublicKeyInfo.
 * *usable is false for keyDetails that we do not know: one such log must not break the whole root.
 */
MF_MUST_USE bool mf_trusted_key_parse(const struct json_node *key, struct buf *spki, bool *usable,
                                      struct err *err);

#endif
