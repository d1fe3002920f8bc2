/* Any text is refused with a message, or becomes an ASCII URI that stays as it is when it is
 * written again. */
#include "ca-stub/identity/san_uri.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf once = {.max = 1 << 20};
    MF_SCOPED(mf_buf_done) struct buf twice = {.max = 1 << 20};
    const struct span text = {data, size};
    struct err err = {0};

    (void)mf_san_uri_is_part(text, (struct san_uri_part){.allow_hash = true});
    if (!mf_san_uri_write(text, &once, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && once.n == 0);
        return 0;
    }
    for (size_t i = 0; i < once.n; i++)
        mf_require(once.p[i] > 0x20 && once.p[i] < 0x7F);
    mf_require(mf_san_uri_write(mf_buf_span(&once), &twice, &err));
    mf_require(mf_span_eq(mf_buf_span(&once), mf_buf_span(&twice)));
    return 0;
}
