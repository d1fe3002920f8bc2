/* Bundles made by others, in conformance/bundle-verify. Without fixtures the test is skipped. */
#ifndef MF_TESTS_SUPPORT_FIXTURE_BUNDLE_H
#define MF_TESTS_SUPPORT_FIXTURE_BUNDLE_H

#include "common/codec/json.h"

/* NAME/FILE as JSON; the caller frees it. */
struct json *mf_fixture_json(const char *name, const char *file);
/* DER of the signing certificate in NAME/bundle.sigstore.json; the caller frees it. */
struct buf mf_fixture_cert(const char *name);

#endif
