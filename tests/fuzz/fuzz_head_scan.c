/* The verdict on a stream does not depend on where it is cut, and a head that was taken holds
 * nothing that two readers could take differently. The first two bytes say where to cut. */
#include <strings.h>

#include "common/net/head_scan.h"
#include "tests/support/fuzz.h"

enum { HEAD_MAX = 512, BODY_MAX = 256 };

static struct head_scan scan_in_pieces(struct span bytes, size_t first, size_t then)
{
    struct head_scan scan;
    size_t piece = first;
    bool ok = true;

    mf_head_scan_init(&scan, HEAD_MAX, BODY_MAX);
    while (bytes.n > 0) {
        size_t n = piece < bytes.n ? piece : bytes.n;
        /* A copy of its own, so that a look beyond the piece is found. */
        uint8_t *copy = malloc(n);
        mf_require(copy != NULL);
        memcpy(copy, bytes.p, n);
        ok = mf_head_scan_feed(&scan, (struct span){copy, n});
        free(copy);
        bytes = mf_span_from(bytes, n);
        piece = then;
    }
    mf_require(ok == (scan.status == 0));
    return scan;
}

static struct span first_head(struct span bytes)
{
    for (size_t i = 0; i + 4 <= bytes.n; i++)
        if (memcmp(bytes.p + i, "\r\n\r\n", 4) == 0)
            return mf_span_first(bytes, i + 4);
    return (struct span){0};
}

/* A second reading of the same rules, line by line. */
static void require_plain_head(struct span head)
{
    unsigned lengths = 0;
    unsigned encodings = 0;
    unsigned hosts = 0;
    struct span line;

    mf_require(head.n > 0 && head.n <= HEAD_MAX);
    while (mf_span_line(&head, &line)) {
        mf_require(line.n > 0 && line.p[line.n - 1] == '\r');
        line.n--;
        for (size_t i = 0; i < line.n; i++)
            mf_require(line.p[i] >= 0x20 || line.p[i] == '\t');
        mf_require(line.n == 0 || (line.p[0] != ' ' && line.p[0] != '\t'));
        struct span name = mf_span_first(line, mf_span_find(line, ':'));
        mf_require(name.n == 0 || name.p[name.n - 1] != ' ');
        lengths += name.n == 14 && strncasecmp((const char *)name.p, "content-length", 14) == 0;
        encodings += name.n == 17 &&
                     strncasecmp((const char *)name.p, "transfer-encoding", 17) == 0;
        hosts += name.n == 4 && strncasecmp((const char *)name.p, "host", 4) == 0;
    }
    mf_require(head.n == 0);
    mf_require(hosts <= 1 && lengths + encodings <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct span bytes = {data + 2, size - 2};
    struct head_scan whole = scan_in_pieces(bytes, size, size);
    struct head_scan pieces = scan_in_pieces(bytes, 1 + data[0], 1 + data[1] % 16);
    struct head_scan single = scan_in_pieces(bytes, 1, 1);

    mf_require(memcmp(&whole, &pieces, sizeof whole) == 0);
    mf_require(memcmp(&whole, &single, sizeof whole) == 0);
    mf_require((whole.status == 0) == (whole.reason == NULL));
    mf_require(whole.last_body <= BODY_MAX);
    mf_require(whole.status == 0 || !mf_head_scan_is_between(&whole));
    if (whole.requests > 0)
        require_plain_head(first_head(bytes));
    return 0;
}
