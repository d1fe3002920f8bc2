#include "ca-stub/server/signing_cert_work.h"
#include "tests/support/suite.h"

static uint64_t now_ns;
static atomic_uint_fast64_t begin_until_ns;

static struct instant no_wall_time(void *state)
{
    (void)state;
    return (struct instant){0};
}

static uint64_t monotonic(void *state)
{
    (void)state;
    return now_ns;
}

static const struct {
    uint64_t waited_ms, begin_until_ns;
    const char *detail;
} late[] = {
    {MF_ISSUE_DEADLINE_MS + 1, UINT64_MAX, "no certificate is begun after 10 s"},
    {1, 1000000, "the server is stopping"},
};

/* There is no gate, audit log or CT log to reach: touching one would crash. */
START_TEST(does_not_begin_what_has_waited_too_long)
{
    const struct signing_cert_params params = {.ca = {.clock = {no_wall_time, monotonic, NULL}}};
    const struct signing_cert_input input = {.api = MF_SIGNING_CERT_V2,
                                             .remote = "127.0.0.1",
                                             .body = MF_SPAN("{}"),
                                             .began_ns = 5000,
                                             .begin_until_ns = &begin_until_ns};
    struct signing_cert_worker *worker = NULL;
    struct http_reply reply = {0};
    struct err err = {0};

    now_ns = input.began_ns + late[_i].waited_ms * 1000000;
    atomic_store(&begin_until_ns, late[_i].begin_until_ns);
    mf_ck_ok(mf_signing_cert_worker_new(&params, &worker, &err), err);
    mf_signing_cert_work(worker, &input, &reply);
    mf_ck_ok(mf_buf_append_byte(&reply.body, 0, &err), err);
    const char *body = (const char *)reply.body.p;
    ck_assert_uint_eq(reply.status, 503);
    ck_assert_str_eq(reply.retry_after, "2");
    ck_assert_ptr_nonnull(strstr(body, "\"the request has waited too long\""));
    ck_assert_ptr_nonnull(strstr(body, "\"DEADLINE\""));
    ck_assert_msg(strstr(body, late[_i].detail) != NULL, "%s", body);
    mf_buf_done(&reply.body);
    mf_signing_cert_worker_free(&worker);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signing_cert_work");
    TCase *tc = tcase_create("deadline");

    tcase_add_loop_test(tc, does_not_begin_what_has_waited_too_long, 0, MF_LEN(late));
    suite_add_tcase(suite, tc);
    return suite;
}
