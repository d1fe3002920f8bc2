/* The signing certificate of a bundle made by others. */
#ifndef MF_TESTS_SUPPORT_FIXTURE_CERT_H
#define MF_TESTS_SUPPORT_FIXTURE_CERT_H

#include "common/base/buf.h"

/* DER of the certificate in conformance/bundle-verify/NAME/bundle.sigstore.json; empty, with a line
 * on stderr, where the fixtures are not there. The caller frees it. */
struct buf mf_fixture_cert(const char *name);

#endif
