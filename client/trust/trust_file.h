/* Trust files: a file of its own, or a part of a client trust configuration, which holds both.
 * Source: sigstore_trustroot.proto, ClientTrustConfig. */
#ifndef MF_CLIENT_TRUST_TRUST_FILE_H
#define MF_CLIENT_TRUST_TRUST_FILE_H

#include "common/codec/json.h"

enum { MF_TRUST_FILE_MAX = 4 * 1024 * 1024 }; /* bytes */

/* The object that text is or, in a client trust configuration, holds as the member `part`. *doc
 * owns it. Its mediaType must be among `types` (null at the end); `what` names the file meant. */
MF_MUST_USE bool mf_trust_file_parse(struct span text, const char *part, const char *const *types,
                                     const char *what, struct json **doc,
                                     const struct json_node **object, struct err *err);

#endif
