/* Artifacts: a file's digests, or a digest given in place of a file. */
#ifndef MF_CLIENT_BUNDLE_ARTIFACT_H
#define MF_CLIENT_BUNDLE_ARTIFACT_H

#include "common/crypto/digest.h"

enum { MF_DIGESTS_ALL = 1 << MF_SHA256 | 1 << MF_SHA384 | 1 << MF_SHA512 };

struct artifact {
    bool has[3];                      /* by enum digest_alg: SHA-256, SHA-384, SHA-512 */
    uint8_t digest[3][MF_DIGEST_MAX]; /* likewise */
};

/* "sha256:HEX" (or sha384:, sha512:) of the right length; false with err untouched when the text is
 * not of that form, so that it can be taken as a file name. */
bool mf_artifact_from_text(const char *text, struct artifact *out);
/* Streams the file once through all the digests asked for (bits 1 << enum digest_alg), in constant
 * memory. The path is the error's place. */
MF_MUST_USE bool mf_artifact_read(struct crypto *c, const char *path, unsigned digests,
                                  struct artifact *out, struct err *err);
/* The same of bytes at hand. */
MF_MUST_USE bool mf_artifact_of(struct crypto *c, struct span bytes, unsigned digests,
                                struct artifact *out, struct err *err);
static inline struct span mf_artifact_digest(const struct artifact *a, enum digest_alg alg)
{
    return (struct span){a->digest[alg], a->has[alg] ? mf_digest_length(alg) : 0};
}

#endif
