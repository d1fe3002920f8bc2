/* Appends a second to mayfly-log, with real certificates and signatures, at 1, 64 and 512
 * connections. The load generator is one thread on the same machine. Beside it: the bare signature
 * verification that each append contains, on one thread in the same run. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "common/base/file.h"
#include "common/x509/cert.h"
#include "tests/support/load.h"
#include "transparency/entry/hashedrekord.h"

enum { REQUEST_MAX = 16384, PORT = 29481, SECONDS = 3 };
enum { REQUESTS = 110000 };

static char *requests[REQUESTS];
static size_t request_n[REQUESTS];
static size_t next_request;

static void die(const char *what)
{
    fprintf(stderr, "bench_append: %s\n", what);
    exit(1);
}

/* About as large as a certificate with a workload's identity. */
static struct buf make_certificate(EVP_PKEY *key)
{
    struct buf out = {.max = 8192};
    struct err err = {0};
    unsigned char *der = NULL;
    X509 *x = X509_new();
    char filler[1200];

    memset(filler, 'a', sizeof filler);
    memcpy(filler, "URI:https://", 12);
    filler[sizeof filler - 1] = '\0';
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    ASN1_TIME_set(X509_getm_notBefore(x), 1700000000);
    ASN1_TIME_set(X509_getm_notAfter(x), 1700000600);
    X509_set_pubkey(x, key);
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, filler);
    X509_add_ext(x, san, -1);
    X509_EXTENSION_free(san);
    if (X509_sign(x, key, EVP_sha256()) <= 0)
        die("cannot make a certificate");
    int n = i2d_X509(x, &der);
    if (n <= 0 || !mf_buf_append(&out, (struct span){der, (size_t)n}, &err))
        die("cannot make a certificate");
    OPENSSL_free(der);
    X509_free(x);
    return out;
}

static void make_request(EVP_PKEY *key, struct span certificate, size_t number)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = REQUEST_MAX};
    uint8_t digest[32] = {0};
    uint8_t signature[128];
    size_t signature_n = sizeof signature;
    struct err err = {0};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

    mf_put_be64(digest, number);
    if (EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_sign(ctx, signature, &signature_n, digest, sizeof digest) != 1)
        die("cannot sign");
    EVP_PKEY_CTX_free(ctx);
    const struct hashedrekord r = {.key_details = MF_KD_PKIX_ECDSA_P256_SHA_256,
                                   .digest = MF_SPAN_OF(digest),
                                   .signature = {signature, signature_n},
                                   .is_certificate = true,
                                   .verifier = certificate};
    char *text = malloc(REQUEST_MAX);
    if (text == NULL || !mf_hashedrekord_write_request(&r, &body, &err))
        die("cannot write a request");
    int n = snprintf(text, REQUEST_MAX,
                     "POST /api/v2/log/entries HTTP/1.1\r\nHost: log\r\nContent-Type: "
                     "application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                     body.n, (int)body.n, (const char *)body.p);
    requests[number] = text;
    request_n[number] = (size_t)n;
}

static struct span next(void *state)
{
    (void)state;
    if (next_request == REQUESTS)
        die("ran out of requests");
    size_t at = next_request++;
    return (struct span){(const uint8_t *)requests[at], request_n[at]};
}

static double cpu_seconds(pid_t pid)
{
    char path[64];
    unsigned long user = 0;
    unsigned long kernel = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                            &user, &kernel) != 2)
        die("cannot read the server's time");
    fclose(f);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static void run_load(unsigned connections, pid_t server, double verify_us)
{
    const struct load load = {
        .port = PORT, .connections = connections, .seconds = SECONDS, .status = 201, .next = next};
    double cpu = cpu_seconds(server);
    struct load_result r = mf_load_run(&load);

    cpu = cpu_seconds(server) - cpu;
    mf_load_print("appends", connections, r);
    printf(
        "                  server CPU %.0f us an append, x%.2f of one thread's bare verification\n",
        cpu * 1e6 / (double)r.answers, r.rate * verify_us / 1e6);
}

