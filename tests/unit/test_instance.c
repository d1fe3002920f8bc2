#include <stdlib.h>
#include <unistd.h>

#include "client/cmd/bundle_path.h"
#include "client/cmd/instance.h"
#include "common/base/file.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

static const char *const members[] = {"fulcio", "rekor",  "tsa",      "ct",
                                      "oidc",   "issuer", "audience", "identity"};

static void check_edit(const char *member, const char *value, const char *message)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("instance/instance");
    MF_SCOPED(mf_buf_done) struct buf edited = mf_json_edited(mf_buf_span(&text), member, value);
    struct instance i = {.dir = "untouched"};
    struct err err = {0};
    char expected[128];

    snprintf(expected, sizeof expected, "%s: %s", member, message);
    mf_ck_refused(mf_instance_parse(mf_buf_span(&edited), &i, &err), err, expected);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_str_eq(i.dir, "untouched");
}

START_TEST(needs_every_member_as_a_string)
{
    check_edit(members[_i], NULL, "is missing, expected a string");
    check_edit(members[_i], "null", "is missing, expected a string");
    check_edit(members[_i], "7", "is a number, not a string");
    check_edit(members[_i], "{}", "is an object, not a string");
}
END_TEST

START_TEST(refuses_text_that_is_no_instance)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "there is no JSON"},
        {"[]", "fulcio: is missing"},
        {"{\"rekor\":\"a\",\"rekor\":\"b\"}", "member \"rekor\" is there twice"},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_instance_done) struct instance instance = {0};
        struct err err = {0};
        mf_ck_refused(mf_instance_parse(mf_span_str(rows[i].text), &instance, &err), err,
                      rows[i].message);
    }
}
END_TEST

START_TEST(reads_every_member_of_the_sample)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("instance/instance");
    MF_SCOPED(mf_buf_done)
    struct buf more = mf_json_edited(mf_buf_span(&text), "later", "{\"a\":1}");
    MF_SCOPED(mf_instance_done) struct instance i = {0};
    struct err err = {0};

    mf_ck_ok(mf_instance_parse(mf_buf_span(&more), &i, &err), err);
    ck_assert(mf_span_is(i.fulcio, "http://127.0.0.1:15272"));
    ck_assert(mf_span_is(i.rekor, "http://127.0.0.1:15273"));
    ck_assert(mf_span_is(i.tsa, "http://127.0.0.1:15272/api/v1/timestamp"));
    ck_assert(mf_span_is(i.ct, "http://127.0.0.1:15274"));
    ck_assert(mf_span_is(i.oidc, MF_SAMPLE_ISSUER) && mf_span_is(i.issuer, MF_SAMPLE_ISSUER));
    ck_assert(mf_span_is(i.audience, "sigstore") && mf_span_is(i.identity, MF_SAMPLE_IDENTITY));
}
END_TEST

/* With a folder of its own: what is found where. */

static char folder[64];

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/mayfly-instance-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void path_in(const char *name, char out[static PATH_MAX])
{
    struct err err = {0};

    mf_ck_ok(mf_path_join(folder, name, out, PATH_MAX, &err), err);
}

static void write_in(const char *name, struct span text)
{
    char path[PATH_MAX];
    struct err err = {0};

    path_in(name, path);
    mf_ck_ok(mf_file_write(path, text, 0600, MF_FILE_REPLACE, &err), err);
}

