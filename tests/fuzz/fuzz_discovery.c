/* Any document is refused with a message, or names keys at an address that was allowed. */
#include "ca-stub/identity/discovery.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = MF_URL_MAX};
    const struct issuer issuer = {
        .url = (char[]){"https://a.example"},
        .jwks_hosts = {.items = {(char[]){"keys.example:8443"}}, .count = 1},
    };
    struct url url;
    struct err err = {0};

    if (!mf_discovery_read(&issuer, (struct span){data, size}, &out, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && out.n == 0);
        return 0;
    }
    mf_require(mf_url_parse(mf_buf_span(&out), &url, &err) && url.https);
    mf_require((mf_span_is(url.host, "a.example") && url.port == 443) ||
               (mf_span_is(url.host, "keys.example") && url.port == 8443));
    return 0;
}
