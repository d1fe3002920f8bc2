#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "transparency/witness/witness_config.h"

#define VKEY    "log.example.org+b1db5813+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define SECOND  "rekor-local+d80b4420+AURLycjWRo1+gdwwCLg9wU4PayMFdNBmPF4ORVPiBQ1E"
#define WITNESS "witness.example.org+0ea12664+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
#define HEAD    "{\"format\": 1, \"directory\": \"w\", \"listen\": \"127.0.0.1:7380\", "
#define LOG     "\"logs\": [{\"vkey\": \"" VKEY "\"}]}"

static struct crypto *crypto;
static char folder[] = "/tmp/mayfly-witness-config-XXXXXX";
static char path[64];

static void setup(void)
{
    crypto = fresh_crypto();
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_gt(snprintf(path, sizeof path, "%s/witness.json", folder), 0);
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
    mf_crypto_free(&crypto);
}

static bool read_text(const char *text, struct witness_config *out, struct err *err)
{
    mf_ck_ok(mf_file_write(path, mf_span_str(text), 0600, MF_FILE_REPLACE, err), *err);
    return mf_witness_config_read(crypto, path, out, err);
}

START_TEST(reads_logs_and_their_keys)
{
    MF_SCOPED(mf_witness_config_done) struct witness_config config = {0};
    struct err err = {0};

    mf_ck_ok(read_text("// a witness\n" HEAD "\"prefix\": \"/w-1/x.y\", \"threads\": 2, "
                       "\"workers\": 3, \"logs\": [{\"vkey\": \"" VKEY "\"},\n"
                       "{\"vkey\": \"" SECOND "\", \"origin\": \"a log/of mine\"},\n"
                       "{\"vkey\": \"" SECOND "\", \"origin\": \"log.example.org\"}]}",
                       &config, &err),
             err);
    ck_assert_uint_eq(config.log_count, 2);
    ck_assert_str_eq(config.logs[0].origin, "log.example.org");
    ck_assert_uint_eq(config.logs[0].key_count, 2);
    ck_assert_str_eq(config.logs[0].keys[1].name, "rekor-local");
    ck_assert_str_eq(config.logs[1].origin, "a log/of mine");
    ck_assert_uint_eq(config.logs[1].key_count, 1);
    ck_assert_str_eq(config.prefix, "/w-1/x.y");
    ck_assert_str_eq(config.listen.host, "127.0.0.1");
    ck_assert_uint_eq(config.listen.port, 7380);
    ck_assert_uint_eq(config.threads * 10 + config.workers, 23);
    ck_assert_ptr_nonnull(strstr(config.directory, folder));
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"{\"format\": 2}", "format 2 is not known"},
    {HEAD "\"logs\": []}", "logs: 0 are named; 1 to 1024 are allowed"},
    {HEAD "\"logs\": [{}]}", "logs[0]: vkey"},
    {HEAD "\"logs\": [{\"vkey\": \"x\"}]}", "logs[0]: vkey: "},
    {HEAD "\"logs\": [{\"vkey\": \"" VKEY "\", \"url\": \"x\"}]}", "logs[0]: "},
    {HEAD "\"logs\": [{\"vkey\": \"" WITNESS "\"}]}",
     "logs[0]: vkey: witness.example.org is a witness's key, not a log's"},
    {HEAD "\"logs\": [{\"vkey\": \"" VKEY "\"}, {\"vkey\": \"" VKEY "\"}]}",
     "logs[1]: vkey: this key of the log log.example.org is named twice"},
    {HEAD "\"logs\": [{\"vkey\": \"" VKEY "\", \"origin\": \"\"}]}",
     "logs[0]: origin: is not 1 to 255 bytes"},
    {HEAD "\"logs\": [{\"vkey\": \"" VKEY "\", \"origin\": \"a\\nb\"}]}",
     "logs[0]: origin: has control characters"},
    {HEAD "\"prefix\": \"w\", " LOG, "prefix: 'w' is not a path like /witness"},
    {HEAD "\"prefix\": \"/\", " LOG, "prefix: '/' is not a path like /witness"},
    {HEAD "\"prefix\": \"/w/\", " LOG, "prefix: '/w/' is not a path"},
    {HEAD "\"prefix\": \"/a//b\", " LOG, "prefix: '/a//b' is not a path"},
    {HEAD "\"prefix\": \"/..\", " LOG, "prefix: '/..' is not a path"},
    {HEAD "\"prefix\": \"/a b\", " LOG, "prefix: '/a b' is not a path"},
    {HEAD "\"workers\": 0, " LOG, "workers: 0 is not between 1 and 64"},
    {HEAD "\"threads\": 17, " LOG, "threads: 17 is not between 1 and 16"},
    {HEAD "\"key\": 1, " LOG, "key"},
    {HEAD "\"anchor\": \"\", " LOG, "anchor: path is empty"},
    {"{\"format\": 1, \"directory\": \"w\", " LOG, "listen"},
    {"{\"format\": 1, \"directory\": \"w\", \"listen\": \"localhost:1\", " LOG,
     "listen: 'localhost:1' does not begin with an IP address"},
    {"{\"format\": 1, \"listen\": \"127.0.0.1:1\", " LOG, "directory"},
};

START_TEST(says_what_is_wrong)
{
    struct witness_config config = {.log_count = 42};
    struct err err = {0};

    mf_ck_refused(read_text(refused[_i].text, &config, &err), err, refused[_i].message);
    ck_assert_ptr_nonnull(strstr(err.where, path));
    ck_assert_uint_eq(config.log_count, 42);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("witness_config");
    TCase *tc = tcase_create("witness_config");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, reads_logs_and_their_keys);
    tcase_add_loop_test(tc, says_what_is_wrong, 0, MF_LEN(refused));
    suite_add_tcase(suite, tc);
    return suite;
}
