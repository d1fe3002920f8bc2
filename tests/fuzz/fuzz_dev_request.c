/* Any body is refused with a message, or gives claims that are one JSON object in which the
 * issuer's own members are the issuer's. */
#include "ca-stub/identity/dev_issuer_parts.h"
#include "common/codec/json.h"
#include "tests/support/fuzz.h"

static struct instant fixed_now(void *state)
{
    (void)state;
    return (struct instant){.s = 1764000000};
}

static uint64_t fixed_monotonic(void *state)
{
    (void)state;
    return 0;
}

static void check_claims(struct span claims)
{
    static const struct json_limits limits = {
        .bytes = MF_DEV_ISSUER_CLAIMS_MAX, .depth = 64, .nodes = 4096};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};
    struct span issuer = {0};
    int64_t expires = 0;

    mf_require(claims.n > 0 && claims.p[claims.n - 1] == '\0');
    mf_require(mf_json_parse(mf_span_first(claims, claims.n - 1), &limits, &doc, &err));
    const struct json_node *root = mf_json_root(doc);
    mf_require(mf_json_member_string(root, "iss", &issuer, &err));
    mf_require(mf_span_is(issuer, "http://127.0.0.1:1/x"));
    mf_require(mf_json_member_int64(root, "exp", &expires, &err));
    mf_require(expires > 1764000000 && expires <= 1764000000 + 86400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dev_issuer issuer = {.base_url = "http://127.0.0.1:1",
                                             .audience = "sigstore",
                                             .clock = {fixed_now, fixed_monotonic, NULL}};
    struct dev_request request = {0};
    struct err err = {0};

    if (!mf_dev_issuer_claims(&issuer, MF_SPAN("/x"), (struct span){data, size}, &request, &err)) {
        mf_require(err.what[0] != '\0' && err.code != MF_ERR_INTERNAL);
        mf_require(request.claims.p == NULL);
        return 0;
    }
    mf_require(request.alg == MF_JWS_ES256 || request.alg == MF_JWS_RS256);
    check_claims(mf_buf_span(&request.claims));
    mf_dev_issuer_claims_done(&request);
    return 0;
}
