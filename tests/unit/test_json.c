#include <dirent.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/codec/json.h"
#include "tests/support/suite.h"

/* Fixtures: names that begin with y_ are JSON, with n_ are not, with i_ are for a reader to decide.
 *
 * Decided: text in another encoding than UTF-8, a byte order mark, malformed UTF-8 and lone
 * surrogates are refused, since RFC 8259 sections 8.1 and 8.2 call the outcome unpredictable.
 * Numbers beyond what a double holds are text that the grammar allows: the document is accepted
 * and mf_json_int64 refuses the number. 500 arrays are deeper than any limit of ours. */
static const struct {
    const char *name;
    bool accepted;
} decided[] = {
    {"i_number_double_huge_neg_exp.json", true},
    {"i_number_huge_exp.json", true},
    {"i_number_neg_int_huge_exp.json", true},
    {"i_number_pos_double_huge_exp.json", true},
    {"i_number_real_neg_overflow.json", true},
    {"i_number_real_pos_overflow.json", true},
    {"i_number_real_underflow.json", true},
    {"i_number_too_big_neg_int.json", true},
    {"i_number_too_big_pos_int.json", true},
    {"i_number_very_big_negative_int.json", true},
    /* Grammar, but: readers differ on which of two equal names counts (section 4), and a C string
     * ends at U+0000 (section 9 lets a reader limit the characters of strings). */
    {"y_object_duplicated_key.json", false},
    {"y_object_duplicated_key_and_value.json", false},
    {"y_object_escaped_null_in_key.json", false},
    {"y_string_null_escape.json", false},
};

static bool is_to_be_accepted(const char *name)
{
    for (size_t i = 0; i < MF_LEN(decided); i++)
        if (strcmp(name, decided[i].name) == 0)
            return decided[i].accepted;
    return name[0] == 'y';
}

static void check_fixture(const char *dir, const char *name)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    char path[512];
    struct err err = {0};
    int64_t v = 0;

    mf_ck_ok(mf_path_join(dir, name, path, sizeof path, &err), err);
    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    bool accepted = mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err);
    ck_assert_msg(accepted == is_to_be_accepted(name), "%s: %s", name,
                  accepted ? "accepted" : err.what);
    if (!accepted) {
        ck_assert_msg(err.what[0] != '\0' && doc == NULL, "%s", name);
        ck_assert_msg(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT, "%s", name);
    } else if (name[0] == 'i') {
        ck_assert_msg(!mf_json_int64(mf_json_at(mf_json_root(doc), 0), &v, &err), "%s", name);
    }
}

START_TEST(decides_fixtures_of_the_json_test_suite)
{
    const char *fixtures = mf_fixtures();
    char dir[512];
    struct err err = {0};
    size_t counts[3] = {0}; /* y, n, i */

    mf_ck_ok(mf_path_join(fixtures, "json", dir, sizeof dir, &err), err);
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        const char *kinds = "yni";
        const char *kind = strchr(kinds, e->d_name[0]);
        if (kind == NULL || e->d_name[1] != '_')
            continue;
        counts[kind - kinds]++;
        check_fixture(dir, e->d_name);
    }
    closedir(d);
    ck_assert_uint_ge(counts[0], 95);
    ck_assert_uint_ge(counts[1], 187);
    ck_assert_uint_ge(counts[2], 35);
}
END_TEST

static const struct json_limits small = {.bytes = 100, .depth = 3, .nodes = 6};
static const struct json_limits commented = {
    .bytes = 200, .depth = 3, .nodes = 6, .comments = true};

#define REFUSED(text, message)               \
    {                                        \
        MF_SPAN_INIT(text), &small, message, \
    }

