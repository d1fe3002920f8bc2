/* List verifier: one artifact against a file of several bundles, a JSON document a line. */
#ifndef MF_CLIENT_VERIFY_LIST_VERIFIER_H
#define MF_CLIENT_VERIFY_LIST_VERIFIER_H

#include "client/verify/bundle_verifier.h"

enum { MF_BUNDLE_LIST_MAX = 64 * 1024 * 1024 }; /* bytes of the file */
enum { MF_BUNDLE_LINES_MAX = 1024 };            /* bundles in it */

struct list_verdict {
    struct bundle *bundle; /* owned: the one that `result` is about; null when none was tried */
    struct verification result;
    size_t line;       /* its line, from 1 */
    size_t others;     /* bundles before it that are about other artifacts, or did not verify */
    size_t unreadable; /* lines before it that are no bundle we can read */
};

/* Tries each bundle that is about the artifact, from the top, until one verifies: a list collects
 * what several signers said, so one that is not demanded is no fault of another. A bundle is about
 * the artifact when a subject of its statement, or its message digest, is the artifact, or when it
 * has no message digest.
 *
 *   text  lines; blank ones are passed over
 *   out   written also on failure; release with mf_list_verdict_done
 *   err   the first failure of a bundle about the artifact, or MF_ERR_REJECTED saying how many were
 *         looked at; the line is its place; MF_ERR_LIMIT for too many lines */
MF_MUST_USE bool mf_bundle_list_verify(struct crypto *c, struct span text,
                                       const struct verify_params *params, struct list_verdict *out,
                                       struct err *err);
void mf_list_verdict_done(struct list_verdict *verdict);

#endif
