/* Where a signer's key is, and where it is not. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/keys/key_file.h"
#include "common/keys/signer_client.h"
#include "tests/support/memory_scan.h"
#include "tests/support/signer_pid.h"
#include "tests/support/suite.h"

enum { SCALAR = MF_SCAN_LEN, MASK = MF_SCAN_MASK };

static char folder[] = "/tmp/mayfly-signer-memory-XXXXXX";
static char path[128], masked_path[128];
static struct crypto *crypto;

static void setup(void)
{
    struct err err = {0};

    mf_become_nobody();
    const char *libexec = getenv("MAYFLY_LIBEXEC");
    if (libexec != NULL && access(libexec, X_OK) != 0)
        mf_ck_skip("nobody may not look into %s", libexec);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_path_join(folder, "key.pem", path, sizeof path, &err), err);
    mf_ck_ok(mf_path_join(folder, "masked", masked_path, sizeof masked_path, &err), err);
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void teardown(void)
{
    unlink(path);
    unlink(masked_path);
    rmdir(folder);
    mf_crypto_free(&crypto);
}

static struct signer *start(void)
{
    const struct signer_params params = {.key_path = path, .use = MF_SIGNER_BYTES};
    struct signer *signer = NULL;
    struct err err = {0};

    mf_ck_ok(mf_signer_start(&params, &signer, &err), err);
    return signer;
}

static void status_line(pid_t pid, const char *name, char *out, size_t cap)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};
    char file[64];

    ck_assert_int_gt(snprintf(file, sizeof file, "/proc/%ld/status", (long)pid), 0);
    mf_ck_ok(mf_file_read(file, 65536, &text, &err), err);
    mf_ck_ok(mf_buf_append_byte(&text, 0, &err), err);
    const char *line = strstr((const char *)text.p, name);
    ck_assert_ptr_nonnull(line);
    int n = snprintf(out, cap, "%.*s", (int)strcspn(line, "\n"), line);
    ck_assert_int_gt(n, 0);
}

/* Makes the key in a process of its own, which leaves the scalar behind under a mask: so no copy of
 * it was ever in this process. */
static void make_key_elsewhere(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
        MF_SCOPED(mf_secret_done) struct secret der = {0};
        struct err err = {0};
        uint8_t masked[SCALAR];
        if (!mf_private_key_generate(crypto, MF_KEY_P256, &key, &err) ||
            !mf_key_file_create(crypto, path, key, NULL, &err) ||
            !mf_private_key_to_pkcs8(crypto, key, &der, &err))
            _exit(1);
        /* ECPrivateKey: version 1, then the scalar as an OCTET STRING. */
        const uint8_t *at = memmem(der.p, der.n, "\x02\x01\x01\x04\x20", 5);
        if (at == NULL)
            _exit(2);
        for (size_t i = 0; i < SCALAR; i++)
            masked[i] = at[5 + i] ^ MASK;
        _exit(mf_file_write(masked_path, MF_SPAN_OF(masked), 0600, MF_FILE_CREATE, &err) ? 0 : 3);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

START_TEST(holds_the_key_locked_and_undumpable_behind_a_filter)
{
    make_key_elsewhere();
    MF_SCOPED(mf_signer_free) struct signer *signer = start();
    pid_t pid = pid_of(signer);
    struct rlimit core = {1, 1};
    char line[128], file[64];
    struct stat st;

    status_line(pid, "VmLck:", line, sizeof line);
    ck_assert_int_gt(strtol(line + strlen("VmLck:"), NULL, 10), 0);
    status_line(pid, "Seccomp:", line, sizeof line);
    ck_assert_str_eq(line, "Seccomp:\t2");
    status_line(pid, "NoNewPrivs:", line, sizeof line);
    ck_assert_str_eq(line, "NoNewPrivs:\t1");
    ck_assert_int_eq(prlimit(pid, RLIMIT_CORE, NULL, &core), 0);
    ck_assert_uint_eq(core.rlim_cur, 0);
    ck_assert_uint_eq(core.rlim_max, 0);
    /* Files of an undumpable process belong to root, though it is this user's. */
    ck_assert_uint_ne(getuid(), 0);
    ck_assert_int_gt(snprintf(file, sizeof file, "/proc/%ld/mem", (long)pid), 0);
    ck_assert_int_eq(stat(file, &st), 0);
    ck_assert_uint_eq(st.st_uid, 0);
    ck_assert_int_lt(open(file, O_RDONLY | O_CLOEXEC), 0);
    ck_assert_int_eq(errno, EACCES);
}
END_TEST

START_TEST(keeps_the_key_out_of_its_clients_memory)
{
    MF_SCOPED(mf_signer_free) struct signer *signer = NULL;
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_buf_done) struct buf masked = {0};
    struct span message = MF_SPAN("x");
    struct err err = {0};

    make_key_elsewhere();
    signer = start();
    mf_ck_ok(mf_signer_sign(signer, &message, 1, &signature, &err), err);
    mf_ck_ok(mf_file_read(masked_path, SCALAR, &masked, &err), err);
    ck_assert(!mf_memory_holds(masked.p));
    /* The search finds one that is there. */
    volatile uint8_t planted[SCALAR];
    for (size_t i = 0; i < SCALAR; i++)
        planted[i] = masked.p[i] ^ MASK;
    ck_assert(mf_memory_holds(masked.p));
    ck_assert_uint_eq(planted[0], (uint8_t)(masked.p[0] ^ MASK));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signer_memory");
    TCase *tc = tcase_create("signer_memory");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, holds_the_key_locked_and_undumpable_behind_a_filter);
    tcase_add_test(tc, keeps_the_key_out_of_its_clients_memory);
    suite_add_tcase(suite, tc);
    return suite;
}
