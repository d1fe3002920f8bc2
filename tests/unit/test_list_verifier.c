/* Lists of bundles: the one about the file is found; none is trusted for the company it keeps. */
#include "client/verify/list_verifier.h"
#include "tests/support/suite.h"
#include "tests/support/verify_case.h"

static struct crypto *crypto;

static void set_up(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void tear_down(void)
{
    mf_crypto_free(&crypto);
}

#define GOOD    "happy-path-intoto-in-dsse-v3"
#define MESSAGE "happy-path-v0.3"
#define OTHER   "intoto-with-custom-trust-root"
#define KEY     "managed-key-happy-path"
#define FORGED  "dsse-invalid-sig_fail"

enum { LINES = 4 };

static const struct {
    const char *lines[LINES]; /* names of fixtures; else the text itself */
    const char *message;      /* null: verifies */
    size_t line, others, unreadable;
} rows[] = {
    {{GOOD}, NULL, 1, 0, 0},
    {{"", OTHER, "\r", GOOD}, NULL, 4, 1, 0},
    {{"{", OTHER, GOOD, FORGED}, NULL, 3, 1, 1},
    {{FORGED, MESSAGE, GOOD}, NULL, 2, 1, 0},
    {{KEY, MESSAGE}, NULL, 2, 1, 0},
    {{FORGED}, "line 1: log_entry: body: the entry is of another signature", 1, 1, 0},
    {{OTHER, FORGED, KEY}, "line 2: log_entry: body: the entry is of another", 2, 3, 0},
    {{OTHER}, "none of 1 bundles is about this file", 0, 1, 0},
    {{OTHER, "[]"}, "none of 1 bundles is about this file; other lines could not be read", 0, 1, 1},
    {{"{}", "["}, "line 1: mediaType: ", 0, 0, 2},
    {{""}, "none of 0 bundles is about this file", 0, 0, 0},
};

static void append_line(struct buf *out, const char *name)
{
    struct err err = {0};
    bool is_fixture = name[0] >= 'a' && name[0] <= 'z';

    if (is_fixture) {
        MF_SCOPED(mf_buf_done) struct buf text = mf_verify_case_line(name);
        mf_ck_ok(mf_buf_append(out, mf_buf_span(&text), &err), err);
    } else {
        mf_ck_ok(mf_buf_append_str(out, name, &err), err);
    }
    mf_ck_ok(mf_buf_append_byte(out, '\n', &err), err);
}

static bool verify(struct span text, struct list_verdict *out, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_verify_case_public_root();
    const struct identity_demand demand = mf_verify_case_demand();
    struct artifact artifact;
    char path[1024];

    mf_verify_case_path(".", "a.txt", path);
    mf_ck_ok(mf_artifact_read(crypto, path, 7, &artifact, err), *err);
    const struct verify_params params = {.root = root, .demand = &demand, .artifact = &artifact};
    return mf_bundle_list_verify(crypto, text, &params, out, err);
}

START_TEST(finds_the_bundle_that_is_about_the_file)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 20};
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    struct err err = {0};

    for (size_t i = 0; i < LINES && rows[_i].lines[i] != NULL; i++)
        append_line(&text, rows[_i].lines[i]);
    bool ok = verify(mf_buf_span(&text), &verdict, &err);
    if (rows[_i].message == NULL) {
        mf_ck_ok(ok, err);
        ck_assert_int_eq(verdict.result.steps[MF_STEP_ARTIFACT], MF_STEP_PASSED);
    } else {
        mf_ck_refused(ok, err, rows[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    }
    ck_assert_uint_eq(verdict.line, rows[_i].line);
    ck_assert_uint_eq(verdict.others, rows[_i].others);
    ck_assert_uint_eq(verdict.unreadable, rows[_i].unreadable);
    ck_assert_int_eq(verdict.bundle != NULL, rows[_i].line != 0);
}
END_TEST

START_TEST(needs_no_line_feed_at_the_end)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_verify_case_line(GOOD);
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    struct err err = {0};

    mf_ck_ok(verify(mf_buf_span(&text), &verdict, &err), err);
}
END_TEST

START_TEST(looks_at_so_many_bundles_and_no_more)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 20};
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    struct err err = {0};

    for (size_t i = 0; i < MF_BUNDLE_LINES_MAX; i++)
        append_line(&text, "{}");
    append_line(&text, GOOD);
    mf_ck_refused(verify(mf_buf_span(&text), &verdict, &err), err, "more than 1024 bundles");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    ck_assert_uint_eq(verdict.unreadable, MF_BUNDLE_LINES_MAX);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("list_verifier");
    TCase *lines = tcase_create("lines");

    tcase_add_checked_fixture(lines, set_up, tear_down);
    tcase_add_loop_test(lines, finds_the_bundle_that_is_about_the_file, 0, MF_LEN(rows));
    tcase_add_test(lines, needs_no_line_feed_at_the_end);
    tcase_add_test(lines, looks_at_so_many_bundles_and_no_more);
    suite_add_tcase(suite, lines);
    return suite;
}
