/* Scanner of raw HTTP/1.1 request bytes, run before the HTTP library sees them. Source: RFC 9112.
 *
 * Two readers of one connection that disagree about where a request ends are request smuggling, so
 * what could be read in two ways is refused: bare LF or CR, folded lines, control characters,
 * doubled or odd Content-Length, Content-Length beside Transfer-Encoding, more than one Host. Fed
 * with pieces of any size; the verdict does not depend on how they are cut. Allocates nothing. */
#ifndef MF_COMMON_NET_HEAD_SCAN_H
#define MF_COMMON_NET_HEAD_SCAN_H

#include "common/base/span.h"

enum { MF_HEAD_LINE_NAME_MAX = 20 }; /* bytes of a header name that matter to us */

enum head_state {
    MF_HEAD_REQUEST_LINE,
    MF_HEAD_LINE_START,
    MF_HEAD_NAME,
    MF_HEAD_VALUE,
    MF_HEAD_LINE_LF,  /* after CR of a header line or the request line */
    MF_HEAD_FINAL_LF, /* after CR of the empty line */
    MF_HEAD_BODY,
    MF_HEAD_CHUNK_SIZE,
    MF_HEAD_CHUNK_SIZE_LF,
    MF_HEAD_CHUNK_DATA,
    MF_HEAD_CHUNK_DATA_CR,
    MF_HEAD_CHUNK_DATA_LF,
    MF_HEAD_TRAILER_CR,
    MF_HEAD_TRAILER_LF,
    MF_HEAD_REFUSED
};

struct head_scan {
    size_t head_max; /* bytes of request line and headers */
    size_t body_max; /* bytes of body */
    enum head_state state;
    unsigned refused;   /* HTTP status, 0 while all is well */
    const char *reason; /* a literal */
    uint64_t finished;  /* requests read to their end */
    bool in_request;    /* a byte of the current request has come */
    /* the current request */
    size_t head_n;
    unsigned part; /* of the request line: 0 method, 1 target, 2 version */
    char version[9];
    size_t part_n;
    bool in_query, slash_before;
    unsigned dots;
    char name[MF_HEAD_LINE_NAME_MAX + 1];
    size_t name_n, value_n;
    char value[32]; /* of the headers that matter */
    unsigned hosts;
    bool has_length, chunked, http10;
    uint64_t length; /* Content-Length, or what is left of it */
    uint64_t body_n;
    unsigned digits;
};

void mf_head_scan_init(struct head_scan *scan, size_t head_max, size_t body_max);
/* Takes the next bytes; false once refused (and for ever after). */
bool mf_head_scan_feed(struct head_scan *scan, struct span bytes);

#endif
