#include "common/codec/pem.h"
#include "tests/support/suite.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

static const struct {
    struct span text;
    const char *message; /* null: accepted, and the bytes are "abcdef" */
} cases[] = {
    {MF_SPAN_INIT(BEGIN "YWJjZGVm\n" END), NULL},
    {MF_SPAN_INIT(BEGIN "YWJj\nZGVm\n" END), NULL},
    {MF_SPAN_INIT("-----BEGIN CERTIFICATE-----\r\nYWJjZGVm\r\n-----END CERTIFICATE-----\r\n"),
     NULL},
    {MF_SPAN_INIT(BEGIN "YWJjZGVm\n-----END CERTIFICATE-----"), NULL},
    {MF_SPAN_INIT("subject: x\n " BEGIN BEGIN "YWJjZGVm\n" END " \n\t"), NULL},
    {MF_SPAN_INIT(""), "CERTIFICATE: no PEM block begins"},
    {MF_SPAN_INIT(" " BEGIN "YWJj\n" END), "no PEM block begins"},
    {MF_SPAN_INIT("-----BEGIN CERTIFICATE----\nYWJj\n" END), "does not end in five hyphens"},
    {MF_SPAN_INIT("-----BEGIN  X-----\nYWJj\n"), "PEM label is malformed"},
    {MF_SPAN_INIT("-----BEGIN X -----\nYWJj\n"), "PEM label is malformed"},
    {MF_SPAN_INIT("-----BEGIN -----\nYWJj\n"), "PEM label is malformed"},
    {MF_SPAN_INIT("-----BEGIN A\0B-----\nYWJj\n"), "PEM label is malformed"},
    {MF_SPAN_INIT(BEGIN "YWJj\n"), "CERTIFICATE: PEM block has no end"},
    {MF_SPAN_INIT(BEGIN END), "PEM block is empty"},
    {MF_SPAN_INIT(BEGIN "\nYWJj\n" END), "PEM block has an empty line"},
    {MF_SPAN_INIT(BEGIN "Proc-Type: 4,ENCRYPTED\n\nYWJj\n" END), "PEM block has headers"},
    {MF_SPAN_INIT(BEGIN "YWJjZA==\nYWJj\n" END), "goes on after its base64 has ended"},
    {MF_SPAN_INIT(BEGIN "YWJjZGV\nm\n" END), "no multiple of 4"},
    {MF_SPAN_INIT(BEGIN "YWJj \n" END), "no multiple of 4"},
    {MF_SPAN_INIT(BEGIN "YW j\n" END), "character 3 is not base64"},
    {MF_SPAN_INIT(BEGIN "YWJjZB==\n" END), "bits that are not zero"},
    {MF_SPAN_INIT(BEGIN "YWJj\n-----END X-----\n"), "PEM block ends as \"X\""},
    {MF_SPAN_INIT(BEGIN "YWJj\n" BEGIN "YWJj\n" END), "PEM block begins inside another"},
    {MF_SPAN_INIT(BEGIN "YWJj\n" END "x"), "something follows the PEM block"},
    {MF_SPAN_INIT(BEGIN "YWJj\n" END BEGIN "YWJj\n" END), "something follows the PEM block"},
    {MF_SPAN_INIT("-----BEGIN X-----\nYWJj\n-----END X-----\n"), "is \"X\", not \"CERTIFICATE\""},
};