static void teardown(void)
{
    static const char *const names[] = {"instance.json", "app", "app.sigstore.json", "app.sigstore",
                                        "app.bundle"};

    for (size_t i = 0; i < MF_LEN(names); i++) {
        char path[PATH_MAX];
        path_in(names[i], path);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(opens_a_folder_and_says_how_to_make_one)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("instance/instance");
    MF_SCOPED(mf_instance_done) struct instance i = {0};
    char path[PATH_MAX];
    struct err err = {0};

    mf_ck_refused(mf_instance_open(folder, &i, &err), err, "start one with: mayfly up --dir");
    ck_assert_int_eq(err.code, MF_ERR_NOT_FOUND);
    mf_err_clear(&err);
    write_in("instance.json", MF_SPAN("{"));
    mf_ck_refused(mf_instance_open(folder, &i, &err), err, "instance.json: line 1");
    mf_err_clear(&err);
    write_in("instance.json", mf_buf_span(&text));
    mf_ck_ok(mf_instance_open(folder, &i, &err), err);
    ck_assert_str_eq(i.dir, folder);
    mf_ck_ok(mf_instance_path(&i, "trusted_root.json", path, sizeof path, &err), err);
    ck_assert(strncmp(path, folder, strlen(folder)) == 0);
    mf_ck_refused(mf_instance_path(&i, "trusted_root.json", path, 8, &err), err, "");
}
END_TEST

static const struct {
    const char *option, *variable, *state, *home;
    const char *dir; /* null: there is none to be had */
    bool chosen;
} places[] = {
    {"/o", "/v", "/s", "/h", "/o", true},
    {NULL, "/v", "/s", "/h", "/v", true},
    {NULL, NULL, "/s", "/h", "/s/mayfly", false},
    {NULL, "", "/s", "/h", "/s/mayfly", false},
    {NULL, NULL, "relative", "/h", "/h/.local/state/mayfly", false},
    {NULL, NULL, NULL, "/h", "/h/.local/state/mayfly", false},
    {NULL, NULL, NULL, "relative", NULL, false},
    {NULL, NULL, NULL, NULL, NULL, false},
};

static void set_variable(const char *name, const char *value)
{
    if (value == NULL)
        unsetenv(name);
    else
        setenv(name, value, 1);
}

START_TEST(looks_where_the_user_says_first)
{
    char dir[PATH_MAX];
    struct err err = {0};
    bool chosen = false;

    set_variable("MAYFLY_INSTANCE", places[_i].variable);
    set_variable("XDG_STATE_HOME", places[_i].state);
    set_variable("HOME", places[_i].home);
    bool ok = mf_instance_dir(places[_i].option, dir, sizeof dir, &chosen, &err);
    if (places[_i].dir == NULL) {
        mf_ck_refused(ok, err, "neither XDG_STATE_HOME nor HOME says where the instance lives");
        ck_assert_int_eq(err.code, MF_ERR_USAGE);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert_str_eq(dir, places[_i].dir);
    ck_assert_int_eq(chosen, places[_i].chosen);
    mf_ck_refused(mf_instance_dir(places[_i].option, dir, 2, &chosen, &err), err,
                  "path is longer than 2 bytes");
}
END_TEST

/* Bundles beside a file: their endings, what is in them, and which one is taken. */
static const struct {
    const char *json, *plain, *bundle; /* contents; null: not there */
    const char *ending, *message;
} besides[] = {
    {NULL, NULL, NULL, NULL, "there is no bundle beside it"},
    {"a", NULL, NULL, ".sigstore.json", NULL},
    {NULL, "a", NULL, ".sigstore", NULL},
    {NULL, NULL, "a", ".bundle", NULL},
    {"a", "a", "a", ".sigstore.json", NULL},
    {NULL, "a", "a", ".sigstore", NULL},
    {"a", NULL, "b", NULL, "both exist and differ"},
    {"a", "a", "b", NULL, "both exist and differ"},
};

START_TEST(finds_the_bundle_beside_a_file)
{
    char file[PATH_MAX];
    char found[PATH_MAX];
    struct err err = {0};

    path_in("app", file);
    mf_ck_refused(mf_bundle_path_find(file, found, sizeof found, &err), err, "No such file");
    mf_err_clear(&err);
    mf_ck_refused(mf_bundle_path_find(folder, found, sizeof found, &err), err, "is a directory");
    mf_err_clear(&err);
    write_in("app", MF_SPAN("the artifact"));
    if (besides[_i].json != NULL)
        write_in("app.sigstore.json", mf_span_str(besides[_i].json));
    if (besides[_i].plain != NULL)
        write_in("app.sigstore", mf_span_str(besides[_i].plain));
    if (besides[_i].bundle != NULL)
        write_in("app.bundle", mf_span_str(besides[_i].bundle));
    bool ok = mf_bundle_path_find(file, found, sizeof found, &err);
    if (besides[_i].message != NULL) {
        mf_ck_refused(ok, err, besides[_i].message);
        mf_err_clear(&err);
        mf_ck_ok(mf_bundle_path_default(file, found, sizeof found, &err), err);
        ck_assert(mf_span_ends(mf_span_str(found), MF_SPAN("/app.sigstore.json")));
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert_str_eq(found + strlen(file), besides[_i].ending);
    mf_ck_refused(mf_bundle_path_find(file, found, 8, &err), err, "path is longer than");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("instance");
    TCase *text = tcase_create("text");
    TCase *place = tcase_create("place");

    tcase_add_loop_test(text, needs_every_member_as_a_string, 0, MF_LEN(members));
    tcase_add_test(text, refuses_text_that_is_no_instance);
    tcase_add_test(text, reads_every_member_of_the_sample);
    tcase_add_loop_test(text, looks_where_the_user_says_first, 0, MF_LEN(places));
    suite_add_tcase(suite, text);
    tcase_add_checked_fixture(place, setup, teardown);
    tcase_add_test(place, opens_a_folder_and_says_how_to_make_one);
    tcase_add_loop_test(place, finds_the_bundle_beside_a_file, 0, MF_LEN(besides));
    suite_add_tcase(suite, place);
    return suite;
}
