#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca-stub/audit/audit_chain.h"
#include "ca-stub/audit/audit_log.h"
#include "common/base/file.h"
#include "tests/support/suite.h"

static char dir[] = "/tmp/mayfly-audit-XXXXXX";
static char path[64];

static struct instant fixed_now(void *state)
{
    (void)state;
    return (struct instant){1795529400, 123456789};
}

static uint64_t fixed_monotonic(void *state)
{
    (void)state;
    return 1;
}

static struct clock fixed = {fixed_now, fixed_monotonic, NULL};

static void make_dir(void)
{
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/audit.jsonl", dir);
}

static void drop_dir(void)
{
    unlink(path);
    rmdir(dir);
}

static struct audit_log *open_log(struct audit_start *start)
{
    struct audit_log *log = NULL;
    struct err err = {0};

    mf_ck_ok(mf_audit_log_open(path, fixed, &log, start, &err), err);
    return log;
}

static void append(struct audit_log *log, const char *event, const char *id, const char *members)
{
    struct audit_record record = {event, mf_span_str(id), mf_span_str(members)};
    struct err err = {0};

    mf_ck_ok(mf_audit_log_append(log, &record, &err), err);
}

static struct buf read_log(void)
{
    struct buf text = {.max = 1 << 24};
    struct err err = {0};

    mf_ck_ok(mf_file_read(path, 1 << 24, &text, &err), err);
    return text;
}

static void write_log(struct span text)
{
    struct err err = {0};

    mf_ck_ok(mf_file_write(path, text, 0600, MF_FILE_REPLACE, &err), err);
}

static bool has(const struct buf *text, const char *needle)
{
    return memmem(text->p, text->n, needle, strlen(needle)) != NULL;
}

/* A log with one closed and one open intent, and a denial. */
static void make_log(void)
{
    struct audit_start start;
    struct audit_log *log = open_log(&start);

    append(log, "intent", "a-1", "\"serial\":\"01\"");
    append(log, "intent", "a-2", "\"serial\":\"02\"");
    append(log, "outcome", "a-1", "\"outcome\":\"issued\"");
    append(log, "deny", "a-3", "\"reason\":\"EXPIRED\"");
    mf_audit_log_free(&log);
}

START_TEST(writes_lines_that_chain)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    struct audit_chain chain = {0};
    struct span rest, line;
    struct err err = {0};

    make_log();
    MF_SCOPED(mf_buf_done) struct buf text = read_log();
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    rest = mf_buf_span(&text);
    struct span first = MF_SPAN(
        "{\"seq\":0,\"prev\":\"000000000000000000000000000000000000000000000"
        "0000000000000000000\",\"time\":\"2026-11-24T14:10:00.123Z\","
        "\"event\":\"create\",\"format\":1}\n");
    ck_assert(mf_span_starts(rest, first));
    while (mf_span_line(&rest, &line)) {
        struct audit_line read;
        mf_ck_ok(mf_audit_chain_read(&chain, c, line, &read, &err), err);
    }
    ck_assert_uint_eq(rest.n, 0);
    ck_assert_uint_eq(chain.next_seq, 6);
}
END_TEST

START_TEST(closes_open_intents_at_the_next_start)
{
    struct audit_start start;

    make_log();
    struct audit_log *log = open_log(&start);
    ck_assert(!start.created);
    ck_assert_uint_eq(start.closed_intents, 1);
    ck_assert_uint_eq(start.cut_bytes, 0);
    mf_audit_log_free(&log);
    MF_SCOPED(mf_buf_done) struct buf text = read_log();
    ck_assert(has(&text, "\"event\":\"outcome\",\"decision_id\":\"a-2\","
                         "\"outcome\":\"unknown\",\"reason\":\"PROCESS_ENDED\"}\n"));
    log = open_log(&start);
    ck_assert_uint_eq(start.closed_intents, 0);
    mf_audit_log_free(&log);
}
END_TEST

START_TEST(cuts_every_incomplete_last_line_and_says_so)
{
    struct audit_start start;

    make_log();
    MF_SCOPED(mf_buf_done) struct buf text = read_log();
    size_t last = text.n - 1;
    while (text.p[last - 1] != '\n')
        last--;
    for (size_t n = last + 1; n < text.n; n += 17) {
        write_log((struct span){text.p, n});
        struct audit_log *log = open_log(&start);
        ck_assert_uint_eq(start.cut_bytes, n - last);
        mf_audit_log_free(&log);
        MF_SCOPED(mf_buf_done) struct buf after = read_log();
        ck_assert(has(&after, "\"event\":\"repair\",\"cut_bytes\":"));
        log = open_log(&start); /* and the repaired chain holds */
        ck_assert_uint_eq(start.cut_bytes, 0);
        mf_audit_log_free(&log);
    }
}
END_TEST

static const struct {
    const char *from, *to; /* first occurrence replaced */
    const char *message;
} tampered[] = {
    {"\"serial\":\"01\"", "\"serial\":\"09\"", "line 4: prev is not the hash of the line before"},
    {"\"seq\":3", "\"seq\":9", "line 4: seq is 9, not 3"},
    {"\"event\":\"deny\"", "\"event\":\"DENY\"", "line 6: not a line as this program writes them"},
    {"\"format\":1", "\"format\":2", "is of format 2, this program knows format 1"},
    {"{\"seq\":1", "\n{\"seq\":1", "line 2: not a line"},
    {"\"event\":\"create\"", "\"event\":\"revise\"", "line 1: does not begin an audit log"},
    {"\"reason\":\"EXPIRED\"", "\"reason\":\"EXPIRED", "line 6: "},
    {"2026-11-24T14:10:00.123Z", "2026-11-24 14:10:00.123Z", "line 1: not a line"},
};

