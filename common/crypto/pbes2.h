/* Encryption under a passphrase: PKCS#8 EncryptedPrivateKeyInfo with PBES2.
 * Sources: RFC 5958 section 3, RFC 8018 A.4, RFC 7914 section 7.
 *
 * Plain bytes pass only through struct secret. Reads PBKDF2 (HMAC with SHA-1, 256, 384 or 512) and
 * scrypt with AES-128-CBC or AES-256-CBC, within bounds of work; writes PBKDF2 with HMAC-SHA-256
 * and AES-256-CBC, which every OpenSSL reads. */
#ifndef MF_COMMON_CRYPTO_PBES2_H
#define MF_COMMON_CRYPTO_PBES2_H

#include "common/base/buf.h"
#include "common/base/secret.h"
#include "common/crypto/crypto.h"

enum {
    MF_PBES2_ITERATIONS = 600000,       /* written */
    MF_PBES2_ITERATIONS_MAX = 10000000, /* read */
    MF_PBES2_PLAIN_MAX = 16 * 1024,     /* bytes */
};

/* *out is written only on success. A wrong passphrase is MF_ERR_FORMAT, as damage is: the format
 * cannot tell them apart, and now and then decrypts to nonsense instead. */
MF_MUST_USE bool mf_pbes2_decrypt(struct crypto *c, struct span der,
                                  const struct secret *passphrase, struct secret *out,
                                  struct err *err);
/* Appends the DER to *out. */
MF_MUST_USE bool mf_pbes2_encrypt(struct crypto *c, const struct secret *plain,
                                  const struct secret *passphrase, struct buf *out,
                                  struct err *err);

#endif
