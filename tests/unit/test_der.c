#include "common/codec/der.h"
#include "common/codec/hex.h"
#include "tests/support/suite.h"

/* Hex to bytes in a static place: one value at a time. */
static struct span bytes_of(const char *hex)
{
    static uint8_t room[256];
    struct span text = mf_span_str(hex);
    struct err err = {0};

    mf_ck_ok(mf_hex_decode_exact(text, room, text.n / 2, &err), err);
    return (struct span){room, text.n / 2};
}

static const struct {
    const char *hex;
    const char *message;
} refused[] = {
    {"", "DER value is missing"},
    {"30", "DER value has no length"},
    {"3080", "DER length is indefinite"},
    {"308000000000", "DER length is indefinite"},
    {"308101", "DER length is not minimal"},
    {"30817f", "DER length is not minimal"},
    {"308200ff", "DER length is not minimal"},
    {"3082", "DER length is cut short"},
    {"3085000000000100", "DER length is larger than 4 bytes"},
    {"30ff", "DER length is larger than 4 bytes"},
    {"3001", "DER length 1 is past the end"},
    {"3084ffffffff00", "DER length 4294967295 is past the end"},
    {"1f8101", "DER tag number is above 30"},
    {"bf2200", "DER tag number is above 30"},
    {"0000", "DER tag is zero"},
    {"050100", "DER NULL has content"},
};

