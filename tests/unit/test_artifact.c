#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/bundle/artifact.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"

#define EMPTY256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define H32      "0123456789abcdef0123456789abcdef"

enum { ALL = 1U << MF_SHA256 | 1U << MF_SHA384 | 1U << MF_SHA512 };

static struct crypto *crypto;
static char path[64];

static void setup(void)
{
    crypto = fresh_crypto();
    snprintf(path, sizeof path, "/tmp/mayfly-artifact-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    mf_crypto_free(&crypto);
    unlink(path);
}

static const struct {
    const char *text;
    int alg; /* -1: may be a file's name, but is no digest */
} texts[] = {
    {"sha256:" EMPTY256, MF_SHA256},
    {"sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", MF_SHA256},
    {"sha384:" H32 H32 H32, MF_SHA384},
    {"sha512:" H32 H32 H32 H32, MF_SHA512},
    {"", -1},
    {"sha256", -1},
    {"sha256:", -1},
    {"sha256:" H32, -1},
    {"sha256:" EMPTY256 "0", -1},
    {"sha256:" H32 "0123456789abcdef0123456789abcdeg", -1},
    {"SHA256:" EMPTY256, -1},
    {"sha384:" EMPTY256, -1},
    {"sha1:0123456789abcdef0123456789abcdef01234567", -1},
    {" sha256:" EMPTY256, -1},
    {":" EMPTY256, -1},
};

START_TEST(takes_a_digest_of_the_right_form)
{
    struct artifact a = {.digest = {{7}}};

    ck_assert_int_eq(mf_artifact_from_text(texts[_i].text, &a), texts[_i].alg >= 0);
    if (texts[_i].alg < 0) {
        ck_assert_uint_eq(a.digest[0][0], 7); /* untouched */
        return;
    }
    for (int alg = 0; alg < 3; alg++)
        ck_assert_int_eq(a.has[alg], alg == texts[_i].alg);
    struct span digest = mf_artifact_digest(&a, (enum digest_alg)texts[_i].alg);
    ck_assert_uint_eq(digest.n, mf_digest_length((enum digest_alg)texts[_i].alg));
    ck_assert_uint_eq(mf_artifact_digest(&a, (enum digest_alg)((texts[_i].alg + 1) % 3)).n, 0);
}
END_TEST

/* Sizes about the edges of a chunk, and a file that is all hole: each reads as its bytes at hand.
 */
static const off_t sizes[] = {0, 1, 65535, 65536, 65537, 3 * 65536, 8 * 1024 * 1024 + 1};

START_TEST(digests_a_file_as_its_bytes)
{
    struct artifact read = {0}, whole = {0};
    struct err err = {0};
    size_t n = (size_t)sizes[_i];
    uint8_t *zeroes = calloc(n + 1, 1);

    ck_assert_int_eq(truncate(path, sizes[_i]), 0);
    mf_ck_ok(mf_artifact_read(crypto, path, ALL, &read, &err), err);
    mf_ck_ok(mf_artifact_of(crypto, (struct span){zeroes, n}, ALL, &whole, &err), err);
    free(zeroes);
    for (int alg = 0; alg < 3; alg++)
        ck_assert(mf_span_eq(mf_artifact_digest(&read, (enum digest_alg)alg),
                             mf_artifact_digest(&whole, (enum digest_alg)alg)));
    struct artifact empty;
    ck_assert(mf_artifact_from_text("sha256:" EMPTY256, &empty));
    ck_assert_int_eq(
        mf_span_eq(mf_artifact_digest(&read, MF_SHA256), mf_artifact_digest(&empty, MF_SHA256)),
        n == 0);
}
END_TEST

START_TEST(makes_only_the_digests_asked_for)
{
    struct artifact a = {0};
    struct err err = {0};

    mf_ck_ok(mf_artifact_read(crypto, path, 1U << MF_SHA384, &a, &err), err);
    ck_assert(!a.has[MF_SHA256] && a.has[MF_SHA384] && !a.has[MF_SHA512]);
}
END_TEST

START_TEST(refuses_what_is_no_file_by_its_name)
{
    static const struct {
        const char *path, *message;
    } rows[] = {
        {"/tmp", "/tmp: "},
        {"/tmp", "is a directory"},
        {"/tmp", "name the files in it"},
        {"/nonexistent/artifact", "/nonexistent/artifact: "},
        {"/nonexistent/artifact", "No such file"},
        {"", "No such file"},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        struct artifact a = {.digest = {{7}}};
        struct err err = {0};
        mf_ck_refused(mf_artifact_read(crypto, rows[i].path, ALL, &a, &err), err, rows[i].message);
        ck_assert_uint_eq(a.digest[0][0], 7);
    }
}
END_TEST

static const size_t pieces[] = {1, 70000, 5, 65536};

static void *feed(void *unused)
{
    uint8_t bytes[70000] = {0};
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    (void)unused;
    for (size_t i = 0; fd >= 0 && i < MF_LEN(pieces); i++)
        for (size_t done = 0; done < pieces[i];) {
            ssize_t n = write(fd, bytes, pieces[i] - done);
            if (n < 0)
                break;
            done += (size_t)n;
        }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* A file that grows as it is read: every byte up to the end counts, in whatever pieces. */
START_TEST(reads_a_pipe_to_its_end)
{
    struct artifact read = {0}, whole = {0};
    struct err err = {0};
    pthread_t thread;
    size_t n = 0;

    for (size_t i = 0; i < MF_LEN(pieces); i++)
        n += pieces[i];
    uint8_t *zeroes = calloc(n, 1);
    ck_assert(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, feed, NULL), 0);
    mf_ck_ok(mf_artifact_read(crypto, path, 1U << MF_SHA256, &read, &err), err);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    mf_ck_ok(mf_artifact_of(crypto, (struct span){zeroes, n}, ALL, &whole, &err), err);
    free(zeroes);
    ck_assert(
        mf_span_eq(mf_artifact_digest(&read, MF_SHA256), mf_artifact_digest(&whole, MF_SHA256)));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("artifact");
    TCase *text = tcase_create("text");
    TCase *file = tcase_create("file");

    tcase_add_loop_test(text, takes_a_digest_of_the_right_form, 0, MF_LEN(texts));
    suite_add_tcase(suite, text);
    tcase_add_checked_fixture(file, setup, teardown);
    tcase_set_timeout(file, 60);
    tcase_add_loop_test(file, digests_a_file_as_its_bytes, 0, MF_LEN(sizes));
    tcase_add_test(file, makes_only_the_digests_asked_for);
    tcase_add_test(file, refuses_what_is_no_file_by_its_name);
    tcase_add_test(file, reads_a_pipe_to_its_end);
    suite_add_tcase(suite, file);
    return suite;
}
