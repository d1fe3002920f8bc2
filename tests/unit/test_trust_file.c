#include "client/trust/trust_file.h"
#include "tests/support/suite.h"

#define CONFIG "\"mediaType\":\"application/vnd.dev.sigstore.clienttrustconfig.v0.1+json\""

static const char *const types[] = {"new", "old", NULL};

static const struct {
    const char *text;
    const char *message; /* null: member "n" is 1 in the object found */
} rows[] = {
    {"{\"mediaType\":\"new\",\"n\":1}", NULL},
    {"{\"mediaType\":\"old\",\"n\":1}", NULL},
    {"{" CONFIG ",\"n\":2,\"part\":{\"mediaType\":\"old\",\"n\":1}}", NULL},
    {"{\"mediaType\":\"other\",\"n\":1}", "mediaType: 'other' is not a test file"},
    {"{\"mediaType\":\"ne\",\"n\":1}", "mediaType: 'ne' is not a test file"},
    {"{\"n\":1}", "mediaType: "},
    {"{\"mediaType\":1}", "mediaType: "},
    {"{" CONFIG "}", "part: not a JSON object"},
    {"{" CONFIG ",\"part\":null}", "part: not a JSON object"},
    {"{" CONFIG ",\"part\":[]}", "part: not a JSON object"},
    {"{" CONFIG ",\"part\":{}}", "part: mediaType: "},
    {"{" CONFIG ",\"other\":{\"mediaType\":\"old\"}}", "part: not a JSON object"},
    /* One wrapping is enough. */
    {"{" CONFIG ",\"part\":{" CONFIG ",\"part\":{\"mediaType\":\"old\"}}}", "is not a test file"},
    {"[]", "not a JSON object"},
    {"{", ""},
};

START_TEST(finds_the_part_that_is_meant)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    const struct json_node *object = NULL;
    struct span text = mf_span_str(rows[_i].text);
    struct err err = {0};
    int64_t n = 0;

    if (rows[_i].message != NULL) {
        mf_ck_refused(mf_trust_file_parse(text, "part", types, "test file", &doc, &object, &err),
                      err, rows[_i].message);
        ck_assert(doc == NULL && object == NULL);
        return;
    }
    mf_ck_ok(mf_trust_file_parse(text, "part", types, "test file", &doc, &object, &err), err);
    mf_ck_ok(mf_json_member_int64(object, "n", &n, &err), err);
    ck_assert_int_eq(n, 1);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("trust_file");
    TCase *all = tcase_create("trust_file");

    tcase_add_loop_test(all, finds_the_part_that_is_meant, 0, MF_LEN(rows));
    suite_add_tcase(suite, all);
    return suite;
}