START_TEST(refuses_what_is_not_strict)
{
    struct span rest = bytes_of(refused[_i].hex);
    struct span before = rest;
    struct der_value v = {.tag = 42};
    struct err err = {0};

    mf_ck_refused(mf_der_next(&rest, &v, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert(rest.p == before.p && rest.n == before.n);
    ck_assert_uint_eq(v.tag, 42);
}
END_TEST

START_TEST(walks_values_one_by_one)
{
    struct span rest = bytes_of("3003020105"
                                "8100"
                                "0101ff");
    struct der_value v;
    struct span content, inner;
    struct err err = {0};
    bool yes = false;

    ck_assert_int_eq(mf_der_peek(rest), 0x30);
    mf_ck_ok(mf_der_next(&rest, &v, &err), err);
    ck_assert(v.tag == 0x30 && v.content.n == 3 && v.whole.n == 5 && v.whole.p + 2 == v.content.p);
    inner = v.content;
    mf_ck_ok(mf_der_take(&inner, MF_DER_INTEGER, &content, &err), err);
    mf_ck_ok(mf_der_end(inner, &err), err);
    ck_assert(!mf_der_take_optional(&rest, MF_DER_CONTEXT(0), &content, &err));
    ck_assert_int_eq(err.code, MF_OK);
    ck_assert(mf_der_take_optional(&rest, MF_DER_CONTEXT(1), &content, &err));
    ck_assert_uint_eq(content.n, 0);
    mf_ck_refused(mf_der_take(&rest, MF_DER_INTEGER, &content, &err), err,
                  "DER tag is 0x01, not 0x02");
    mf_err_clear(&err);
    mf_ck_refused(mf_der_end(rest, &err), err, "3 bytes follow the DER value");
    mf_err_clear(&err);
    mf_ck_ok(mf_der_take(&rest, MF_DER_BOOLEAN, &content, &err), err);
    mf_ck_ok(mf_der_boolean(content, &yes, &err), err);
    ck_assert(yes);
    ck_assert_int_eq(mf_der_peek(rest), -1);
    mf_ck_refused(mf_der_take(&rest, MF_DER_INTEGER, &content, &err), err,
                  "DER value with tag 0x02 is missing");
    mf_err_clear(&err);
    rest = bytes_of("020501");
    ck_assert(!mf_der_take_optional(&rest, MF_DER_INTEGER, &content, &err));
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
}
END_TEST

static const struct {
    const char *hex;
    bool good;
    uint64_t value;
    const char *message;
} integers[] = {
    {"00", true, 0, NULL},
    {"7f", true, 127, NULL},
    {"0080", true, 128, NULL},
    {"7fffffffffffffff", true, INT64_MAX, NULL},
    {"00ffffffffffffffff", true, UINT64_MAX, NULL},
    {"010000000000000000", false, 0, "larger than 64 bits"},
    {"", false, 0, "INTEGER is empty"},
    {"0001", false, 0, "INTEGER is not minimal"},
    {"0000", false, 0, "INTEGER is not minimal"},
    {"ff80", false, 0, "INTEGER is not minimal"},
    {"80", false, 0, "INTEGER is negative"},
    {"ff7f", false, 0, "INTEGER is negative"},
};

START_TEST(integers_are_minimal_and_not_negative)
{
    uint64_t v = 42;
    struct err err = {0};

    bool ok = mf_der_uint(bytes_of(integers[_i].hex), &v, &err);
    ck_assert_uint_eq(v, integers[_i].good ? integers[_i].value : 42);
    if (integers[_i].good)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err, integers[_i].message);
}
END_TEST

START_TEST(booleans_and_bit_strings_have_one_spelling)
{
    struct err err = {0};
    struct span bits;
    bool yes = true;

    mf_ck_refused(mf_der_boolean(bytes_of("01"), &yes, &err), err, "neither 00 nor FF");
    mf_err_clear(&err);
    mf_ck_refused(mf_der_boolean(bytes_of("ffff"), &yes, &err), err, "neither 00 nor FF");
    mf_err_clear(&err);
    mf_ck_ok(mf_der_boolean(bytes_of("00"), &yes, &err), err);
    ck_assert(!yes);
    mf_ck_refused(mf_der_bit_string(bytes_of(""), &bits, &err), err, "BIT STRING is empty");
    mf_err_clear(&err);
    mf_ck_refused(mf_der_bit_string(bytes_of("0180"), &bits, &err), err, "whole bytes");
    mf_err_clear(&err);
    mf_ck_ok(mf_der_bit_string(bytes_of("00aabb"), &bits, &err), err);
    ck_assert_uint_eq(bits.n, 2);
}
END_TEST

static const struct {
    const char *dotted;
    const char *hex;     /* null: refused */
    const char *message; /* of the refusal */
} oids[] = {
    {"1.2.840.113549", "2a864886f70d", NULL},
    {"2.5.29.15", "551d0f", NULL},
    {"0.0", "00", NULL},
    {"0.39", "27", NULL},
    {"1.0", "28", NULL},
    {"2.0", "50", NULL},
    {"2.999", "8837", NULL},
    {"1.3.2147483647", "2b87ffffff7f", NULL},
    {"2.2147483567", "87ffffff7f", NULL},
    {"2.2147483568", NULL, "second component that is too large"},
    {"1.3.2147483648", NULL, "component of 2^31 or more"},
    {"1.40", NULL, "second component that is too large"},
    {"3.1", NULL, "does not begin with 0, 1 or 2"},
    {"1", NULL, "does not begin with 0, 1 or 2"},
    {"", NULL, "no plain number"},
    {"1.", NULL, "ends in a dot"},
    {"1..2", NULL, "no plain number"},
    {"1.02", NULL, "no plain number"},
    {"1.2.a", NULL, "no plain number"},
    {"1.2.", NULL, "ends in a dot"},
    {"1.2 ", NULL, "no plain number"},
};

START_TEST(oids_go_both_ways)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 100};
    struct err err = {0};
    char text[64];

    bool ok = mf_der_oid_parse(mf_span_str(oids[_i].dotted), &out, &err);
    if (oids[_i].hex == NULL) {
        mf_ck_refused(ok, err, oids[_i].message);
        ck_assert_uint_eq(out.n, 0);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert(mf_span_eq(mf_buf_span(&out), bytes_of(oids[_i].hex)));
    mf_der_oid_text(mf_buf_span(&out), text, sizeof text);
    ck_assert_str_eq(text, oids[_i].dotted);
}
END_TEST

START_TEST(oid_text_is_cut_to_fit_and_says_malformed)
{
    char text[8];

    mf_der_oid_text(bytes_of("2a864886f70d"), text, sizeof text);
    ck_assert_str_eq(text, "1.2.840");
    mf_der_oid_text(bytes_of("2a80"), text, sizeof text);
    ck_assert_str_eq(text, "malform");
    mf_der_oid_text(bytes_of(""), text, sizeof text);
    ck_assert_str_eq(text, "malform");
    mf_der_oid_text(bytes_of("2affffffffffffffffff7f"), text, sizeof text);
    ck_assert_str_eq(text, "malform");
}
END_TEST

static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 70000};

