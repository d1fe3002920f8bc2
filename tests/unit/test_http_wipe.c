/* Tokens that passed through the HTTP server or client are nowhere in memory afterwards. The peer
 * is a process of its own, which alone knows them in the clear. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "tests/support/memory_scan.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

enum { TOKENS = 3, PAD_MAX = 200 * 1024, MESSAGE_MAX = PAD_MAX + 128 * 1024 };

/* Letters in the clear: one for the header, one for the request's body, one for the answer's. */
static uint8_t masked[TOKENS][MF_SCAN_LEN];

/* How much stands around the token in a body: small ones are copied, large ones are moved. */
static const size_t pads[] = {0, 900, 3000, PAD_MAX};

static void setup(void)
{
    for (size_t t = 0; t < TOKENS; t++)
        for (size_t i = 0; i < MF_SCAN_LEN; i++)
            masked[t][i] = (uint8_t)('A' + (t * 7 + i * i + 3 * i) % 26) ^ MF_SCAN_MASK;
}

static void clear(size_t token, uint8_t out[static MF_SCAN_LEN])
{
    for (size_t i = 0; i < MF_SCAN_LEN; i++)
        out[i] = masked[token][i] ^ MF_SCAN_MASK;
}

/* In the peer's process only. */
static void append_body(struct buf *message, size_t token, size_t pad)
{
    uint8_t text[MF_SCAN_LEN];
    struct err err = {0};

    clear(token, text);
    mf_ck_ok(mf_buf_append(message, MF_SPAN_OF(text), &err), err);
    for (size_t i = 0; i < pad; i++)
        mf_ck_ok(mf_buf_append_byte(message, '.', &err), err);
}

static void ended_well(pid_t pid)
{
    int status = 0;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

static void nothing_is_left(void)
{
    for (size_t t = 0; t < TOKENS; t++)
        ck_assert_msg(!mf_memory_holds(masked[t]), "token %zu is still in memory", t);
}

/* Answers with a body that holds what came, as one that hands out tokens does. */
static void echo(struct http_request *r, void *state)
{
    struct http_reply reply = {.status = 200, .content_type = "text/plain"};
    struct err err = {0};

    (void)state;
    reply.body = (struct buf){.max = MESSAGE_MAX, .secret = true};
    mf_ck_ok(mf_buf_append(&reply.body, mf_http_body(r), &err), err);
    mf_ck_ok(mf_buf_append(&reply.body, mf_http_header(r, "Authorization"), &err), err);
    mf_http_reply(r, &reply);
}

static void send_tokens(uint16_t port, size_t pad)
{
    struct buf message = {.max = MESSAGE_MAX}, answer = {.max = MESSAGE_MAX};
    uint8_t header[MF_SCAN_LEN];
    struct err err = {0};

    clear(0, header);
    mf_ck_ok(mf_buf_printf(&message, &err,
                           "POST /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %.*s\r\n"
                           "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                           MF_SCAN_LEN, (const char *)header, MF_SCAN_LEN + pad),
             err);
    append_body(&message, 1, pad);
    int fd = mf_wire_connect(port);
    /* In two pieces, so that libevent has to put them together. */
    mf_wire_send(fd, mf_span_first(mf_buf_span(&message), message.n / 2));
    mf_wire_send(fd, mf_span_from(mf_buf_span(&message), message.n / 2));
    ck_assert(mf_wire_read_all(fd, &answer));
    ck_assert_uint_eq(mf_wire_count(&answer, "200 OK"), 1);
    ck_assert_uint_gt(answer.n, 2 * MF_SCAN_LEN + pad);
}

START_TEST(server_keeps_nothing_of_a_request)
{
    const struct http_server_params params = {
        .address = "127.0.0.1",
        .listen_fd = -1,
        .threads = 1,
        .body_max = MESSAGE_MAX,
        .handler = {.on_request = echo},
    };
    MF_SCOPED(mf_http_server_free) struct http_server *server = NULL;
    struct err err = {0};

    mf_ck_ok(mf_http_server_start(&params, &server, &err), err);
    pid_t pid = fork();
    if (pid == 0) {
        send_tokens(mf_http_server_port(server), pads[_i]);
        _exit(0);
    }
    ended_well(pid);
    mf_http_server_stop(server, 1000);
    nothing_is_left();
}
END_TEST

static void serve_token(int listening, size_t pad)
{
    struct buf request = {.max = MESSAGE_MAX}, answer = {.max = MESSAGE_MAX};
    struct err err = {0};
    int fd = accept(listening, NULL, NULL);

    ck_assert_int_ge(fd, 0);
    ck_assert(mf_wire_read_until(fd, &request, "THE END", 1));
    ck_assert_uint_eq(mf_wire_count(&request, "Authorization: Bearer "), 1);
    mf_ck_ok(mf_buf_printf(&answer, &err, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                           MF_SCAN_LEN + pad),
             err);
    append_body(&answer, 2, pad);
    mf_wire_send(fd, mf_buf_span(&answer));
    close(fd);
}

static void put_clear(struct secret *s, size_t token)
{
    clear(token, s->p + s->n);
    s->n += MF_SCAN_LEN;
}

static void call(uint16_t port, size_t pad)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    MF_SCOPED(mf_secret_done) struct secret token = {0}, body = {0};
    struct err err = {0};
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)port);
    mf_ck_ok(mf_secret_new(MF_SCAN_LEN, &token, &err), err);
    mf_ck_ok(mf_secret_new(MESSAGE_MAX, &body, &err), err);
    put_clear(&token, 0);
    put_clear(&body, 1);
    memset(body.p + body.n, '.', pad);
    memcpy(body.p + body.n + pad, "THE END", 7);
    body.n += pad + 7;
    const struct http_call post = {.method = "POST",
                                   .url = url,
                                   .body = mf_secret_span(&body),
                                   .bearer = &token,
                                   .answer_max = MESSAGE_MAX,
                                   .tries = 1};
    mf_ck_ok(mf_http_client_new(&(struct http_client_params){0}, &client, &err), err);
    mf_ck_ok(mf_http_call(client, &post, &answer, &err), err);
    ck_assert_uint_eq(answer.body.n, MF_SCAN_LEN + pad);
    ck_assert(mf_memory_holds(masked[2])); /* the search finds one that is there */
}

START_TEST(client_keeps_nothing_of_a_call)
{
    uint16_t port = 0;
    MF_SCOPED(mf_fd_done) int listening = mf_wire_listen(&port);
    pid_t pid = fork();

    if (pid == 0) {
        serve_token(listening, pads[_i]);
        _exit(0);
    }
    call(port, pads[_i]);
    ended_well(pid);
    nothing_is_left();
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("http_wipe");
    TCase *tc = tcase_create("http_wipe");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, server_keeps_nothing_of_a_request, 0, MF_LEN(pads));
    tcase_add_loop_test(tc, client_keeps_nothing_of_a_call, 0, MF_LEN(pads));
    suite_add_tcase(suite, tc);
    return suite;
}
