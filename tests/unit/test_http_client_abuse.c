/* The client in hostile surroundings: what servers send stays bounded, in bytes and in time. */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/net/http_client.h"
#include "tests/support/http_fixture.h"
#include "tests/support/script_server.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

enum { MEMORY_MAX = 64 * 1024 }; /* KiB more than before the call */

static long peak_memory(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *reply, *more;
    const char *says;
} rows[] = {
    {OK "\r\n", "x", "larger than 4096 bytes"},
    {OK "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "larger than 4096 bytes"},
    {OK "Content-Length: 9223372036854775807\r\n\r\n", "x", "larger than 4096 bytes"},
    {"", "x", "not HTTP"},
    {"", "HTTP/1.1 100 Continue\r\n\r\n", "head of the answer is larger than 65536 bytes"},
    {"", "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
     "head of the answer is larger than 65536 bytes"},
    {OK "X: ", "x", "line of the answer's head is too large"},
    {OK, "X: y\r\n", "head of the answer is larger than 65536 bytes"},
    {OK, " folded\r\n", "not HTTP"},
    {OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n",
     "head of the answer is larger than 65536 bytes"},
    {OK "Transfer-Encoding: chunked\r\n\r\n1;", "x", "no whole answer in time"},
    {OK "Transfer-Encoding: chunked\r\n\r\n", "0", "Too long hexadecimal number"},
};

START_TEST(endless_answer_is_cut)
{
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
    struct http_answer answer = {0};
    struct err err = {0};
    char url[64];
    long before = peak_memory();

    mf_script_start_endless(&s, rows[_i].reply, rows[_i].more);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)s.port);
    struct http_call call = {
        .method = "GET", .url = url, .answer_max = 4096, .total_ms = 1000, .tries = 1};
    mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, rows[_i].says);
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_int_le(peak_memory() - before, MEMORY_MAX);
}
END_TEST

START_TEST(answer_whose_head_is_cut_is_none)
{
    static const struct script_step steps[] = {
        {"HTTP/1.1 200 OK\r\nContent-Type: te", MF_SCRIPT_CLOSE},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", MF_SCRIPT_CLOSE}};

    for (size_t i = 0; i < MF_LEN(steps); i++) {
        MF_SCOPED(mf_script_done) struct script_server s;
        MF_SCOPED(mf_http_client_free) struct http_client *client = mf_fixture_client();
        struct http_answer answer = {0};
        struct err err = {0};
        char url[64];
        mf_script_start(&s, &steps[i], 1);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)s.port);
        struct http_call call = {.method = "GET", .url = url, .answer_max = 4096, .tries = 1};
        mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, "closed in the middle");
        mf_script_stop(&s);
    }
}
END_TEST

START_TEST(budget_of_a_client_ends_all_its_calls)
{
    const struct http_client_params params = {.budget_ms = 300};
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    struct http_answer answer = {0};
    struct err err = {0};
    char url[64];
    struct clock clock = mf_clock_system();

    mf_script_start_endless(&s, OK "Transfer-Encoding: chunked\r\n\r\n1;", "x");
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)s.port);
    uint64_t start = mf_clock_monotonic_ns(&clock);
    mf_ck_ok(mf_http_client_new(&params, &client, &err), err);
    for (int i = 0; i < 2; i++) {
        struct http_call call = {
            .method = "GET", .url = url, .answer_max = 4096, .total_ms = 60000, .tries = 9};
        mf_ck_refused(mf_http_call(client, &call, &answer, &err), err, "no whole answer in time");
        mf_err_clear(&err);
    }
    ck_assert_uint_lt(mf_clock_monotonic_ns(&clock) - start, UINT64_C(10000000000));
}
END_TEST

START_TEST(proxies_of_the_environment_see_no_loopback)
{
    static const struct script_step step = {OK "Content-Length: 2\r\n\r\nok", MF_SCRIPT_CLOSE};
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};
    MF_SCOPED(mf_script_done) struct script_server s;
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    struct err err = {0};
    char url[64];
    uint16_t nobody = 0;
    int fd = mf_wire_listen(&nobody);

    close(fd);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)nobody);
    for (size_t i = 0; i < MF_LEN(names); i++)
        ck_assert_int_eq(setenv(names[i], url, 1), 0);
    client = mf_fixture_client();
    mf_script_start(&s, &step, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)s.port);
    struct http_call call = {
        .method = "GET", .url = url, .answer_max = 4096, .total_ms = 5000, .tries = 1};
    mf_ck_ok(mf_http_call(client, &call, &answer, &err), err);
    ck_assert_uint_eq(answer.status, 200);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_client_abuse");
    TCase *all = tcase_create("abuse");

    tcase_set_timeout(all, 30);
    tcase_add_loop_test(all, endless_answer_is_cut, 0, MF_LEN(rows));
    tcase_add_test(all, answer_whose_head_is_cut_is_none);
    tcase_add_test(all, budget_of_a_client_ends_all_its_calls);
    tcase_add_test(all, proxies_of_the_environment_see_no_loopback);
    suite_add_tcase(suite, all);
    return suite;
}
