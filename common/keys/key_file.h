/* Private keys at rest: PKCS#8 PEM, plain or encrypted (PBES2). Source: RFC 5958, RFC 8018.
 *
 * Key bytes pass only through struct secret. Files are made 0600 and never overwritten; a file that
 * others may read is refused with the chmod that mends it, and so is what is no regular file: a
 * pipe or a device has no owner who alone may read it. */
#ifndef MF_COMMON_KEYS_KEY_FILE_H
#define MF_COMMON_KEYS_KEY_FILE_H

#include "common/crypto/key.h"

enum { MF_KEY_FILE_MAX = 16 * 1024 }; /* bytes */
enum { MF_PASSPHRASE_MAX = 1024 };    /* bytes */

/* passphrase may be null: then the file is plain (and reading an encrypted one says what to give).
 */
MF_MUST_USE bool mf_key_file_read(struct crypto *c, const char *path,
                                  const struct secret *passphrase, struct private_key **out,
                                  struct err *err);
MF_MUST_USE bool mf_key_file_create(struct crypto *c, const char *path,
                                    const struct private_key *key, const struct secret *passphrase,
                                    struct err *err);
/* A passphrase from a file under the same rules as a key; one line end at its end is dropped. */
MF_MUST_USE bool mf_key_file_passphrase(const char *path, struct secret *out, struct err *err);

#endif
