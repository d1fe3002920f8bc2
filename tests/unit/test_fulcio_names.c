#include "client/identity/fulcio_names.h"
#include "common/base/file.h"
#include "common/codec/der.h"
#include "tests/support/suite.h"

START_TEST(names_numbers_and_oids_agree)
{
    uint8_t oid[MF_FULCIO_OID_LEN];
    char dotted[64], expected[64];

    for (unsigned n = 1; n <= MF_FULCIO_LAST; n++) {
        if (n == MF_FULCIO_OTHER_NAME)
            continue;
        ck_assert_ptr_nonnull(mf_fulcio_name(n));
        ck_assert_ptr_nonnull(mf_fulcio_title(n));
        ck_assert_uint_eq(mf_fulcio_number(mf_span_str(mf_fulcio_name(n))), n);
        mf_fulcio_oid(n, oid);
        ck_assert_uint_eq(mf_fulcio_number_of_oid(MF_SPAN_OF(oid)), n);
        mf_der_oid_text(MF_SPAN_OF(oid), dotted, sizeof dotted);
        snprintf(expected, sizeof expected, "1.3.6.1.4.1.57264.1.%u", n);
        ck_assert_str_eq(dotted, expected);
        ck_assert_int_eq(mf_fulcio_is_raw(n), n <= 6);
    }
}
END_TEST

/* They are what --require takes: part of the command's interface. */
START_TEST(the_manual_lists_each_name)
{
    MF_SCOPED(mf_buf_done) struct buf page = {0};
    struct err err = {0};
    char listed[64];

    mf_ck_ok(mf_file_read(MF_SOURCE_ROOT "/docs/man/mayfly-verify.1.scd", 1 << 16, &page, &err),
             err);
    for (unsigned n = 1; n <= MF_FULCIO_LAST; n++) {
        if (n == MF_FULCIO_OTHER_NAME)
            continue;
        snprintf(listed, sizeof listed, "_%s_", mf_fulcio_name(n));
        ck_assert_msg(memmem(page.p, page.n, listed, strlen(listed)) != NULL, "no %s", listed);
    }
}
END_TEST

START_TEST(numbers_outside_of_the_table_name_nothing)
{
    static const unsigned numbers[] = {0, MF_FULCIO_OTHER_NAME, MF_FULCIO_LAST + 1, 127, 1000};
    uint8_t oid[MF_FULCIO_OID_LEN];

    for (size_t i = 0; i < MF_LEN(numbers); i++) {
        ck_assert_ptr_null(mf_fulcio_name(numbers[i]));
        ck_assert_ptr_null(mf_fulcio_title(numbers[i]));
        ck_assert(!mf_fulcio_is_raw(numbers[i]));
    }
    mf_fulcio_oid(MF_FULCIO_ISSUER, oid);
    oid[sizeof oid - 1] = MF_FULCIO_OTHER_NAME;
    ck_assert_uint_eq(mf_fulcio_number_of_oid(MF_SPAN_OF(oid)), 0);
    oid[sizeof oid - 1] = MF_FULCIO_ISSUER;
    oid[sizeof oid - 2] = 2; /* the arc of another use */
    ck_assert_uint_eq(mf_fulcio_number_of_oid(MF_SPAN_OF(oid)), 0);
    ck_assert_uint_eq(mf_fulcio_number_of_oid(mf_span_first(MF_SPAN_OF(oid), 9)), 0);
    ck_assert_uint_eq(mf_fulcio_number(MF_SPAN("Issuer")), 0);
    ck_assert_uint_eq(mf_fulcio_number(MF_SPAN("")), 0);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    static const unsigned numbers[] = {MF_FULCIO_ISSUER_V1, MF_FULCIO_ISSUER};

    for (size_t i = 0; i < MF_LEN(numbers); i++) {
        MF_SCOPED(mf_buf_done) struct buf out = {.max = 64};
        struct fulcio_value value = {numbers[i], MF_SPAN("https://x.example")};
        struct span back;
        struct err err = {0};
        mf_ck_ok(mf_fulcio_value_write(&value, &out, &err), err);
        ck_assert_uint_eq(out.n, mf_fulcio_is_raw(numbers[i]) ? 17 : 19);
        mf_ck_ok(mf_fulcio_value_read(numbers[i], mf_buf_span(&out), &back, &err), err);
        ck_assert(mf_span_eq(back, value.value));
    }
}
END_TEST

static const struct {
    unsigned number;
    struct span value;
    const char *message;
} refused[] = {
    {MF_FULCIO_ISSUER_V1, MF_SPAN_INIT(""), ".1.1 (Issuer (deprecated)): value is empty"},
    {MF_FULCIO_GITHUB_REF, MF_SPAN_INIT("a\0b"), "value has a NUL byte"},
    {MF_FULCIO_GITHUB_REF, MF_SPAN_INIT("a\xC0\x80"), "value is not UTF-8"},
    {MF_FULCIO_ISSUER, MF_SPAN_INIT("\x0C\x00"), "value is empty"},
    {MF_FULCIO_ISSUER,
     MF_SPAN_INIT("\x0C\x02"
                  "a\x00"),
     "value has a NUL byte"},
    {MF_FULCIO_ISSUER,
     MF_SPAN_INIT("\x0C\x01"
                  "ab"),
     ".1.8 (Issuer)"},
    {MF_FULCIO_ISSUER,
     MF_SPAN_INIT("\x0C\x02"
                  "a"),
     ".1.8 (Issuer)"},
    {MF_FULCIO_ISSUER,
     MF_SPAN_INIT("\x13\x01"
                  "a"),
     ".1.8 (Issuer)"},
    {MF_FULCIO_ISSUER, MF_SPAN_INIT("https://x.example"), ".1.8 (Issuer)"},
    {MF_FULCIO_ISSUER, MF_SPAN_INIT("\x0C\x01\xFF"), "value is not UTF-8"},
};

START_TEST(refuses_values_that_two_readers_could_take_differently)
{
    struct span out = {0};
    struct err err = {0};

    mf_ck_refused(mf_fulcio_value_read(refused[_i].number, refused[_i].value, &out, &err), err,
                  refused[_i].message);
    ck_assert_ptr_null(out.p);
}
END_TEST

START_TEST(refuses_to_write_what_it_would_not_read)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 64};
    struct err err = {0};

    mf_ck_refused(mf_fulcio_value_write(
                      &(struct fulcio_value){refused[_i].number, refused[_i].value}, &out, &err),
                  err, "value ");
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("fulcio_names");
    TCase *table = tcase_create("table");
    TCase *values = tcase_create("values");

    tcase_add_test(table, names_numbers_and_oids_agree);
    tcase_add_test(table, the_manual_lists_each_name);
    tcase_add_test(table, numbers_outside_of_the_table_name_nothing);
    suite_add_tcase(suite, table);
    tcase_add_test(values, what_is_written_is_read_back);
    tcase_add_loop_test(values, refuses_values_that_two_readers_could_take_differently, 0,
                        MF_LEN(refused));
    tcase_add_loop_test(values, refuses_to_write_what_it_would_not_read, 0, 3);
    suite_add_tcase(suite, values);
    return suite;
}
