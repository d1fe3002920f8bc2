#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/run/config.h"
#include "tests/support/suite.h"

static char dir[] = "/tmp/mf_config_XXXXXX";
static char path[64];

static void make_dir(void)
{
    struct err err = {0};

    ck_assert_ptr_nonnull(mkdtemp(dir));
    mf_ck_ok(mf_path_join(dir, "c.json", path, sizeof path, &err), err);
}

static void remove_dir(void)
{
    unlink(path);
    rmdir(dir);
}

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"[]", "configuration is not a JSON object"},
    {"{}", "format"},
    {"{\"format\": 2}", "format 2 is not known: this release reads format 1"},
    {"{\"format\": 1, \"format\": 1}", "format"},
    {"{\"format\": 1} x", "c.json"},
};

START_TEST(refuses_what_is_not_a_configuration)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    mf_ck_ok(mf_file_write(path, mf_span_str(refused[_i].text), 0600, MF_FILE_REPLACE, &err), err);
    mf_ck_refused(mf_config_read(path, &doc, &err), err, refused[_i].message);
}
END_TEST

START_TEST(reads_comments_and_resolves_paths_beside_the_file)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};
    char found[128];
    char expected[128];

    mf_ck_ok(mf_file_write(path,
                           MF_SPAN("{ // where it lives\n \"format\": 1, \"a\": \"data\","
                                   " \"b\": \"/abs\", \"c\": \"\"}\n"),
                           0600, MF_FILE_REPLACE, &err),
             err);
    mf_ck_ok(mf_config_read(path, &doc, &err), err);
    mf_ck_ok(mf_config_path(path, mf_json_root(doc), "a", found, sizeof found, &err), err);
    mf_ck_ok(mf_path_join(dir, "data", expected, sizeof expected, &err), err);
    ck_assert_str_eq(found, expected);
    mf_ck_ok(mf_config_path(path, mf_json_root(doc), "b", found, sizeof found, &err), err);
    ck_assert_str_eq(found, "/abs");
    mf_ck_refused(mf_config_path(path, mf_json_root(doc), "c", found, sizeof found, &err), err,
                  "c: path is empty");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *all = tcase_create("config");

    tcase_add_checked_fixture(all, make_dir, remove_dir);
    tcase_add_loop_test(all, refuses_what_is_not_a_configuration, 0, MF_LEN(refused));
    tcase_add_test(all, reads_comments_and_resolves_paths_beside_the_file);
    suite_add_tcase(suite, all);
    return suite;
}
