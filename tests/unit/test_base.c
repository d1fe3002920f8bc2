#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "common/base/queue.h"
#include "common/base/secret.h"
#include "common/base/utf8.h"
#include "tests/support/suite.h"

START_TEST(error_reads_outermost_place_first)
{
    struct err err = {0};
    char said[800];

    mf_err_set(&err, MF_ERR_FORMAT, "tree size is not a number");
    mf_err_at(&err, "line %d", 2);
    mf_err_at(&err, "checkpoint");
    mf_err_hint(&err, "fetch it again");
    mf_err_render(&err, said, sizeof said);
    ck_assert_str_eq(said, "checkpoint: line 2: tree size is not a number: fetch it again");
}
END_TEST

START_TEST(error_escapes_what_could_drive_a_terminal)
{
    struct err err = {0};

    mf_err_set(&err, MF_ERR_FORMAT, "name is \x1b[31mred\n\xff\xe2\x80\xae caf\xc3\xa9");
    ck_assert_str_eq(err.what, "name is \\x1b[31mred\\x0a\\xff\\xe2\\x80\\xae caf\xc3\xa9");
}
END_TEST

START_TEST(error_of_the_system_has_its_own_codes)
{
    struct err err = {0};
    struct buf b = {0};

    ck_assert(!mf_file_read("/nonexistent/file", 10, &b, &err));
    ck_assert_int_eq(err.code, MF_ERR_NOT_FOUND);
    ck_assert_str_eq(err.where, "/nonexistent/file");
}
END_TEST

static const struct {
    const char *text;
    bool valid;
} utf8_cases[] = {
    {"plain", true},
    {"\xc3\xa9", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"\xc0\x80", false},
    {"\xe0\x80\x80", false},
    {"\xed\xa0\x80", false},
    {"\xf4\x90\x80\x80", false},
    {"\xc3", false},
    {"\x80", false},
    {"\xf8\x88\x80\x80\x80", false},
};

START_TEST(utf8_is_well_formed_or_refused)
{
    ck_assert_msg(mf_utf8_is_valid(mf_span_str(utf8_cases[_i].text)) == utf8_cases[_i].valid,
                  "row %d", _i);
}
END_TEST

START_TEST(buffer_refuses_to_pass_its_maximum)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 4};
    struct err err = {0};

    ck_assert(mf_buf_append(&b, MF_SPAN("abc"), &err));
    ck_assert(!mf_buf_append(&b, MF_SPAN("de"), &err));
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    ck_assert_uint_eq(b.n, 3);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    uint64_t value;
} decimals[] = {
    {"0", true, 0},   {"9223372036854775807", true, INT64_MAX},
    {"", false, 0},   {"00", false, 0},
    {"01", false, 0}, {"+1", false, 0},
    {"-1", false, 0}, {"9223372036854775808", false, 0},
    {"1 ", false, 0}, {"99999999999999999999", false, 0},
};

START_TEST(decimal_has_one_spelling)
{
    uint64_t v = 42;

    ck_assert(mf_span_decimal(mf_span_str(decimals[_i].text), &v) == decimals[_i].good);
    ck_assert_uint_eq(v, decimals[_i].good ? decimals[_i].value : 42);
}
END_TEST

START_TEST(file_is_replaced_whole_or_created_once)
{
    char dir[] = "/tmp/mf_base_XXXXXX";
    char path[64];
    struct err err = {0};
    MF_SCOPED(mf_buf_done) struct buf b = {0};
    struct stat st;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    mf_ck_ok(mf_path_join(dir, "f", path, sizeof path, &err), err);
    mf_ck_ok(mf_file_write(path, MF_SPAN("one"), 0600, MF_FILE_CREATE, &err), err);
    mf_ck_refused(mf_file_write(path, MF_SPAN("two"), 0600, MF_FILE_CREATE, &err), err,
                  "cannot create");
    ck_assert_int_eq(err.code, MF_ERR_EXISTS);
    mf_err_clear(&err);
    mf_ck_ok(mf_file_write(path, MF_SPAN("three"), 0640, MF_FILE_REPLACE, &err), err);
    mf_ck_ok(mf_file_read(path, 16, &b, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&b), "three"));
    ck_assert_int_eq(stat(path, &st), 0);
    mf_ck_refused(mf_file_read(path, 4, &b, &err), err, "larger than 4 bytes");
    unlink(path);
    rmdir(dir);
}
END_TEST

START_TEST(secret_is_trimmed_and_wiped)
{
    MF_SCOPED(mf_secret_done) struct secret s = {0};
    struct err err = {0};

    mf_ck_ok(mf_secret_copy(MF_SPAN(" tok\n"), &s, &err), err);
    mf_secret_trim(&s);
    ck_assert(mf_span_is(mf_secret_span(&s), "tok"));
    mf_secret_done(&s);
    ck_assert_ptr_null(s.p);
}
END_TEST

START_TEST(queue_keeps_order_refuses_when_full_and_drains_when_closed)
{
    struct queue *q = NULL;
    struct err err = {0};
    int things[3] = {0};
    void *got[4];

    mf_ck_ok(mf_queue_new(2, &q, &err), err);
    ck_assert(mf_queue_push(q, &things[0]));
    ck_assert(mf_queue_push(q, &things[1]));
    ck_assert(!mf_queue_push(q, &things[2]));
    mf_queue_close(q);
    ck_assert_uint_eq(mf_queue_pop(q, got, 4), 2);
    ck_assert_ptr_eq(got[0], &things[0]);
    ck_assert_ptr_eq(got[1], &things[1]);
    ck_assert_uint_eq(mf_queue_pop(q, got, 4), 0);
    mf_queue_free(&q);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *all = tcase_create("base");

    tcase_add_test(all, error_reads_outermost_place_first);
    tcase_add_test(all, error_escapes_what_could_drive_a_terminal);
    tcase_add_test(all, error_of_the_system_has_its_own_codes);
    tcase_add_loop_test(all, utf8_is_well_formed_or_refused, 0, MF_LEN(utf8_cases));
    tcase_add_test(all, buffer_refuses_to_pass_its_maximum);
    tcase_add_loop_test(all, decimal_has_one_spelling, 0, MF_LEN(decimals));
    tcase_add_test(all, file_is_replaced_whole_or_created_once);
    tcase_add_test(all, secret_is_trimmed_and_wiped);
    tcase_add_test(all, queue_keeps_order_refuses_when_full_and_drains_when_closed);
    suite_add_tcase(suite, all);
    return suite;
}
