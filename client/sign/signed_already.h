/* Signed already: a bundle that is there and needs no second signing. */
#ifndef MF_CLIENT_SIGN_SIGNED_ALREADY_H
#define MF_CLIENT_SIGN_SIGNED_ALREADY_H

#include "client/bundle/artifact.h"
#include "client/token/token_source.h"
#include "client/trust/trusted_root.h"

struct signed_question {
    const char *file, *bundle_path;
    const struct artifact *artifact; /* the file's SHA-256; read again for a bundle of another */
    const struct token_claims *token;
    const struct trusted_root *root;
};

/* The bundle must verify in full for the file, and be by the identity that this token gives (see
 * token_match.h).
 *   log_index  of its entry
 *   err        why it does not count */
MF_MUST_USE bool mf_signed_already(struct crypto *c, const struct signed_question *ask,
                                   int64_t *log_index, struct err *err);

#endif
