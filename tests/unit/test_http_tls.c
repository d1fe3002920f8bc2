/* The client against TLS servers: who is trusted and who is not. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "common/net/http_client.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"
#include "tests/support/x509_maker.h"

static const struct {
    const char *san;
    bool trusted; /* the client is given the certificate */
    bool expired;
    int version_max;     /* of the server's TLS */
    const char *message; /* null: served */
} rows[] = {
    {"IP:127.0.0.1", true, false, TLS1_3_VERSION, NULL},
    {"IP:127.0.0.1", true, false, TLS1_2_VERSION, NULL},
    {"IP:127.0.0.1", false, false, TLS1_3_VERSION, "certificate is not trusted"},
    {"IP:127.0.0.2", true, false, TLS1_3_VERSION, "certificate is not trusted"},
    {"DNS:127.0.0.1", true, false, TLS1_3_VERSION, "certificate is not trusted"},
    {"IP:127.0.0.1", true, true, TLS1_3_VERSION, "certificate is not trusted"},
    {"IP:127.0.0.1", true, false, TLS1_1_VERSION, "TLS handshake failed"},
};

struct tls_server {
    SSL_CTX *ctx;
    int fd;
    uint16_t port;
    pthread_t thread;
    char request[1024];
};

/* One connection: a request is answered, whatever happens it is closed. */
static void *serve(void *arg)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct tls_server *s = arg;
    int fd = accept(s->fd, NULL, NULL);
    SSL *ssl = SSL_new(s->ctx);

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        int n = SSL_read(ssl, s->request, sizeof s->request - 1);
        if (n > 0)
            SSL_write(ssl, answer, sizeof answer - 1);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
    return NULL;
}

static X509 *make_cert(const char *san, bool expired, EVP_PKEY *key)
{
    int64_t now = time(NULL);
    struct made_cert want = {
        .subject = "test server",
        .not_before = now - 7200,
        .not_after = expired ? now - 3600 : now + 3600,
        .extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"subjectAltName", san}},
    };
    struct buf der = made_cert(&want, key, key);
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);

    ck_assert_ptr_nonnull(cert);
    mf_buf_done(&der);
    return cert;
}

static void start(struct tls_server *s, X509 *cert, EVP_PKEY *key, int version_max)
{
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to clients that have left */
    *s = (struct tls_server){.ctx = SSL_CTX_new(TLS_server_method())};
    SSL_CTX_set_min_proto_version(s->ctx, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(s->ctx, version_max);
    SSL_CTX_set_security_level(s->ctx, 0);
    ck_assert_int_eq(SSL_CTX_use_certificate(s->ctx, cert), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(s->ctx, key), 1);
    s->fd = mf_wire_listen(&s->port);
    signal(SIGPIPE, SIG_IGN); /* a client that refuses hangs up while the server writes */
    ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(struct tls_server *s)
{
    shutdown(s->fd, SHUT_RDWR); /* ends an accept that nobody came to */
    pthread_join(s->thread, NULL);
    SSL_CTX_free(s->ctx);
    close(s->fd);
}

static void write_pem(X509 *cert, char path[static 32])
{
    snprintf(path, 32, "/tmp/mf-tls-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    FILE *f = fdopen(fd, "w");
    ck_assert_int_eq(PEM_write_X509(f, cert), 1);
    fclose(f);
}

START_TEST(server_is_served_or_refused_by_its_certificate)
{
    EVP_PKEY *key = made_key("P-256");
    X509 *cert = make_cert(rows[_i].san, rows[_i].expired, key);
    struct tls_server s;
    char path[32];
    char url[64];
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    struct err err = {0};

    start(&s, cert, key, rows[_i].version_max);
    write_pem(cert, path);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", (unsigned)s.port);
    struct http_client_params params = {.ca_file = rows[_i].trusted ? path : NULL};
    mf_ck_ok(mf_http_client_new(&params, &client, &err), err);
    mf_ck_ok(mf_secret_copy(MF_SPAN("secret-token"), &token, &err), err);
    struct http_call call = {
        .method = "POST", .url = url, .bearer = &token, .answer_max = 100, .tries = 1};
    bool ok = mf_http_call(client, &call, &answer, &err);
    stop(&s);
    unlink(path);
    if (rows[_i].message == NULL) {
        mf_ck_ok(ok, err);
        ck_assert(mf_span_is(mf_buf_span(&answer.body), "ok"));
        ck_assert_ptr_nonnull(strstr(s.request, "Authorization: Bearer secret-token\r\n"));
    } else {
        mf_ck_refused(ok, err, rows[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
        ck_assert_str_eq(s.request, ""); /* the token stayed here */
    }
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_tls");
    TCase *all = tcase_create("tls");

    tcase_set_timeout(all, 30);
    tcase_add_loop_test(all, server_is_served_or_refused_by_its_certificate, 0, MF_LEN(rows));
    suite_add_tcase(suite, all);
    return suite;
}
