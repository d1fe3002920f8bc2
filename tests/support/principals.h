/* From a token's claims to the identity of a certificate, and that as text. */
#ifndef MF_TESTS_SUPPORT_PRINCIPALS_H
#define MF_TESTS_SUPPORT_PRINCIPALS_H

#include "ca-stub/identity/principal.h"

bool build_principal(const struct issuer *issuer, const char *payload,
                     struct verified_identity *out, struct refusal *why);
/* "1=value\n8=value\n" in the order of the certificate, with a NUL at the end. */
void list_extensions(const struct verified_identity *id, struct buf *out);

#endif
