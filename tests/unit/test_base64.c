#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "tests/support/suite.h"

static const struct {
    enum base64_form form;
    struct span text;
    const char *bytes;   /* null: refused */
    const char *message; /* of the refusal */
} cases[] = {
    {MF_BASE64_STD, MF_SPAN_INIT(""), "", NULL},
    {MF_BASE64_STD, MF_SPAN_INIT("YQ=="), "a", NULL},
    {MF_BASE64_STD, MF_SPAN_INIT("YWI="), "ab", NULL},
    {MF_BASE64_STD, MF_SPAN_INIT("YWJj"), "abc", NULL},
    {MF_BASE64_STD, MF_SPAN_INIT("+/+/"), "\xfb\xff\xbf", NULL},
    {MF_BASE64_STD, MF_SPAN_INIT("YQ"), NULL, "base64 has 2 characters, no multiple of 4"},
    {MF_BASE64_STD, MF_SPAN_INIT("YQ="), NULL, "no multiple of 4"},
    {MF_BASE64_STD, MF_SPAN_INIT("Y==="), NULL, "character 2 is not base64"},
    {MF_BASE64_STD, MF_SPAN_INIT("===="), NULL, "character 1 is not base64"},
    {MF_BASE64_STD, MF_SPAN_INIT("YQ==YQ=="), NULL, "character 3 is not base64"},
    {MF_BASE64_STD, MF_SPAN_INIT("YR=="), NULL, "ends in bits that are not zero"},
    {MF_BASE64_STD, MF_SPAN_INIT("YWJ="), NULL, "ends in bits that are not zero"},
    {MF_BASE64_STD, MF_SPAN_INIT("-_-_"), NULL, "character 1 is not base64"},
    {MF_BASE64_STD, MF_SPAN_INIT("YW\nj"), NULL, "character 3 is not base64"},
    {MF_BASE64_STD, MF_SPAN_INIT("YWJjYWJ\xc3"), NULL, "character 8 is not base64"},
    {MF_BASE64_STD, MF_SPAN_INIT("YW\0j"), NULL, "character 3 is not base64"},
    {MF_BASE64_URL, MF_SPAN_INIT("-_-_"), "\xfb\xff\xbf", NULL},
    {MF_BASE64_URL, MF_SPAN_INIT("YQ"), "a", NULL},
    {MF_BASE64_URL, MF_SPAN_INIT("YWI"), "ab", NULL},
    {MF_BASE64_URL, MF_SPAN_INIT("Y"), NULL, "ends in the middle of a byte"},
    {MF_BASE64_URL, MF_SPAN_INIT("YQ=="), NULL, "character 3 is not base64"},
    {MF_BASE64_URL, MF_SPAN_INIT("+/+/"), NULL, "character 1 is not base64"},
    {MF_BASE64_URL, MF_SPAN_INIT("YR"), NULL, "ends in bits that are not zero"},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("-_-_"), "\xfb\xff\xbf", NULL},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("+/+/"), "\xfb\xff\xbf", NULL},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YQ"), "a", NULL},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YQ=="), "a", NULL},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YR"), "a", NULL},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YWI"), "ab", NULL},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("+_+_"), NULL, "character 1 is not base64"},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YQ="), NULL, "character 3 is not base64"},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("Y"), NULL, "ends in the middle of a byte"},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YQ ="), NULL, "character 3 is not base64"},
    {MF_BASE64_LENIENT, MF_SPAN_INIT("YQ==\n"), NULL, "ends in the middle of a byte"},
};

