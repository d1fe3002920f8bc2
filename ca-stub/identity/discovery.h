/* Discovery: from an issuer's name to the address of its keys.
 * Source: OpenID Connect Discovery 1.0, sections 3 and 4. */
#ifndef MF_CA_IDENTITY_DISCOVERY_H
#define MF_CA_IDENTITY_DISCOVERY_H

#include "ca-stub/identity/issuer.h"
#include "common/base/buf.h"

enum { MF_DISCOVERY_MAX = 64 * 1024 }; /* bytes of the document */

/* The document's address, without a NUL, appended to *out. */
MF_MUST_USE bool mf_discovery_url(const struct issuer *issuer, struct buf *out, struct err *err);

/* Reads the document; jwks_uri is appended to *out.
 * MF_ERR_FORMAT when its issuer is not this one byte for byte, or jwks_uri is neither on the
 * issuer's own host and port nor on one of its jwks_hosts ("host", or "host:port"). */
MF_MUST_USE bool mf_discovery_read(const struct issuer *issuer, struct span text, struct buf *out,
                                   struct err *err);

#endif
