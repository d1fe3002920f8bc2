/* The directory of a CA: its keys and certificates, made once and never overwritten.
 *
 *   root.key             signs the two below; not needed by serve: keep it elsewhere
 *   ca.key               issuing CA
 *   ca-chain.pem         issuing CA, root
 *   timestamp.key        timestamp authority
 *   timestamp-chain.pem  timestamp certificate, root
 */
#ifndef MF_CA_STUB_CERTIFICATE_CA_KEYS_H
#define MF_CA_STUB_CERTIFICATE_CA_KEYS_H

#include <limits.h>

#include "common/base/buf.h"
#include "common/crypto/key.h"
#include "common/x509/cert.h"

#define MF_CA_ROOT_KEY        "root.key"
#define MF_CA_KEY             "ca.key"
#define MF_CA_CHAIN           "ca-chain.pem"
#define MF_CA_TIMESTAMP_KEY   "timestamp.key"
#define MF_CA_TIMESTAMP_CHAIN "timestamp-chain.pem"

enum { MF_CA_CHAIN_FILE_MAX = 128 * 1024 }; /* bytes */

struct ca_init {
    const char *directory;                /* made when it is not there */
    const char *organization;             /* of all names */
    enum key_kind kind;                   /* MF_KEY_P256 or MF_KEY_P384 */
    const struct secret *root_passphrase; /* encrypts root.key; null leaves it plain, 0600 */
    const struct secret *passphrase;      /* for the other two; null likewise */
    int64_t now_s;
};

/* Makes everything, or, when one of the files is there already, nothing (MF_ERR_EXISTS). */
MF_MUST_USE bool mf_ca_keys_init(struct crypto *c, const struct ca_init *init, struct err *err);

struct ca_chain {        /* read-only after it was read */
    struct buf der[2];   /* leaf or issuing CA, root */
    struct cert cert[2]; /* views of der */
    struct buf pem;      /* the file's text as PEM blocks alone, first certificate first */
    struct public_key *key[2];
};

/* Reads a chain file and checks it: issuing CA (or timestamp certificate) first, root last, each
 * signed by the next, valid now, for the given extended key usage. MF_ERR_TRUST. */
MF_MUST_USE bool mf_ca_chain_read(struct crypto *c, const char *path, struct span purpose,
                                  struct instant now, struct ca_chain *out, struct err *err);
void mf_ca_chain_done(struct ca_chain *chain);

#endif
