#include "common/codec/json.h"
#include "tests/support/suite.h"

START_TEST(written_text_reads_back_the_same)
{
    MF_SCOPED(mf_buf_done) struct buf raw = {.max = 1000};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1000};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};
    struct span s;

    for (unsigned c = 1; c < 0x80; c++)
        mf_ck_ok(mf_buf_append_byte(&raw, (uint8_t)c, &err), err);
    mf_ck_ok(mf_buf_append_str(&raw, "\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80", &err), err);
    struct json_writer w = mf_json_writer(&text, &err);
    mf_json_begin_object(&w);
    mf_json_member_put(&w, "text", mf_buf_span(&raw));
    mf_json_end_object(&w);
    mf_ck_ok(mf_json_written(&w), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err), err);
    mf_ck_ok(mf_json_member_string(mf_json_root(doc), "text", &s, &err), err);
    ck_assert(mf_span_eq(s, mf_buf_span(&raw)));
}
END_TEST

static void write_all_kinds(struct json_writer *w)
{
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "a\"", "x\n");
    mf_json_member_put_int(w, "i", INT64_MIN);
    mf_json_member_put_bool(w, "t", true);
    mf_json_member_put_base64(w, "b", MF_SPAN("hi"));
    mf_json_key(w, "l");
    mf_json_begin_array(w);
    mf_json_put_null(w);
    mf_json_put_int_string(w, 5);
    mf_json_begin_array(w);
    mf_json_end_array(w);
    mf_json_put_raw(w, MF_SPAN("{\"r\":1}"));
    mf_json_end_array(w);
    mf_json_key(w, "o");
    mf_json_begin_object(w);
    mf_json_end_object(w);
    mf_json_end_object(w);
}

START_TEST(writer_keeps_commas_and_lines_right)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1000};
    struct err err = {0};

    struct json_writer w = mf_json_writer(&text, &err);
    write_all_kinds(&w);
    mf_ck_ok(mf_json_written(&w), err);
    ck_assert(mf_span_is(mf_buf_span(&text),
                         "{\"a\\\"\":\"x\\n\",\"i\":-9223372036854775808,\"t\":true,\"b\":\"aGk=\","
                         "\"l\":[null,\"5\",[],{\"r\":1}],\"o\":{}}"));
    text.n = 0;
    w = mf_json_pretty_writer(&text, &err);
    write_all_kinds(&w);
    mf_ck_ok(mf_json_written(&w), err);
    ck_assert(mf_span_is(mf_buf_span(&text),
                         "{\n  \"a\\\"\": \"x\\n\",\n  \"i\": -9223372036854775808,\n"
                         "  \"t\": true,\n  \"b\": \"aGk=\",\n  \"l\": [\n    null,\n    \"5\",\n"
                         "    [],\n    {\"r\":1}\n  ],\n  \"o\": {}\n}"));
}
END_TEST

START_TEST(writer_fails_once_and_stays_failed)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 8};
    struct err err = {0};

    struct json_writer w = mf_json_writer(&text, &err);
    write_all_kinds(&w);
    mf_ck_refused(mf_json_written(&w), err, "larger than 8 bytes");

    static const struct span bad[] = {MF_SPAN_INIT("\xff"), MF_SPAN_INIT("a\0b")};
    static const char *const messages[] = {"malformed UTF-8", "U+0000"};
    for (size_t i = 0; i < MF_LEN(bad); i++) {
        mf_err_clear(&err);
        text.n = 0;
        w = mf_json_writer(&text, &err);
        mf_json_put_string(&w, bad[i]);
        mf_ck_refused(mf_json_written(&w), err, messages[i]);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("json_writer");
    TCase *all = tcase_create("writer");

    tcase_add_test(all, written_text_reads_back_the_same);
    tcase_add_test(all, writer_keeps_commas_and_lines_right);
    tcase_add_test(all, writer_fails_once_and_stays_failed);
    suite_add_tcase(suite, all);
    return suite;
}
