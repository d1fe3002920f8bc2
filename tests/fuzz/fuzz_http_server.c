/* Our scanner and evhttp agree: of a stream that the scanner takes, the handler sees each whole
 * request once, with the body that the scanner counted, and it never sees more. */
#include <netinet/in.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/head_scan.h"
#include "common/net/http_server.h"
#include "tests/support/fuzz.h"

enum { HEAD_MAX = 512, BODY_MAX = 256, INPUT_MAX = 4096 };

static atomic_uint calls;
static atomic_size_t last_body;

static void on_request(struct http_request *r, void *state)
{
    (void)state;
    atomic_fetch_add(&calls, 1);
    atomic_store(&last_body, mf_http_body(r).n);
    mf_require(mf_http_path(r).n > 0 && mf_http_path(r).p[0] == '/');
    mf_http_reply_status(r, 200, MF_SPAN("ok"));
}

static uint16_t start_once(void)
{
    static struct http_server *server = NULL;
    struct http_server_params params = {
        .address = "127.0.0.1",
        .listen_fd = -1,
        .threads = 1,
        .body_max = BODY_MAX,
        .head_max = HEAD_MAX,
        .handler = {on_request, NULL},
    };
    struct err err = {0};

    if (server == NULL)
        mf_require(mf_http_server_start(&params, &server, &err));
    return mf_http_server_port(server);
}

/* Sends all, then reads until the server has closed: it has handled what it will by then. */
static void play(struct span bytes)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(start_once()),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    /* Each from an address of its own: of one, the ports run out while ended connections linger. */
    static uint32_t count;
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_addr = {htonl(INADDR_LOOPBACK + 1 + ++count % 0xFFFF)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uint8_t answer[4096];

    mf_require(fd >= 0);
    mf_require(bind(fd, (const struct sockaddr *)&own, sizeof own) == 0);
    mf_require(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    if (send(fd, bytes.p, bytes.n, MSG_NOSIGNAL) == (ssize_t)bytes.n)
        shutdown(fd, SHUT_WR);
    while (recv(fd, answer, sizeof answer, 0) > 0)
        ;
    close(fd);
}

static bool has(struct span bytes, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i + n <= bytes.n; i++)
        if (strncasecmp((const char *)bytes.p + i, text, n) == 0)
            return true;
    return false;
}

/* These end a connection before its last request. */
static bool may_close_early(struct span bytes)
{
    return has(bytes, "HTTP/1.0") || has(bytes, "Connection");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct head_scan scan;
    struct span bytes = {data, size};

    if (size == 0 || size > INPUT_MAX)
        return 0;
    mf_head_scan_init(&scan, HEAD_MAX, BODY_MAX);
    bool taken = mf_head_scan_feed(&scan, bytes);
    atomic_store(&calls, 0);
    play(bytes);
    mf_require(atomic_load(&calls) <= scan.requests);
    if (!taken || may_close_early(bytes))
        return 0;
    mf_require(atomic_load(&calls) == scan.requests);
    mf_require(scan.requests == 0 || atomic_load(&last_body) == scan.last_body);
    return 0;
}
