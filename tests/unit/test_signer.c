#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/codec/base64.h"
#include "common/keys/key_file.h"
#include "common/keys/signer_client.h"
#include "tests/support/signer_pid.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 10000 };

static char folder[] = "/tmp/mayfly-signer-XXXXXX";
static char path[128];
static struct crypto *crypto;

static void setup(void)
{
    struct err err = {0};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_path_join(folder, "key.pem", path, sizeof path, &err), err);
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
    mf_crypto_free(&crypto);
}

static void make_key(enum key_kind kind)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, kind, &key, &err), err);
    mf_ck_ok(mf_key_file_create(crypto, path, key, NULL, &err), err);
}

static struct signer *start(enum key_kind kind, enum signer_use use)
{
    const struct signer_params params = {
        .key_path = path, .use = use, .origin = MF_SPAN("log.example.org")};
    struct signer *signer = NULL;
    struct err err = {0};

    make_key(kind);
    mf_ck_ok(mf_signer_start(&params, &signer, &err), err);
    return signer;
}

static bool has_ended(int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};

    return poll(&p, 1, WAIT_MS) == 1;
}

static const enum key_kind kinds[] = {MF_KEY_P256, MF_KEY_ED25519, MF_KEY_P384, MF_KEY_RSA};

START_TEST(signs_batches_that_verify)
{
    enum { COUNT = 64 };
    MF_SCOPED(mf_signer_free) struct signer *signer = start(kinds[_i], MF_SIGNER_BYTES);
    enum sig_scheme scheme = mf_sig_scheme_of(kinds[_i]);
    struct span messages[COUNT];
    struct buf signatures[COUNT];
    uint8_t bytes[COUNT];
    struct err err = {0};

    for (size_t i = 0; i < COUNT; i++) {
        bytes[i] = (uint8_t)i;
        messages[i] = (struct span){bytes, i};
        signatures[i] = (struct buf){.max = MF_SIGNATURE_MAX};
    }
    mf_ck_ok(mf_signer_sign(signer, messages, COUNT, signatures, &err), err);
    for (size_t i = 0; i < COUNT; i++) {
        mf_ck_ok(mf_verify(crypto, mf_signer_key(signer), scheme, messages[i],
                           mf_buf_span(&signatures[i]), &err),
                 err);
        mf_buf_done(&signatures[i]);
    }
}
END_TEST

START_TEST(signs_the_largest_batch_and_refuses_a_larger)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_BYTES);
    static uint8_t bytes[MF_SIGNER_BATCH_BYTES + 1];
    static struct span messages[MF_SIGNER_BATCH_COUNT + 1];
    static struct buf signatures[MF_SIGNER_BATCH_COUNT + 1];
    struct err err = {0}, again = {0}, large = {0};

    for (size_t i = 0; i < MF_LEN(messages); i++) {
        messages[i] = (struct span){bytes, MF_SIGNER_BATCH_BYTES / MF_SIGNER_BATCH_COUNT};
        signatures[i] = (struct buf){.max = MF_SIGNATURE_MAX};
    }
    mf_ck_ok(mf_signer_sign(signer, messages, MF_SIGNER_BATCH_COUNT, signatures, &err), err);
    const struct buf *last = &signatures[MF_SIGNER_BATCH_COUNT - 1];
    mf_ck_ok(mf_verify(crypto, mf_signer_key(signer), MF_SIG_ECDSA_SHA256, messages[0],
                       mf_buf_span(last), &err),
             err);
    mf_ck_refused(mf_signer_sign(signer, messages, MF_LEN(messages), signatures, &again), again,
                  "batch of 1025 messages");
    messages[0].n = sizeof bytes;
    mf_ck_refused(mf_signer_sign(signer, messages, MF_SIGNER_BATCH_COUNT, signatures, &large),
                  large, "larger than");
    for (size_t i = 0; i < MF_LEN(signatures); i++)
        mf_buf_done(&signatures[i]);
}
END_TEST