static const struct {
    struct span text;
    const struct json_limits *limits;
    const char *message;
} refused[] = {
    REFUSED("", "the text is empty"),
    REFUSED(" ", "line 1, column 2: expected a value"),
    REFUSED("{}x", "line 1, column 3: something follows the value"),
    REFUSED("\xef\xbb\xbf{}", "column 1: expected a value"),
    REFUSED("{\"a\":1,}", "expected a member's name"),
    REFUSED("{\"a\" 1}", "expected a colon"),
    REFUSED("{\"a\":1 \"b\":2}", "expected ',' or '}'"),
    REFUSED("{\"a\":1]", "expected ',' or '}'"),
    REFUSED("[1}", "expected ',' or ']'"),
    REFUSED("{\"a\":1", "an object has no end"),
    REFUSED("[1", "an array has no end"),
    REFUSED("[1,]", "expected a value"),
    REFUSED("[\n01]", "line 2, column 3: a number has a leading zero"),
    REFUSED("[-]", "a number has no digits"),
    REFUSED("[1.]", "no digits after its point"),
    REFUSED("[1e+]", "no digits in its exponent"),
    REFUSED("[+1]", "expected a value"),
    REFUSED("[nul]", "expected a value"),
    REFUSED("[\"\t\"]", "a string holds a control character"),
    REFUSED("[\"a\0b\"]", "a string holds a control character"),
    REFUSED("[\"\\u0000\"]", "a string holds U+0000"),
    REFUSED("{\"a\\u0000b\":1}", "a string holds U+0000"),
    REFUSED("[\"\\ud800\"]", "a string holds a lone surrogate"),
    REFUSED("[\"\\ud800\\u0041\"]", "a string holds a lone surrogate"),
    REFUSED("[\"\\udc00\\ud800\"]", "a string holds a lone surrogate"),
    REFUSED("[\"\\ud8\"]", "four hexadecimal digits"),
    REFUSED("[\"\\x41\"]", "unknown escape"),
    REFUSED("[\"\\", "a string has no end"),
    REFUSED("[\"abcdefghijklmnop", "a string has no end"),
    REFUSED("[\"\xc0\xaf\"]", "malformed UTF-8"),
    REFUSED("[\"\xed\xa0\x80\"]", "malformed UTF-8"),
    REFUSED("{}\0", "something follows the value"),
    REFUSED("{\"a\":1,\"b\":2,\"a\":3}", "member \"a\" is there twice"),
    REFUSED("{\"a\":1,\"\\u0061\":2}", "member \"a\" is there twice"),
    REFUSED("[{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}]", "is there twice"),
    REFUSED("{\"\":1,\"\":2}", "member \"\" is there twice"),
    REFUSED("[[[[1]]]]", "line 1, column 4: deeper than 3 levels"),
    REFUSED("[1,2,3,4,5,6]", "line 1, column 12: more than 6 values"),
    REFUSED("[\"0123456789012345678901234567890123456789012345678901234567890123456789"
            "0123456789012345678901234567890123456789\"]",
            "larger than 100 bytes"),
    REFUSED("// no\n1", "expected a value"),
    {MF_SPAN_INIT("/* no */ 1"), &commented, "a comment begins with //"},
    {MF_SPAN_INIT("1 // yes\n/"), &commented, "line 2, column 1: a comment begins"},
};

START_TEST(refuses_what_two_readers_could_take_differently)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    mf_ck_refused(mf_json_parse(refused[_i].text, refused[_i].limits, &doc, &err), err,
                  refused[_i].message);
    ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(refuses_a_double_among_many_members)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 1 << 20};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&b, "{\"m7\":0", &err), err);
    for (int i = 0; i < 1023; i++)
        mf_ck_ok(mf_buf_printf(&b, &err, ",\"m%d\":%d", i == 7 ? 2000 : i, i), err);
    size_t distinct = b.n;
    mf_ck_ok(mf_buf_append_str(&b, "}", &err), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&b), &mf_json_file_limits, &doc, &err), err);
    ck_assert_uint_eq(mf_json_size(mf_json_root(doc)), 1024);
    mf_json_free(&doc);

    b.n = distinct;
    mf_ck_ok(mf_buf_append_str(&b, ",\"last\":0}", &err), err);
    mf_ck_refused(mf_json_parse(mf_buf_span(&b), &mf_json_file_limits, &doc, &err), err,
                  "more than 1024 members");
    mf_err_clear(&err);
    b.n = 7;
    for (int i = 0; i < 100; i++)
        mf_ck_ok(mf_buf_printf(&b, &err, ",\"m%d\":%d", i, i), err);
    mf_ck_ok(mf_buf_append_str(&b, "}", &err), err);
    mf_ck_refused(mf_json_parse(mf_buf_span(&b), &mf_json_file_limits, &doc, &err), err,
                  "member \"m7\" is there twice");
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t value;
} integers[] = {
    {"0", true, 0},
    {"9007199254740993", true, INT64_C(9007199254740993)},
    {"-9223372036854775808", true, INT64_MIN},
    {"9223372036854775807", true, INT64_MAX},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"-0", false, 0},
    {"1.0", false, 0},
    {"1e2", false, 0},
    {"4.9999999999999999999999", false, 0},
    {"0.00000000000000000000000000000000000000000000000000000000000000000000000001", false, 0},
    {"1111111111111111111111111111111111111111111111111111111111111111111111111", false, 0},
    {"\"12\"", true, 12},
    {"\"-12\"", true, -12},
    {"\"-9223372036854775808\"", true, INT64_MIN},
    {"\"9223372036854775807\"", true, INT64_MAX},
    {"\"9223372036854775808\"", false, 0},
    {"\"-0\"", false, 0},
    {"\"01\"", false, 0},
    {"\"+1\"", false, 0},
    {"\" 1\"", false, 0},
    {"\"\"", false, 0},
    {"\"-\"", false, 0},
    {"true", false, 0},
    {"null", false, 0},
    {"[1]", false, 0},
};

START_TEST(integers_are_exact_or_refused)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 200};
    struct err err = {0};
    int64_t v = 42;
    int64_t next = 0;

    /* The neighbours show that each number went to its own value. */
    mf_ck_ok(mf_buf_printf(&b, &err, "{\"a\":7,\"b\":%s,\"c\":-8}", integers[_i].text), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&b), &mf_json_file_limits, &doc, &err), err);
    const struct json_node *root = mf_json_root(doc);
    mf_ck_ok(mf_json_member_int64(root, "a", &next, &err), err);
    ck_assert_int_eq(next, 7);
    mf_ck_ok(mf_json_member_int64(root, "c", &next, &err), err);
    ck_assert_int_eq(next, -8);
    ck_assert_msg(mf_json_member_int64(root, "b", &v, &err) == integers[_i].good, "row %d", _i);
    ck_assert_int_eq(v, integers[_i].good ? integers[_i].value : 42);
    if (!integers[_i].good)
        ck_assert_str_eq(err.where, "b");
}
END_TEST

