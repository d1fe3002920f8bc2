/* URLs: a strict split of http and https URLs. Source: RFC 3986. */
#ifndef MF_COMMON_CODEC_URL_H
#define MF_COMMON_CODEC_URL_H

#include "common/base/buf.h"

enum { MF_URL_MAX = 2048 }; /* bytes */

struct url { /* spans borrow from the text */
    bool https;
    struct span host; /* without brackets */
    uint16_t port;    /* 80 or 443 when the text has none */
    bool has_port;
    struct span path;  /* "" or from '/' on, without query */
    struct span query; /* without '?', or empty */
};

/* No user info, no fragment, no white space or control characters; host of letters, digits, '-',
 * '.', or an IP literal. */
MF_MUST_USE bool mf_url_parse(struct span text, struct url *out, struct err *err);
/* 127.0.0.0/8, ::1 and "localhost". */
bool mf_url_is_loopback(const struct url *url);
/* A URL as messages may show it: without its query, which may be nobody else's business. */
struct span mf_url_shown(const char *url);

#endif