START_TEST(signs_checkpoints_and_nothing_else)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_ED25519, MF_SIGNER_LOG);
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 256};
    struct tree_head head = {.size = 7, .root = {1, 2, 3}};
    struct err err = {0}, smaller = {0}, other = {0}, bytes = {0};

    mf_ck_ok(mf_signer_sign_head(signer, &head, &signature, &err), err);
    mf_ck_ok(mf_buf_append_str(&text, "log.example.org\n7\n", &err) &&
                 mf_base64_append(&text, MF_SPAN_OF(head.root), &err) &&
                 mf_buf_append_byte(&text, '\n', &err),
             err);
    mf_ck_ok(mf_verify(crypto, mf_signer_key(signer), MF_SIG_ED25519, mf_buf_span(&text),
                       mf_buf_span(&signature), &err),
             err);
    head.size = 6;
    mf_ck_refused(mf_signer_sign_head(signer, &head, &signature, &smaller), smaller,
                  "size 6 is below 7");
    ck_assert_int_eq(smaller.code, MF_ERR_DENIED);
    head = (struct tree_head){.size = 7, .root = {9}};
    mf_ck_refused(mf_signer_recall_head(signer, &head, &other), other, "another root was signed");
    struct span message = MF_SPAN("x");
    mf_ck_refused(mf_signer_sign(signer, &message, 1, &signature, &bytes), bytes,
                  "signs checkpoints only");
    ck_assert_int_eq(bytes.code, MF_ERR_DENIED);
    head = (struct tree_head){.size = 8};
    mf_buf_reset(&signature);
    mf_ck_ok(mf_signer_sign_head(signer, &head, &signature, &err), err); /* still at work */
}
END_TEST

START_TEST(signs_rfc_6962_tree_heads)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_CT);
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    const struct tree_head head = {.size = 0x0102, .root = {7}, .timestamp_ms = 0x0304};
    uint8_t signed_bytes[50] = {0, 1, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 1, 2, 7};
    struct err err = {0};

    mf_ck_ok(mf_signer_sign_head(signer, &head, &signature, &err), err);
    mf_ck_ok(mf_verify(crypto, mf_signer_key(signer), MF_SIG_ECDSA_SHA256, MF_SPAN_OF(signed_bytes),
                       mf_buf_span(&signature), &err),
             err);
}
END_TEST

START_TEST(ends_when_its_parent_ends)
{
    int sockets[2], status = 0;
    long pid = 0;

    make_key(MF_KEY_P256);
    ck_assert_int_eq(pipe(sockets), 0);
    pid_t parent = fork();
    if (parent == 0) {
        const struct signer_params params = {.key_path = path, .use = MF_SIGNER_BYTES};
        struct signer *signer = NULL;
        struct err err = {0};
        long child = mf_signer_start(&params, &signer, &err) ? (long)pid_of(signer) : 0;
        _exit(write(sockets[1], &child, sizeof child) == sizeof child ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    ck_assert_int_eq(read(sockets[0], &pid, sizeof pid), sizeof pid);
    ck_assert_int_gt(pid, 1);
    int pidfd = pidfd_open((pid_t)pid, 0);
    ck_assert_msg(pidfd >= 0 ? has_ended(pidfd) : errno == ESRCH, "it outlives its parent");
}
END_TEST

START_TEST(says_by_which_signal_the_process_ended)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_BYTES);
    struct span message = MF_SPAN("x");
    struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    ck_assert_int_eq(kill(pid_of(signer), SIGKILL), 0);
    ck_assert(has_ended(mf_signer_pidfd(signer)));
    for (int i = 0; i < 2; i++) {
        mf_err_clear(&err);
        mf_ck_refused(mf_signer_sign(signer, &message, 1, &signature, &err), err,
                      "signer process has ended by signal 9 (SIGKILL)");
        ck_assert_int_eq(err.code, MF_ERR_INTERNAL);
    }
}
END_TEST

/* The socket to the signer is the only one here. */
static int socket_to_signer(void)
{
    for (int fd = 3; fd < 64; fd++) {
        struct timeval wait = {0};
        socklen_t n = sizeof wait;
        if (getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, &n) == 0 && wait.tv_sec > 0)
            return fd;
    }
    ck_abort_msg("no socket with a deadline");
}

START_TEST(says_when_the_process_gives_no_answer)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_BYTES);
    const struct timeval at_once = {.tv_usec = 1000};
    struct span message = MF_SPAN("x");
    struct buf signature = {.max = MF_SIGNATURE_MAX};

    ck_assert_int_eq(kill(pid_of(signer), SIGSTOP), 0);
    ck_assert_int_eq(
        setsockopt(socket_to_signer(), SOL_SOCKET, SO_RCVTIMEO, &at_once, sizeof at_once), 0);
    for (int i = 0; i < 2; i++) {
        struct err err = {0};
        mf_ck_refused(mf_signer_sign(signer, &message, 1, &signature, &err), err,
                      "signer process did not answer within 60 s");
        ck_assert_int_eq(err.code, MF_ERR_INTERNAL);
        /* What comes late is the answer to another question: it stays unread. */
        ck_assert_int_eq(kill(pid_of(signer), SIGCONT), 0);
    }
}
END_TEST