START_TEST(only_one_sound_block_is_accepted)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 100};
    struct err err = {0};

    bool ok = mf_pem_only(cases[_i].text, "CERTIFICATE", &der, &err);
    if (cases[_i].message == NULL) {
        mf_ck_ok(ok, err);
        ck_assert(mf_span_is(mf_buf_span(&der), "abcdef"));
        return;
    }
    mf_ck_refused(ok, err, cases[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_uint_eq(der.n, 0);
}
END_TEST

#define KEY "MC4CAQAwBQYDK2VwBCIEIHJ5c3RhbCBjbGVhciBzZWNyZXQgb2YgMzIgYnl0ZXM="

/* A private key whose line breaks were lost on the way, as in a variable of a CI. */
static const char *const one_line[] = {
    "-----BEGIN PRIVATE KEY-----" KEY "-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY----- " KEY " -----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\\n" KEY "\\n-----END PRIVATE KEY-----\\n",
    "-----BEGIN PRIVATE KEY-----\n" KEY "-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----" KEY "\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n" KEY "\n-----END " KEY "-----\n",
    "-----BEGIN " KEY "-----\n",
    KEY,
};

START_TEST(errors_hold_nothing_of_a_key)
{
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    struct span label;
    struct err err = {0};
    char said[800];

    ck_assert(!mf_pem_secret(mf_span_str(one_line[_i]), &label, &der, &err));
    mf_err_render(&err, said, sizeof said);
    ck_assert_int_ne(said[0], 0);
    for (size_t i = 0; i + 4 <= strlen(KEY); i++) {
        char part[5];
        ck_assert_int_eq(snprintf(part, sizeof part, "%.4s", &KEY[i]), 4);
        ck_assert_msg(strstr(said, part) == NULL, "said '%s'", said);
    }
}
END_TEST

START_TEST(blocks_are_taken_one_by_one)
{
    static const char text[] = "first\n" BEGIN "YWJj\n" END "-----BEGIN EC KEY-----\nZGVm\n"
                               "-----END EC KEY-----\nrest\n";
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 6};
    struct span rest = MF_SPAN(text);
    struct span label;
    struct err err = {0};

    mf_ck_ok(mf_pem_next(&rest, &label, &der, &err), err);
    ck_assert(mf_span_is(label, "CERTIFICATE"));
    mf_ck_ok(mf_pem_next(&rest, &label, &der, &err), err);
    ck_assert(mf_span_is(label, "EC KEY"));
    ck_assert(mf_span_is(mf_buf_span(&der), "abcdef"));
    ck_assert(mf_span_is(rest, "rest\n"));
    mf_ck_refused(mf_pem_next(&rest, &label, &der, &err), err, "no PEM block begins");
    ck_assert_int_eq(err.code, MF_ERR_NOT_FOUND);
    ck_assert(mf_span_is(rest, "rest\n"));
}
END_TEST

START_TEST(written_blocks_read_back_at_every_length)
{
    uint8_t bytes[200];
    struct err err = {0};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t n = 1; n <= sizeof bytes; n++) {
        MF_SCOPED(mf_buf_done) struct buf text = {.max = 1000};
        MF_SCOPED(mf_buf_done) struct buf der = {.max = n};
        MF_SCOPED(mf_secret_done) struct secret secret_text = {0};
        MF_SCOPED(mf_secret_done) struct secret secret = {0};
        struct span label;

        mf_ck_ok(mf_pem_append(&text, "X Y", (struct span){bytes, n}, &err), err);
        mf_ck_ok(mf_pem_only(mf_buf_span(&text), "X Y", &der, &err), err);
        ck_assert(mf_span_eq(mf_buf_span(&der), (struct span){bytes, n}));
        mf_ck_ok(mf_pem_write_secret("X Y", (struct span){bytes, n}, &secret_text, &err), err);
        ck_assert(mf_span_eq(mf_secret_span(&secret_text), mf_buf_span(&text)));
        mf_ck_ok(mf_pem_secret(mf_secret_span(&secret_text), &label, &secret, &err), err);
        ck_assert(mf_span_is(label, "X Y"));
        ck_assert(mf_span_eq(mf_secret_span(&secret), (struct span){bytes, n}));
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("pem");
    TCase *all = tcase_create("pem");

    tcase_add_loop_test(all, only_one_sound_block_is_accepted, 0, MF_LEN(cases));
    tcase_add_loop_test(all, errors_hold_nothing_of_a_key, 0, MF_LEN(one_line));
    tcase_add_test(all, blocks_are_taken_one_by_one);
    tcase_add_test(all, written_blocks_read_back_at_every_length);
    suite_add_tcase(suite, all);
    return suite;
}
