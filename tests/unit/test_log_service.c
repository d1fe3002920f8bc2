#include <stdlib.h>

#include "tests/support/log_fixture.h"
#include "tests/support/suite.h"
#include "transparency/log/log_service.h"

static void on_fatal(const struct err *err)
{
    (void)err;
}

/* An engine takes a log without entries; a server does not: init ends with the first one. */
START_TEST(refuses_a_log_whose_init_was_not_finished)
{
    struct log_fixture *log = calloc(1, sizeof *log);
    struct log_service *service = calloc(1, sizeof *service);
    struct log_settings settings = {
        .listen.host = "127.0.0.1", .public_cadence_ms = 20, .threads = 1, .workers = 1};
    struct err err = {0};

    ck_assert(log != NULL && service != NULL);
    mf_log_fixture_init(log);
    mf_ck_ok(mf_log_fixture_open(log, true, &err), err);
    mf_log_fixture_close(log);
    memcpy(settings.directory, log->path, sizeof log->path);
    mf_ck_refused(mf_log_service_start(&settings, on_fatal, service, &err), err,
                  "its init was not finished");
    ck_assert_ptr_nonnull(strstr(err.where, log->path));

    struct log_fixture_job *job = mf_log_fixture_job(log, 0, 300);
    mf_err_clear(&err);
    mf_ck_ok(mf_log_fixture_open(log, false, &err), err);
    mf_log_fixture_append(log, &job, 1);
    free(job);
    mf_log_fixture_close(log);
    mf_ck_ok(mf_log_service_start(&settings, on_fatal, service, &err), err);
    mf_log_service_stop(service);
    mf_log_fixture_done(log);
    free(service);
    free(log);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("log_service");
    TCase *service = tcase_create("service");

    tcase_set_timeout(service, 30);
    tcase_add_test(service, refuses_a_log_whose_init_was_not_finished);
    suite_add_tcase(suite, service);
    return suite;
}
