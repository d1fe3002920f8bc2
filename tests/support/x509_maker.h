/* Certificates for tests, made by OpenSSL's own writer: independent of the code under test. */
#ifndef MF_TESTS_SUPPORT_X509_MAKER_H
#define MF_TESTS_SUPPORT_X509_MAKER_H

#include <openssl/evp.h>

#include "common/base/buf.h"

enum { MADE_EXTENSIONS_MAX = 12 };

struct made_extension {
    const char *name;  /* "keyUsage", "1.2.3.4" */
    const char *value; /* "critical,keyCertSign", "DER:05:00" */
};

struct made_cert {
    const char *subject; /* common name; null leaves the name empty */
    const char *issuer;  /* common name; null is the subject's: self-issued */
    int64_t not_before, not_after;
    bool version_1;                                        /* without extensions */
    struct made_extension extensions[MADE_EXTENSIONS_MAX]; /* ends at a null name */
};

/* Aborts the test on any failure. The caller frees the key with EVP_PKEY_free. */
EVP_PKEY *made_key(const char *curve);
/* Signed with SHA-256 by issuer_key; a fresh buffer. */
struct buf made_cert(const struct made_cert *want, EVP_PKEY *key, EVP_PKEY *issuer_key);

#endif
