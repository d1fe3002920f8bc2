/* A time that is read is written as the same time, and in ASN.1 as the same text. */
#include "common/codec/timestamp.h"
#include "tests/support/fuzz.h"

static void refused(const struct err *err)
{
    mf_require(err->code == MF_ERR_FORMAT && err->what[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {data, size};
    struct instant t = {0}, again = {0};
    struct err err = {0};
    char rfc[MF_RFC3339_MAX], utc[14], generalized[16];

    if (mf_rfc3339_parse(text, &t, &err)) {
        mf_rfc3339_write(t, rfc);
        mf_require(mf_rfc3339_parse(mf_span_str(rfc), &again, &err));
        mf_require(mf_instant_cmp(t, again) == 0 && t.ns < 1000000000);
    } else {
        refused(&err);
    }
    mf_err_clear(&err);
    if (mf_utc_time_parse(text, &t, &err)) {
        mf_utc_time_write(t.s, utc);
        mf_require(mf_span_is(text, utc) && t.ns == 0);
    } else {
        refused(&err);
    }
    mf_err_clear(&err);
    if (mf_generalized_time_parse(text, &t, &err)) {
        mf_generalized_time_write(t.s, generalized);
        mf_require(t.ns == 0 ? mf_span_is(text, generalized)
                             : size > 15 && memcmp(data, generalized, 14) == 0);
    } else {
        refused(&err);
    }
    return 0;
}