START_TEST(each_form_takes_its_own_spellings_only)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 100};
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&out, ">", &err), err);
    bool ok = mf_base64_decode(cases[_i].text, cases[_i].form, &out, &err);
    if (cases[_i].bytes == NULL) {
        mf_ck_refused(ok, err, cases[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_FORMAT);
        ck_assert_uint_eq(out.n, 1);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert_msg(mf_span_is(mf_span_from(mf_buf_span(&out), 1), cases[_i].bytes), "row %d", _i);
}
END_TEST

START_TEST(what_is_encoded_decodes_at_every_length)
{
    uint8_t bytes[260];
    uint8_t back[260];
    struct err err = {0};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        MF_SCOPED(mf_buf_done) struct buf text = {.max = mf_base64_length(n)};
        MF_SCOPED(mf_buf_done) struct buf url = {.max = mf_base64_length(n)};
        MF_SCOPED(mf_buf_done) struct buf out = {.max = n};
        struct span in = {bytes, n};

        mf_ck_ok(mf_base64_append(&text, in, &err), err);
        ck_assert_uint_eq(text.n, mf_base64_length(n));
        mf_ck_ok(mf_base64_decode_exact(mf_buf_span(&text), back, n, &err), err);
        ck_assert(mf_span_eq(in, (struct span){back, n}));
        mf_ck_ok(mf_base64_append_url(&url, in, &err), err);
        mf_ck_ok(mf_base64_decode(mf_buf_span(&url), MF_BASE64_URL, &out, &err), err);
        ck_assert(mf_span_eq(in, mf_buf_span(&out)));
        out.n = 0;
        mf_ck_ok(mf_base64_decode(mf_buf_span(&url), MF_BASE64_LENIENT, &out, &err), err);
        ck_assert(mf_span_eq(in, mf_buf_span(&out)));
    }
}
END_TEST

START_TEST(exact_lengths_are_exact)
{
    uint8_t out[3] = {7, 7, 7};
    MF_SCOPED(mf_buf_done) struct buf small = {.max = 2};
    struct err err = {0};

    mf_ck_refused(mf_base64_decode_exact(MF_SPAN("YWJjYQ=="), out, 3, &err), err,
                  "base64 has 8 characters, not 4");
    mf_err_clear(&err);
    mf_ck_refused(mf_base64_decode_exact(MF_SPAN("YWI="), out, 3, &err), err,
                  "base64 holds 2 bytes, not 3");
    mf_err_clear(&err);
    mf_ck_refused(mf_base64_decode_exact(MF_SPAN("YWJ!"), out, 3, &err), err, "character 4");
    ck_assert_uint_eq(out[0], 7);
    mf_err_clear(&err);
    mf_ck_refused(mf_base64_decode(MF_SPAN("YWJj"), MF_BASE64_STD, &small, &err), err,
                  "larger than 2 bytes");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

START_TEST(hexadecimal_is_lower_case_out_and_either_case_in)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 100};
    uint8_t out[4] = {0};
    char text[9];
    struct err err = {0};

    mf_hex_encode(MF_SPAN("\x00\x9f\xAb\xff"), text);
    ck_assert_str_eq(text, "009fabff");
    mf_ck_ok(mf_hex_append(&b, MF_SPAN("\x01\xfe"), &err), err);
    ck_assert(mf_span_is(mf_buf_span(&b), "01fe"));
    mf_ck_ok(mf_hex_decode_exact(MF_SPAN("009FabFf"), out, 4, &err), err);
    ck_assert(mf_span_eq(MF_SPAN_OF(out), MF_SPAN("\x00\x9f\xAb\xff")));
    mf_ck_refused(mf_hex_decode_exact(MF_SPAN("009fab"), out, 4, &err), err, "6 digits, not 8");
    mf_err_clear(&err);
    mf_ck_refused(mf_hex_decode_exact(MF_SPAN("009fabfg"), out, 4, &err), err,
                  "character 8 is no hexadecimal digit");
    mf_err_clear(&err);
    mf_ck_refused(mf_hex_decode_exact(MF_SPAN("0x9fabff"), out, 4, &err), err, "character 2");
    ck_assert_uint_eq(out[3], 0xff);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("base64");
    TCase *all = tcase_create("base64");

    tcase_add_loop_test(all, each_form_takes_its_own_spellings_only, 0, MF_LEN(cases));
    tcase_add_test(all, what_is_encoded_decodes_at_every_length);
    tcase_add_test(all, exact_lengths_are_exact);
    tcase_add_test(all, hexadecimal_is_lower_case_out_and_either_case_in);
    suite_add_tcase(suite, all);
    return suite;
}
