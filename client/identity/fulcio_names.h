/* Fulcio's certificate extensions: number, name and encoding of each, written down once for the CA
 * and for verifiers. Source: Fulcio, "OID information", arc 1.3.6.1.4.1.57264.1. */
#ifndef MF_CLIENT_IDENTITY_FULCIO_NAMES_H
#define MF_CLIENT_IDENTITY_FULCIO_NAMES_H

#include "common/base/buf.h"

enum fulcio_number {
    MF_FULCIO_ISSUER_V1 = 1, /* .1 to .6: the value's bare bytes; the others hold a UTF8String */
    MF_FULCIO_GITHUB_TRIGGER = 2,
    MF_FULCIO_GITHUB_SHA = 3,
    MF_FULCIO_GITHUB_NAME = 4,
    MF_FULCIO_GITHUB_REPOSITORY = 5,
    MF_FULCIO_GITHUB_REF = 6,
    MF_FULCIO_OTHER_NAME = 7, /* a type inside the SAN; never an extension */
    MF_FULCIO_ISSUER = 8,
    MF_FULCIO_BUILD_SIGNER_URI = 9,
    MF_FULCIO_BUILD_SIGNER_DIGEST = 10,
    MF_FULCIO_RUNNER_ENVIRONMENT = 11,
    MF_FULCIO_SOURCE_REPOSITORY_URI = 12,
    MF_FULCIO_SOURCE_REPOSITORY_DIGEST = 13,
    MF_FULCIO_SOURCE_REPOSITORY_REF = 14,
    MF_FULCIO_SOURCE_REPOSITORY_ID = 15,
    MF_FULCIO_SOURCE_OWNER_URI = 16,
    MF_FULCIO_SOURCE_OWNER_ID = 17,
    MF_FULCIO_BUILD_CONFIG_URI = 18,
    MF_FULCIO_BUILD_CONFIG_DIGEST = 19,
    MF_FULCIO_BUILD_TRIGGER = 20,
    MF_FULCIO_RUN_INVOCATION_URI = 21,
    MF_FULCIO_SOURCE_VISIBILITY = 22,
    MF_FULCIO_DEPLOYMENT_ENVIRONMENT = 23,
    MF_FULCIO_TOKEN_SUBJECT = 24
};
enum { MF_FULCIO_LAST = MF_FULCIO_TOKEN_SUBJECT };
enum { MF_FULCIO_OID_LEN = 10 }; /* bytes of OID content of .1.1 .. .1.24 */

/* One extension's value, as text. */
struct fulcio_value {
    unsigned number;   /* enum fulcio_number, never MF_FULCIO_OTHER_NAME */
    struct span value; /* UTF-8, 1 byte or more */
};

/* "build-signer-uri", as configuration and policy files write it; null for a number that names no
 * extension. */
const char *mf_fulcio_name(unsigned number);
/* "Build Signer URI", for people; null likewise. */
const char *mf_fulcio_title(unsigned number);
/* The number of a name ("build-signer-uri"), or 0. */
unsigned mf_fulcio_number(struct span name);
/* True for .1 to .6, whose value is bare bytes. */
bool mf_fulcio_is_raw(unsigned number);

/* OID content bytes of an extension; the number must name one. */
void mf_fulcio_oid(unsigned number, uint8_t out[static MF_FULCIO_OID_LEN]);
/* The number of an OID's content bytes, or 0 when it names no extension of the table. */
unsigned mf_fulcio_number_of_oid(struct span oid);

/* Appends what goes into the extension's OCTET STRING: bare bytes or a UTF8String.
 * MF_ERR_FORMAT for an empty value or one that is not UTF-8. */
MF_MUST_USE bool mf_fulcio_value_write(const struct fulcio_value *value, struct buf *out,
                                       struct err *err);
/* The reverse: *out borrows from extension_value. MF_ERR_FORMAT for another tag, trailing bytes, an
 * empty value, NUL or malformed UTF-8. */
MF_MUST_USE bool mf_fulcio_value_read(unsigned number, struct span extension_value,
                                      struct span *out, struct err *err);

#endif
