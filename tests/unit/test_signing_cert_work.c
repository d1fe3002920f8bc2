#include <unistd.h>

#include "ca-stub/server/signing_cert_work.h"
#include "common/run/trouble.h"
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

static int begin_capture(FILE *file)
{
    int saved = dup(STDERR_FILENO);

    ck_assert_int_ge(saved, 0);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    return saved;
}

static size_t count_of(const char *text, const char *piece)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, piece)) != NULL; at++)
        count++;
    return count;
}

/* What is not recorded for want of budget or time is still said when we are to blame: once, and
 * then how often. */
START_TEST(says_faults_that_are_not_recorded_once_in_a_while)
{
    struct trouble faults = {.interval_ms = 60000};
    const struct signing_cert_params params = {.ca = {.clock = {no_wall_time, monotonic, NULL}},
                                               .faults = &faults};
    const struct signing_cert_input input = {
        .remote = "127.0.0.1", .body = MF_SPAN("{}"), .begin_until_ns = &begin_until_ns};
    struct signing_cert_worker *worker = NULL;
    FILE *file = tmpfile();
    char said[4096];
    struct err err = {0};

    ck_assert_ptr_nonnull(file);
    now_ns = (MF_ISSUE_DEADLINE_MS + 1) * UINT64_C(1000000);
    atomic_store(&begin_until_ns, UINT64_MAX);
    mf_ck_ok(mf_signing_cert_worker_new(&params, &worker, &err), err);
    int saved = begin_capture(file);
    for (int i = 0; i < 3; i++) {
        struct http_reply reply = {0};
        mf_signing_cert_work(worker, &input, &reply);
        mf_buf_done(&reply.body);
    }
    atomic_store(&faults.next_ms, 0);
    struct http_reply last = {0};
    mf_signing_cert_work(worker, &input, &last);
    mf_buf_done(&last.body);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    close(saved);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    ck_assert_msg(count_of(said, "requests fail, not recorded") == 2, "%s", said);
    ck_assert_msg(strstr(said, "DEADLINE") != NULL && strstr(said, "\"left_out\":2") != NULL, "%s",
                  said);
    mf_signing_cert_worker_free(&worker);
}
END_TEST

/* There is no gate, audit log or CT log to reach: touching one would crash. */
START_TEST(does_not_begin_what_has_waited_too_long)
{
    struct trouble faults = {.interval_ms = 60000};
    const struct signing_cert_params params = {.ca = {.clock = {no_wall_time, monotonic, NULL}},
                                               .faults = &faults};
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
    tcase_add_test(tc, says_faults_that_are_not_recorded_once_in_a_while);
    suite_add_tcase(suite, tc);
    return suite;
}
