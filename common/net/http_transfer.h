/* One call of the HTTP client over all its tries. Inside the room only. */
#ifndef MF_COMMON_NET_HTTP_TRANSFER_H
#define MF_COMMON_NET_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "common/codec/url.h"
#include "common/net/http_client.h"

enum {
    MF_TRANSFER_LINES_MAX = 5,
    MF_TRANSFER_HEAD_MAX = 64 * 1024, /* bytes of status lines, fields and trailer fields */
    MF_TRANSFER_FIELD_MAX = 256,      /* bytes of a header line we make, the token's apart */
};

enum transfer_state { MF_TRANSFER_WAITING, MF_TRANSFER_RUNNING, MF_TRANSFER_DONE };

struct transfer {
    const struct http_client_params *params; /* borrowed, as are the next three */
    const struct http_call *call;
    struct http_result *result;
    CURL *easy; /* while running */
    struct url url;
    enum transfer_state state;
    uint64_t due_ms; /* when the next try starts */
    uint64_t end_ms; /* of the whole call */
    unsigned tries;
    struct buf body;
    size_t head_n;   /* bytes of this try's head so far */
    bool head_whole; /* its empty line was there */
    struct secret bearer_line;
    struct curl_slist lines[MF_TRANSFER_LINES_MAX];
    size_t line_count;
    char content_type[MF_TRANSFER_FIELD_MAX];
    char accept[MF_TRANSFER_FIELD_MAX];
    char said[CURL_ERROR_SIZE];
};

/* Checks the call; it is waiting and due at once, or done with its error. */
void mf_transfer_begin(struct transfer *t, const struct http_client_params *params,
                       const struct http_call *call, struct http_result *result, uint64_t now_ms);
/* Sets up a fresh handle for the next try. */
void mf_transfer_start(struct transfer *t, CURL *easy, uint64_t now_ms);
/* The try is over: the transfer is done, or waits for the next try. */
void mf_transfer_settle(struct transfer *t, CURLcode code, uint64_t now_ms);
/* It cannot even be tried. */
void mf_transfer_no_memory(struct transfer *t);
/* Wipes and frees what it held; the result stays. */
void mf_transfer_end(struct transfer *t);

#endif
