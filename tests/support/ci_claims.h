/* Claims of build services' tokens, for tests. */
#ifndef MF_TESTS_SUPPORT_CI_CLAIMS_H
#define MF_TESTS_SUPPORT_CI_CLAIMS_H

#include "common/base/buf.h"

#define SHA        "c7b3dfb335f051e1c86bda4c716fac97df62ad81"
#define REPOSITORY "sigstore-conformance/extremely-dangerous-public-oidc-beacon"
#define FLOW       REPOSITORY "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"

struct member {
    const char *name;
    const char *value;
};

enum { MADE_GITHUB_CLAIMS = 19 }; /* with the null name at the end */

/* What GitHub's token for the conformance beacon said: with it Fulcio made the certificate in
 * happy-path-v0.3. */
extern const struct member made_github_claims[];
/* A job on gitlab.example; without runner_id, which is a number. */
extern const struct member made_gitlab_claims[];

/* The claims as JSON, with one of them replaced, added (at the end) or, by a null value, left out;
 * a value that begins with '\r' is JSON as it stands. */
void made_claims(const struct member *members, struct member changed, const char *more,
                 struct buf *out);

#endif