START_TEST(written_values_read_back_at_every_length)
{
    MF_SCOPED(mf_buf_done) struct buf content = {.max = 100000};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 300000};
    struct err err = {0};
    size_t outer = 0, inner = 0;
    struct span rest, got;

    mf_ck_ok(mf_buf_reserve(&content, 70000, &err), err);
    memset(content.p, 0xa5, 70000);
    content.n = lengths[_i];
    mf_ck_ok(mf_der_begin(&b, MF_DER_SEQUENCE, &outer, &err), err);
    mf_ck_ok(mf_der_put(&b, MF_DER_OCTET_STRING, mf_buf_span(&content), &err), err);
    mf_ck_ok(mf_der_begin(&b, MF_DER_CONTEXT_CONSTRUCTED(3), &inner, &err), err);
    mf_ck_ok(mf_der_put_bits(&b, mf_buf_span(&content), &err), err);
    mf_ck_ok(mf_der_finish(&b, inner, &err), err);
    mf_ck_ok(mf_der_finish(&b, outer, &err), err);

    rest = mf_buf_span(&b);
    mf_ck_ok(mf_der_take(&rest, MF_DER_SEQUENCE, &got, &err), err);
    mf_ck_ok(mf_der_end(rest, &err), err);
    rest = got;
    mf_ck_ok(mf_der_take(&rest, MF_DER_OCTET_STRING, &got, &err), err);
    ck_assert(mf_span_eq(got, mf_buf_span(&content)));
    mf_ck_ok(mf_der_take(&rest, MF_DER_CONTEXT_CONSTRUCTED(3), &got, &err), err);
    mf_ck_ok(mf_der_end(rest, &err), err);
    rest = got;
    mf_ck_ok(mf_der_take(&rest, MF_DER_BIT_STRING, &got, &err), err);
    mf_ck_ok(mf_der_bit_string(got, &got, &err), err);
    ck_assert(mf_span_eq(got, mf_buf_span(&content)));
}
END_TEST

START_TEST(written_numbers_are_minimal)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 100};
    struct err err = {0};

    mf_ck_ok(mf_der_put_uint(&b, 0, &err), err);
    mf_ck_ok(mf_der_put_uint(&b, 127, &err), err);
    mf_ck_ok(mf_der_put_uint(&b, 128, &err), err);
    mf_ck_ok(mf_der_put_uint(&b, UINT64_MAX, &err), err);
    mf_ck_ok(mf_der_put_unsigned(&b, MF_SPAN("\0\0\x81"), &err), err);
    mf_ck_ok(mf_der_put_unsigned(&b, MF_SPAN("\0\0"), &err), err);
    mf_ck_ok(mf_der_put_boolean(&b, true, &err), err);
    mf_ck_ok(mf_der_put_boolean(&b, false, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&b),
                         bytes_of("02010002017f02020080020900ffffffffffffffff0202008102010001"
                                  "01ff010100")));
}
END_TEST

START_TEST(writer_stops_at_the_maximum)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 131};
    struct err err = {0};
    size_t mark = 0;
    uint8_t zeroes[128] = {0};

    mf_ck_ok(mf_der_begin(&b, MF_DER_SEQUENCE, &mark, &err), err);
    mf_ck_ok(mf_buf_append(&b, MF_SPAN_OF(zeroes), &err), err);
    mf_ck_ok(mf_der_finish(&b, mark, &err), err);
    ck_assert_uint_eq(b.n, 131);
    b.n = 0;
    b.max = 130;
    mf_ck_ok(mf_der_begin(&b, MF_DER_SEQUENCE, &mark, &err), err);
    mf_ck_ok(mf_buf_append(&b, MF_SPAN_OF(zeroes), &err), err);
    mf_ck_refused(mf_der_finish(&b, mark, &err), err, "larger than 130 bytes");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("der");
    TCase *reader = tcase_create("reader");
    TCase *writer = tcase_create("writer");

    tcase_add_loop_test(reader, refuses_what_is_not_strict, 0, MF_LEN(refused));
    tcase_add_test(reader, walks_values_one_by_one);
    tcase_add_loop_test(reader, integers_are_minimal_and_not_negative, 0, MF_LEN(integers));
    tcase_add_test(reader, booleans_and_bit_strings_have_one_spelling);
    tcase_add_loop_test(reader, oids_go_both_ways, 0, MF_LEN(oids));
    tcase_add_test(reader, oid_text_is_cut_to_fit_and_says_malformed);
    tcase_add_loop_test(writer, written_values_read_back_at_every_length, 0, MF_LEN(lengths));
    tcase_add_test(writer, written_numbers_are_minimal);
    tcase_add_test(writer, writer_stops_at_the_maximum);
    suite_add_tcase(suite, reader);
    suite_add_tcase(suite, writer);
    return suite;
}
