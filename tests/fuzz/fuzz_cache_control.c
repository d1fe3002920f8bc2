/* What is kept is bounded and wins over nothing: a second line can only shorten it. */
#include "common/net/cache_control.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span value = {data, size};
    size_t cut = mf_span_find(value, '\n');
    struct span lines[] = {mf_span_first(value, cut),
                           mf_span_from(value, cut < value.n ? cut + 1 : cut)};
    struct cache_control first = {0};
    struct cache_control both = {0};

    mf_cache_control_read(lines[0], &first);
    mf_cache_control_read(lines[0], &both);
    mf_cache_control_read(lines[1], &both);
    mf_require(!first.refused || both.refused);
    mf_require(!both.refused || mf_cache_control_max_age(&both) == 0);
    mf_require(mf_cache_control_says(&both) || mf_cache_control_max_age(&both) == 0);
    if (first.limited)
        mf_require(mf_cache_control_max_age(&both) <= mf_cache_control_max_age(&first));
    return 0;
}
