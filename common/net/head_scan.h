/* Scanner of raw HTTP/1 request bytes: what may reach the HTTP library and what is refused first.
 * Source: RFC 9112, read narrowly: where it lets a server be lenient, this is not.
 *
 * Bytes go in as they arrive, in any pieces; the verdict does not depend on where they are cut.
 * The scanner follows heads, Content-Length bodies, chunked bodies and pipelined requests, so it
 * always knows which byte begins the next request. Pure: no I/O, no allocation. */
#ifndef MF_COMMON_NET_HEAD_SCAN_H
#define MF_COMMON_NET_HEAD_SCAN_H

#include "common/base/scope.h"
#include "common/base/span.h"
#include "common/net/chunk_scan.h"

enum { MF_HEAD_NAME_MAX = 24, MF_HEAD_VALUE_MAX = 16 }; /* bytes kept of a field */

struct head_scan {
    uint64_t requests;  /* whole requests seen */
    uint64_t last_body; /* bytes of the last whole request's body, chunk framing not counted */
    unsigned status;    /* 0, or the status that refuses: 400, 413, 417, 431, 501, 505 */
    const char *reason; /* of the refusal: one clause */
    /* private to head_scan.c from here on */
    size_t head_max;
    uint64_t body_max;
    int state;
    size_t head_n;   /* bytes of this head so far */
    uint64_t length; /* Content-Length */
    uint64_t left;   /* bytes of that body still to come */
    struct chunk_scan chunks;
    unsigned part;          /* place inside the version */
    unsigned minor;         /* HTTP/1.minor */
    int field;              /* which field of interest the line is */
    unsigned seen;          /* bit per field of interest */
    bool is_head;           /* method HEAD: no body follows its answer or may follow it */
    uint8_t last_path_byte; /* for "//" and ".." */
    size_t name_n, value_n;
    char name[MF_HEAD_NAME_MAX]; /* method, then each field's name in lower case */
    char value[MF_HEAD_VALUE_MAX];
};

/* head_max: bytes of request line and fields with their line ends. body_max: bytes of body. */
void mf_head_scan_init(struct head_scan *scan, size_t head_max, uint64_t body_max);
/* Takes the next bytes. False once anything was refused, and for ever after. */
MF_MUST_USE bool mf_head_scan_feed(struct head_scan *scan, struct span bytes);
/* Bytes of body that have been announced and have not come yet. */
uint64_t mf_head_scan_coming(const struct head_scan *scan);
/* True before the first byte of a request: nothing of one has arrived. */
bool mf_head_scan_is_between(const struct head_scan *scan);

#endif
