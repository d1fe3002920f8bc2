/* Scanner of a chunked body's framing, part of head_scan. Source: RFC 9112 section 7.1, without
 * extensions and trailer fields: others would read what we ignore. */
#ifndef MF_COMMON_NET_CHUNK_SCAN_H
#define MF_COMMON_NET_CHUNK_SCAN_H

#include "common/base/span.h"

struct chunk_scan {
    uint64_t body_max;  /* bytes */
    uint64_t body_n;    /* bytes announced by the chunks so far */
    unsigned status;    /* 0, or 400 or 413 */
    const char *reason; /* of the refusal */
    int state;          /* private from here on */
    uint64_t left;
    unsigned digits;
};

enum chunk_verdict { MF_CHUNK_MORE, MF_CHUNK_DONE, MF_CHUNK_REFUSED };

void mf_chunk_scan_init(struct chunk_scan *scan, uint64_t body_max);
/* Takes bytes up to the end of the body; *taken says how many. Not to be called after DONE. */
enum chunk_verdict mf_chunk_scan_feed(struct chunk_scan *scan, struct span bytes, size_t *taken);
/* Bytes of the chunk in hand that have not come yet. */
uint64_t mf_chunk_scan_coming(const struct chunk_scan *scan);

#endif