struct verifying {
    EVP_PKEY_CTX *ctx;
    uint8_t digest[32], signature[128];
    size_t n;
};

static bool verify_once(void *state)
{
    struct verifying *v = state;
    return EVP_PKEY_verify(v->ctx, v->signature, v->n, v->digest, sizeof v->digest) == 1;
}

static double bare_verify(EVP_PKEY *key)
{
    struct verifying v = {.ctx = EVP_PKEY_CTX_new(key, NULL), .n = sizeof v.signature};

    if (EVP_PKEY_sign_init(v.ctx) != 1 ||
        EVP_PKEY_sign(v.ctx, v.signature, &v.n, v.digest, sizeof v.digest) != 1 ||
        EVP_PKEY_verify_init(v.ctx) != 1)
        die("cannot sign");
    struct bench b = mf_bench(verify_once, &v, 500);
    mf_bench_print("one P-256 verification (EVP)", b);
    EVP_PKEY_CTX_free(v.ctx);
    return b.us;
}

static pid_t run_program(const char *bin, const char *const *arguments, int ready_fd)
{
    char path[512];
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the benchmark fails */
    snprintf(path, sizeof path, "%s/mayfly-log", bin);
    dup2(ready_fd >= 0 ? ready_fd : STDERR_FILENO, STDERR_FILENO);
    execv(path, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

/* The log says on standard error that it is open. */
static pid_t start_log(const char *bin, const char *dir)
{
    char option[600];
    char config[512];
    char text[600];
    int ready[2];
    struct err err = {0};
    int status = 0;

    snprintf(option, sizeof option, "--directory=%s/log", dir);
    const char *init[] = {"mayfly-log", "init", "--type=entries", "--origin=bench.example",
                          option,       NULL};
    if (waitpid(run_program(bin, init, -1), &status, 0) < 0 || status != 0)
        die("mayfly-log init failed");
    snprintf(config, sizeof config, "%s/log.json", dir);
    snprintf(text, sizeof text,
             "{\"format\":1,\"logs\":[{\"directory\":\"log\",\"listen\":\"127.0.0.1:%d\"}]}", PORT);
    if (!mf_file_write(config, mf_span_str(text), 0600, MF_FILE_REPLACE, &err) || pipe(ready) != 0)
        die("cannot write a configuration");
    snprintf(option, sizeof option, "--config=%s", config);
    const char *serve[] = {"mayfly-log", "serve", option, NULL};
    pid_t pid = run_program(bin, serve, ready[1]);
    close(ready[1]);
    ssize_t n = read(ready[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    if (strstr(text, "log is open") == NULL)
        die(text);
    return pid; /* the pipe stays open: the log may go on talking */
}

static void print_memory(pid_t pid)
{
    char path[64];
    char line[256];

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "RssAnon", 7) == 0 || strncmp(line, "RssFile", 7) == 0)
            printf("server %s", line);
    if (f != NULL)
        fclose(f);
}

int main(void)
{
    static const unsigned loads[] = {1, 64, 512};
    const char *bin = getenv("MAYFLY_BIN");
    char dir[] = "/tmp/mayfly-bench-XXXXXX";
    EVP_PKEY *key = EVP_EC_gen("P-256");

    if (bin == NULL || mkdtemp(dir) == NULL || key == NULL)
        die("set MAYFLY_BIN to the folder of programs");
    struct buf certificate = make_certificate(key);
    for (size_t i = 0; i < REQUESTS; i++)
        make_request(key, mf_buf_span(&certificate), i);
    printf("request %zu bytes, certificate %zu bytes\n", request_n[0], certificate.n);
    double verify_us = bare_verify(key);
    pid_t log = start_log(bin, dir);
    for (size_t i = 0; i < MF_LEN(loads); i++)
        run_load(loads[i], log, verify_us);
    print_memory(log);
    kill(log, SIGTERM);
    waitpid(log, NULL, 0);
    fflush(stdout);
    const char *remove[] = {"rm", "-rf", dir, NULL};
    execvp("rm", (char *const *)(uintptr_t)remove);
    return 1;
}