START_TEST(members_are_read_by_name_and_type)
{
    static const char text[] = "{\"s\":\"caf\\u00e9 \\ud83d\\ude00\",\"S\":1,\"t\":true,\"n\":null,"
                               "\"o\":{},\"l\":[1,[2],\"x\"],\"b\":\"AQI\"}";
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf bytes = {.max = 2};
    const struct json_node *node = NULL;
    struct err err = {0};
    struct span s;
    bool yes = false;

    mf_ck_ok(mf_json_parse(MF_SPAN(text), &mf_json_request_limits, &doc, &err), err);
    mf_json_wipe_on_free(doc);
    const struct json_node *root = mf_json_root(doc);
    mf_ck_ok(mf_json_member_string(root, "s", &s, &err), err);
    ck_assert(mf_span_is(s, "caf\xc3\xa9 \xf0\x9f\x98\x80"));
    mf_ck_ok(mf_json_member_bool(root, "t", &yes, &err), err);
    ck_assert(yes);
    ck_assert_ptr_null(mf_json_get(root, "n"));
    ck_assert_ptr_null(mf_json_get(root, "T"));
    ck_assert_ptr_null(mf_json_get(NULL, "n"));
    mf_ck_ok(mf_json_member_object(root, "o", &node, &err), err);
    ck_assert_uint_eq(mf_json_size(node), 0);
    mf_ck_ok(mf_json_member_array(root, "l", &node, &err), err);
    ck_assert_uint_eq(mf_json_size(node), 3);
    ck_assert(mf_json_is_array(mf_json_at(node, 1)));
    ck_assert(mf_json_is_string(mf_json_at(node, 2)));
    ck_assert_ptr_null(mf_json_at(node, 3));
    ck_assert_ptr_null(mf_json_at(root, 0));
    ck_assert_str_eq(mf_json_name(mf_json_next(root, NULL)), "s");
    ck_assert_str_eq(mf_json_name(root), "");
    mf_ck_ok(mf_json_member_bytes(root, "b", &bytes, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&bytes), "\x01\x02"));
}
END_TEST

START_TEST(wrong_types_say_what_was_expected)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    const struct json_node *node = NULL;
    struct err err = {0};
    struct span s;
    bool yes = false;
    int64_t v = 0;

    mf_ck_ok(mf_json_parse(MF_SPAN("{\"n\":1,\"s\":\"!\"}"), &small, &doc, &err), err);
    const struct json_node *root = mf_json_root(doc);
    mf_ck_refused(mf_json_member_string(root, "n", &s, &err), err, "n: is a number, not a string");
    mf_err_clear(&err);
    mf_ck_refused(mf_json_member_string(root, "x", &s, &err), err,
                  "x: is missing, expected a string");
    mf_err_clear(&err);
    mf_ck_refused(mf_json_member_bool(root, "n", &yes, &err), err, "n: is a number, not true");
    mf_err_clear(&err);
    mf_ck_refused(mf_json_member_int64(root, "s", &v, &err), err, "s: is no plain integer");
    mf_err_clear(&err);
    mf_ck_refused(mf_json_member_object(root, "s", &node, &err), err, "s: is not an object");
    mf_err_clear(&err);
    mf_ck_refused(mf_json_member_array(root, "x", &node, &err), err, "x: is missing, expected an");
}
END_TEST

START_TEST(unknown_members_are_named_with_the_nearest)
{
    static const char *const names[] = {"listen", "log_key", "origin", NULL};
    static const char *const none[] = {NULL};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    mf_ck_ok(mf_json_parse(MF_SPAN("{\"origin\":1, // where\n \"log-key\":2}// end"), &commented,
                           &doc, &err),
             err);
    mf_ck_refused(mf_json_known_members(mf_json_root(doc), names, &err), err,
                  "unknown member \"log-key\": the nearest known one is \"log_key\"");
    mf_err_clear(&err);
    mf_ck_refused(mf_json_known_members(mf_json_root(doc), none, &err), err, "unknown member");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *reader = tcase_create("reader");

    tcase_add_test(reader, decides_fixtures_of_the_json_test_suite);
    tcase_add_loop_test(reader, refuses_what_two_readers_could_take_differently, 0,
                        MF_LEN(refused));
    tcase_add_test(reader, refuses_a_double_among_many_members);
    tcase_add_loop_test(reader, integers_are_exact_or_refused, 0, MF_LEN(integers));
    tcase_add_test(reader, members_are_read_by_name_and_type);
    tcase_add_test(reader, wrong_types_say_what_was_expected);
    tcase_add_test(reader, unknown_members_are_named_with_the_nearest);
    suite_add_tcase(suite, reader);
    return suite;
}