START_TEST(says_with_which_status_the_process_ended)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_BYTES);
    struct span message = MF_SPAN("x");
    struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    ck_assert_int_eq(shutdown(socket_to_signer(), SHUT_WR), 0); /* as if its parent had ended */
    ck_assert(has_ended(mf_signer_pidfd(signer)));
    mf_ck_refused(mf_signer_sign(signer, &message, 1, &signature, &err), err,
                  "signer process has ended with status 0");
}
END_TEST

START_TEST(leaves_signals_of_the_terminal_to_its_parent)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_BYTES);
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct span message = MF_SPAN("x");
    struct err err = {0};

    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct pollfd still = {.fd = mf_signer_pidfd(signer), .events = POLLIN};

    for (size_t i = 0; i < MF_LEN(signals); i++) {
        /* One that is not ignored has ended it by the time it takes the next request. */
        ck_assert_int_eq(kill(pid_of(signer), signals[i]), 0);
        signature.n = 0;
        mf_ck_ok(mf_signer_sign(signer, &message, 1, &signature, &err), err);
        mf_ck_ok(mf_verify(crypto, mf_signer_key(signer), MF_SIG_ECDSA_SHA256, message,
                           mf_buf_span(&signature), &err),
                 err);
    }
    ck_assert_int_eq(poll(&still, 1, 0), 0);
    ck_assert_int_eq(getpgid(pid_of(signer)), pid_of(signer));
    ck_assert_int_ne(getpgid(pid_of(signer)), getpgrp());
}
END_TEST

static const struct {
    const char *text; /* of the key file; null: none */
    mode_t mode;
    const char *libexec; /* null: the build's */
    const char *message;
} failures[] = {
    {NULL, 0, NULL, "cannot open"},
    {"x", 0644, NULL, "run: chmod 600"},
    {"x", 0600, NULL, "no PEM block begins"},
    {"x", 0600, "/nowhere", "no mayfly-signer in /nowhere (MAYFLY_LIBEXEC)"},
};

START_TEST(tells_why_it_cannot_start)
{
    const struct signer_params params = {.key_path = path, .use = MF_SIGNER_BYTES};
    struct signer *signer = NULL;
    struct err err = {0};

    if (failures[_i].text != NULL) {
        mf_ck_ok(mf_file_write(path, mf_span_str(failures[_i].text), failures[_i].mode,
                               MF_FILE_CREATE, &err),
                 err);
        ck_assert_int_eq(chmod(path, failures[_i].mode), 0);
    }
    if (failures[_i].libexec != NULL)
        setenv("MAYFLY_LIBEXEC", failures[_i].libexec, 1);
    mf_ck_refused(mf_signer_start(&params, &signer, &err), err, failures[_i].message);
    ck_assert_ptr_null(signer);
}
END_TEST

struct worker {
    struct signer *signer;
    uint8_t byte;
    bool ok;
};

static void *sign_many(void *state)
{
    struct worker *w = state;
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    struct err err = {0};

    w->ok = mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err);
    for (int i = 0; w->ok && i < 50; i++) {
        MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
        struct span message = {&w->byte, 1};
        w->ok = mf_signer_sign(w->signer, &message, 1, &signature, &err) &&
                mf_verify(c, mf_signer_key(w->signer), MF_SIG_ECDSA_SHA256, message,
                          mf_buf_span(&signature), &err);
    }
    return NULL;
}

START_TEST(serves_several_threads)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = start(MF_KEY_P256, MF_SIGNER_BYTES);
    struct worker workers[4];
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        workers[i] = (struct worker){.signer = signer, .byte = (uint8_t)i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_many, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(workers[i].ok);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signer");
    TCase *tc = tcase_create("signer");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, signs_batches_that_verify, 0, MF_LEN(kinds));
    tcase_add_test(tc, signs_the_largest_batch_and_refuses_a_larger);
    tcase_add_test(tc, signs_checkpoints_and_nothing_else);
    tcase_add_test(tc, signs_rfc_6962_tree_heads);
    tcase_add_test(tc, ends_when_its_parent_ends);
    tcase_add_test(tc, says_by_which_signal_the_process_ended);
    tcase_add_test(tc, says_when_the_process_gives_no_answer);
    tcase_add_test(tc, says_with_which_status_the_process_ended);
    tcase_add_test(tc, leaves_signals_of_the_terminal_to_its_parent);
    tcase_add_loop_test(tc, tells_why_it_cannot_start, 0, MF_LEN(failures));
    tcase_add_test(tc, serves_several_threads);
    suite_add_tcase(suite, tc);
    return suite;
}
