#include "tests/support/suite.h"
#include "transparency/note/checkpoint.h"

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static const struct {
    struct span text;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT(""), "line 1: origin is missing"},
    {MF_SPAN_INIT("log"), "line 1: origin is missing"},
    {MF_SPAN_INIT("\n1\n" ROOT "\n"), "line 1: origin is missing"},
    {MF_SPAN_INIT("log\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n\n" ROOT "\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n01\n" ROOT "\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n+1\n" ROOT "\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n-1\n" ROOT "\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n1 \n" ROOT "\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n9223372036854775808\n" ROOT "\n"), "line 2: tree size is not"},
    {MF_SPAN_INIT("log\n1\nCsUYag==\n"), "line 3: base64 has 8 characters"},
    {MF_SPAN_INIT("log\n1\n\n"), "line 3: base64 has 0 characters"},
    {MF_SPAN_INIT("log\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n"), "line 3: "},
    {MF_SPAN_INIT("log\n1\n" ROOT), "line 3: root hash is missing"},
    {MF_SPAN_INIT("log\n1\n" ROOT "\n\n"), "line 4: extension line is empty"},
    {MF_SPAN_INIT("log\n1\n" ROOT "\na\n\n"), "line 5: extension line is empty"},
    {MF_SPAN_INIT("log\n1\n" ROOT "\na"), "line 4: extension line is empty or has no LF"},
};

START_TEST(refuses_text_that_is_not_canonical)
{
    struct checkpoint c = {.size = 42};
    struct err err = {0};

    mf_ck_refused(mf_checkpoint_parse(refused[_i].text, &c, &err), err, refused[_i].message);
    ck_assert_uint_eq(c.size, 42); /* a failed parse leaves its output alone */
}
END_TEST

static const struct {
    struct span text;
    const char *origin;
    uint64_t size;
    const char *extensions;
} accepted[] = {
    {MF_SPAN_INIT("log\n0\n" ROOT "\n"), "log", 0, ""},
    {MF_SPAN_INIT("rekor.sigstore.dev - 2605736670972794746\n9223372036854775807\n" ROOT "\n"),
     "rekor.sigstore.dev - 2605736670972794746", INT64_MAX, ""},
    {MF_SPAN_INIT("log\n12\n" ROOT "\nTimestamp: 1\nx\n"), "log", 12, "Timestamp: 1\nx\n"},
};

START_TEST(reads_and_writes_the_same_text)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_CHECKPOINT_TEXT_MAX};
    struct checkpoint c;
    struct err err = {0};

    mf_ck_ok(mf_checkpoint_parse(accepted[_i].text, &c, &err), err);
    ck_assert(mf_span_is(c.origin, accepted[_i].origin));
    ck_assert_uint_eq(c.size, accepted[_i].size);
    ck_assert(mf_span_is(c.extensions, accepted[_i].extensions));
    ck_assert_uint_eq(c.root[0], 0x0A);
    ck_assert_uint_eq(c.root[31], 0x62);
    mf_ck_ok(mf_checkpoint_format(&c, &b, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&b), accepted[_i].text));
}
END_TEST

START_TEST(refuses_a_text_above_the_limit)
{
    static uint8_t text[MF_CHECKPOINT_TEXT_MAX + 1];
    struct checkpoint c;
    struct err err = {0};

    memset(text, 'a', sizeof text);
    mf_ck_refused(mf_checkpoint_parse(MF_SPAN_OF(text), &c, &err), err, "larger than 4096");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

static const struct {
    struct checkpoint c;
    const char *message;
} unwritable[] = {
    {{.origin = MF_SPAN_INIT("")}, "origin is missing"},
    {{.origin = MF_SPAN_INIT("a\nb")}, "line 2: tree size"},
    {{.origin = MF_SPAN_INIT("a"), .size = (uint64_t)INT64_MAX + 1}, "line 2: tree size"},
    {{.origin = MF_SPAN_INIT("a"), .extensions = MF_SPAN_INIT("x")}, "line 4: extension"},
    {{.origin = MF_SPAN_INIT("a"), .extensions = MF_SPAN_INIT("\n")}, "line 4: extension"},
    {{.origin = MF_SPAN_INIT("a\n1\n" ROOT), .size = 1}, "origin or extensions cannot"},
};

START_TEST(writes_nothing_that_cannot_be_read)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_CHECKPOINT_TEXT_MAX};
    struct err err = {0};

    mf_ck_refused(mf_checkpoint_format(&unwritable[_i].c, &b, &err), err, unwritable[_i].message);
    ck_assert_uint_eq(b.n, 0);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *text = tcase_create("text");

    tcase_add_loop_test(text, refuses_text_that_is_not_canonical, 0, (int)MF_LEN(refused));
    tcase_add_loop_test(text, reads_and_writes_the_same_text, 0, (int)MF_LEN(accepted));
    tcase_add_test(text, refuses_a_text_above_the_limit);
    tcase_add_loop_test(text, writes_nothing_that_cannot_be_read, 0, (int)MF_LEN(unwritable));
    suite_add_tcase(suite, text);
    return suite;
}