START_TEST(refuses_a_log_that_was_changed)
{
    struct audit_log *log = NULL;
    struct audit_start start;
    struct err err = {0};

    make_log();
    MF_SCOPED(mf_buf_done) struct buf text = read_log();
    MF_SCOPED(mf_buf_done) struct buf changed = {.max = 1 << 20};
    struct span from = mf_span_str(tampered[_i].from);
    uint8_t *at = memmem(text.p, text.n, from.p, from.n);
    ck_assert_ptr_nonnull(at);
    size_t before = (size_t)(at - text.p);
    ck_assert(mf_buf_append(&changed, (struct span){text.p, before}, &err) &&
              mf_buf_append_str(&changed, tampered[_i].to, &err) &&
              mf_buf_append(&changed, mf_span_from(mf_buf_span(&text), before + from.n), &err));
    write_log(mf_buf_span(&changed));
    mf_ck_refused(mf_audit_log_open(path, fixed, &log, &start, &err), err, tampered[_i].message);
    MF_SCOPED(mf_buf_done) struct buf after = read_log();
    ck_assert(mf_span_eq(mf_buf_span(&after), mf_buf_span(&changed))); /* evidence is kept */
}
END_TEST

START_TEST(refuses_a_line_taken_out)
{
    struct audit_log *log = NULL;
    struct audit_start start;
    struct err err = {0};

    make_log();
    MF_SCOPED(mf_buf_done) struct buf text = read_log();
    struct span rest = mf_buf_span(&text), line;
    ck_assert(mf_span_line(&rest, &line)); /* without the first */
    write_log(rest);
    mf_ck_refused(mf_audit_log_open(path, fixed, &log, &start, &err), err,
                  "line 1: seq is 1, not 0");
}
END_TEST

START_TEST(refuses_an_outcome_nobody_intended)
{
    struct audit_log *log = NULL;
    struct audit_start start;
    struct err err = {0};

    log = open_log(&start);
    append(log, "outcome", "b-1", "");
    mf_audit_log_free(&log);
    mf_ck_refused(mf_audit_log_open(path, fixed, &log, &start, &err), err,
                  "line 3: closes a decision that is not open");
}
END_TEST

START_TEST(is_open_in_one_place_only)
{
    struct audit_log *log = NULL, *second = NULL;
    struct audit_start start;
    struct err err = {0};

    log = open_log(&start);
    mf_ck_refused(mf_audit_log_open(path, fixed, &second, &start, &err), err,
                  "is in use by another process");
    mf_audit_log_free(&log);
    ck_assert_uint_eq(err.code, MF_ERR_EXISTS);
}
END_TEST

static void *append_many(void *arg)
{
    for (int i = 0; i < 50; i++) {
        char id[32];
        snprintf(id, sizeof id, "t-%p-%d", (void *)&id, i);
        append(arg, "deny", id, "\"reason\":\"AUD_MISMATCH\"");
    }
    return NULL;
}

START_TEST(keeps_the_chain_under_many_writers)
{
    struct audit_start start;
    struct audit_log *log = open_log(&start);
    pthread_t threads[8];

    for (size_t i = 0; i < MF_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, append_many, log), 0);
    for (size_t i = 0; i < MF_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    mf_audit_log_free(&log);
    log = open_log(&start);
    ck_assert_uint_eq(start.records, 2 + 8 * 50 + 1);
    mf_audit_log_free(&log);
}
END_TEST

START_TEST(refuses_while_the_disk_is_full_and_resumes)
{
    struct audit_start start;
    struct audit_log *log = open_log(&start);
    struct rlimit was, small;
    struct stat st;
    struct audit_record record = {"deny", MF_SPAN("c-1"), MF_SPAN("\"reason\":\"EXPIRED\"")};
    struct err err = {0};

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
    ck_assert_int_eq(stat(path, &st), 0);
    small = (struct rlimit){(rlim_t)st.st_size + 20, was.rlim_max}; /* room for a part of a line */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool ok = mf_audit_log_append(log, &record, &err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
    mf_ck_refused(ok, err, "audit log: ");
    ck_assert_uint_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert(mf_audit_log_is_healthy(log));
    append(log, "deny", "c-2", "");
    mf_audit_log_free(&log);
    log = open_log(&start); /* nothing half-written stayed */
    ck_assert_uint_eq(start.cut_bytes, 0);
    ck_assert_uint_eq(start.records, 4);
    mf_audit_log_free(&log);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("audit_log");
    TCase *log = tcase_create("log");

    tcase_add_checked_fixture(log, make_dir, drop_dir);
    tcase_add_test(log, writes_lines_that_chain);
    tcase_add_test(log, closes_open_intents_at_the_next_start);
    tcase_add_test(log, cuts_every_incomplete_last_line_and_says_so);
    tcase_add_loop_test(log, refuses_a_log_that_was_changed, 0, MF_LEN(tampered));
    tcase_add_test(log, refuses_a_line_taken_out);
    tcase_add_test(log, refuses_an_outcome_nobody_intended);
    tcase_add_test(log, is_open_in_one_place_only);
    tcase_add_test(log, keeps_the_chain_under_many_writers);
    tcase_add_test(log, refuses_while_the_disk_is_full_and_resumes);
    suite_add_tcase(suite, log);
    return suite;
}
