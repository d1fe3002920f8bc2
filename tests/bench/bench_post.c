/* One request, over and over: bench_post PORT PATH CONTENT_TYPE FILE STATUS WHAT CONNECTIONS.
 * bench_sign.py measures a running instance with it. */
#include "common/base/buf.h"
#include "common/base/file.h"
#include "tests/support/load.h"

enum { BODY_MAX = 16384, SECONDS = 3 };

static struct span same(void *state)
{
    return mf_buf_span(state);
}

int main(int argc, char **argv)
{
    MF_SCOPED(mf_buf_done) struct buf body = {0};
    MF_SCOPED(mf_buf_done) struct buf request = {.max = 2 * BODY_MAX};
    struct err err = {0};
    char head[512];

    if (argc != 8 || !mf_file_read(argv[4], BODY_MAX, &body, &err))
        mf_load_die("usage: bench_post PORT PATH CONTENT_TYPE FILE STATUS WHAT CONNECTIONS");
    int n = snprintf(head, sizeof head,
                     "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     argv[2], argv[3], body.n);
    if (n < 0 || (size_t)n >= sizeof head || !mf_buf_append_str(&request, head, &err) ||
        !mf_buf_append(&request, mf_buf_span(&body), &err))
        mf_load_die("cannot make the request");
    unsigned connections = (unsigned)strtoul(argv[7], NULL, 10);
    if (connections == 0 || connections > MF_LOAD_CONNECTIONS)
        mf_load_die("too many connections, or none");
    const struct load load = {.port = (uint16_t)strtoul(argv[1], NULL, 10),
                              .connections = connections,
                              .seconds = SECONDS,
                              .status = (unsigned)strtoul(argv[5], NULL, 10),
                              .next = same,
                              .state = &request};
    mf_load_print(argv[6], connections, mf_load_run(&load));
    return 0;
}
