#include <stdlib.h>
#include <unistd.h>

#include "ca-stub/server/ca_config.h"
#include "common/base/file.h"
#include "tests/support/suite.h"

static char dir[] = "/tmp/mayfly-config-XXXXXX";
static char path[64];

static void make_dir(void)
{
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/ca.json", dir);
}

static void drop_dir(void)
{
    unlink(path);
    rmdir(dir);
}

#define MUST                                                                               \
    "\"listen\":\"127.0.0.1:5555\",\"directory\":\"ca\",\"audit\":{\"file\":\"a.jsonl\"}," \
    "\"issuers\":[],\"ct_log\":{\"url\":\"http://127.0.0.1:6962/ct/\",\"public_key\":\"/k\"}"

static bool read_text(const char *text, struct ca_config *config, struct err *err)
{
    struct err write = {0};

    mf_ck_ok(mf_file_write(path, mf_span_str(text), 0600, MF_FILE_REPLACE, &write), write);
    return mf_ca_config_read(path, config, err);
}

START_TEST(reads_paths_relative_to_the_file)
{
    struct ca_config config = {0};
    struct err err = {0};
    char expected[128];

    mf_ck_ok(read_text("{\"format\":1," MUST "} // a comment\n", &config, &err), err);
    snprintf(expected, sizeof expected, "%s/ca", dir);
    ck_assert_str_eq(config.directory, expected);
    ck_assert_str_eq(config.ct_key_file, "/k");
    ck_assert_str_eq(config.ct_url, "http://127.0.0.1:6962/ct");
    ck_assert_str_eq(config.listen.host, "127.0.0.1");
    ck_assert_uint_eq(config.listen.port, 5555);
    ck_assert(config.require_clock_sync); /* unless it is said aloud */
    ck_assert_uint_eq(config.workers, 16);
    ck_assert(!config.has_dev_issuer);
    mf_ca_config_done(&config);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"{\"format\":2," MUST "}", "2"},
    {"{\"format\":1}", "listen"},
    {"{\"format\":1,\"listenn\":1," MUST "}", "listenn"},
    {"{\"format\":1,\"workers\":0," MUST "}", "workers: is not within 1 .. 64"},
    {"{\"format\":1,\"workers\":65," MUST "}", "workers: is not within 1 .. 64"},
    {"{\"format\":1,\"timestamp\":{\"worker\":1}," MUST "}", "timestamp: "},
    {"{\"format\":1,\"require_clock_sync\":\"no\"," MUST "}", "require_clock_sync"},
    {"{\"format\":1,\"dev_issuer\":{\"listen\":\"192.0.2.1:80\",\"directory\":\"d\"}," MUST "}",
     "dev_issuer: listen is not a loopback address"},
    {"{\"format\":1,\"dev_issuer\":{\"listen\":\"127.0.0.1:0\",\"directory\":\"d\"}," MUST "}",
     "dev_issuer: listen needs a port"},
    {"{\"format\":1,\"dev_issuer\":{\"directory\":\"d\"}," MUST "}", "dev_issuer: listen"},
};

START_TEST(refuses_with_the_member_named)
{
    struct ca_config config = {0};
    struct err err = {0};

    mf_ck_refused(read_text(refused[_i].text, &config, &err), err, refused[_i].message);
    ck_assert_ptr_nonnull(strstr(err.where, path));
    ck_assert_ptr_null(config.doc);
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    const char *host;
    uint16_t port;
} addresses[] = {
    {"127.0.0.1:0", true, "127.0.0.1", 0},
    {"[::1]:65535", true, "::1", 65535},
    {"localhost:80", false, NULL, 0},
    {"127.0.0.1", false, NULL, 0},
    {"127.0.0.1:", false, NULL, 0},
    {"127.0.0.1:65536", false, NULL, 0},
    {"127.0.0.1:080", false, NULL, 0},
    {"::1:80", false, NULL, 0},
    {":80", false, NULL, 0},
    {"", false, NULL, 0},
};

START_TEST(reads_addresses)
{
    struct listen_address address = {0};
    struct err err = {0};
    bool ok = mf_listen_address_parse(mf_span_str(addresses[_i].text), &address, &err);

    ck_assert(ok == addresses[_i].ok);
    ck_assert(ok || err.what[0] != '\0');
    if (ok) {
        ck_assert_str_eq(address.host, addresses[_i].host);
        ck_assert_uint_eq(address.port, addresses[_i].port);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ca_config");
    TCase *tc = tcase_create("config");

    tcase_add_checked_fixture(tc, make_dir, drop_dir);
    tcase_add_test(tc, reads_paths_relative_to_the_file);
    tcase_add_loop_test(tc, refuses_with_the_member_named, 0, MF_LEN(refused));
    tcase_add_loop_test(tc, reads_addresses, 0, MF_LEN(addresses));
    suite_add_tcase(suite, tc);
    return suite;
}
