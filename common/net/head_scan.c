#include "common/net/head_scan.h"

#include <strings.h>

enum { METHOD_MAX = 16, LENGTH_DIGITS_MAX = 10, CHUNK_DIGITS_MAX = 8 };

void mf_head_scan_init(struct head_scan *scan, size_t head_max, size_t body_max)
{
    *scan = (struct head_scan){.head_max = head_max, .body_max = body_max};
}

static bool refuse(struct head_scan *s, unsigned status, const char *reason)
{
    s->state = MF_HEAD_REFUSED;
    s->refused = status;
    s->reason = reason;
    return false;
}

static void next_request(struct head_scan *s)
{
    uint64_t finished = s->finished + 1;

    mf_head_scan_init(s, s->head_max, s->body_max);
    s->finished = finished;
}

static bool is_target_byte(struct head_scan *s, uint8_t b)
{
    bool word = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');

    if (s->in_query)
        return b > 0x20 && b < 0x7F && b != '#';
    return word || b == '/' || b == '.' || b == '_' || b == '-' || b == '~' || b == '?';
}

/* "//" and ".." have several meanings to several readers. */
static bool scan_target(struct head_scan *s, uint8_t b)
{
    if (s->part_n == 0 && b != '/')
        return refuse(s, 400, "request target does not begin with a slash");
    if (!is_target_byte(s, b))
        return refuse(s, 400, "request target has a character that is not allowed");
    s->part_n++;
    if (s->in_query)
        return true;
    if (b == '?') {
        s->in_query = true;
        return true;
    }
    if (b == '/' && s->slash_before)
        return refuse(s, 400, "request target has an empty segment");
    s->dots = b == '.' ? s->dots + 1 : 0;
    if (s->dots > 1)
        return refuse(s, 400, "request target has two dots in a row");
    s->slash_before = b == '/';
    return true;
}

static bool end_request_line(struct head_scan *s)
{
    if (s->part != 2 || s->part_n != 8)
        return refuse(s, 400, "request line is not METHOD TARGET VERSION");
    s->http10 = memcmp(s->version, "HTTP/1.0", 8) == 0;
    if (!s->http10 && memcmp(s->version, "HTTP/1.1", 8) != 0)
        return refuse(s, 400, "version is neither HTTP/1.1 nor HTTP/1.0");
    s->state = MF_HEAD_LINE_LF;
    return true;
}

static bool scan_request_line(struct head_scan *s, uint8_t b)
{
    if (b == '\r')
        return end_request_line(s);
    if (b == ' ') {
        if (s->part_n == 0 || s->part == 2)
            return refuse(s, 400, "request line has a blank too many");
        s->part++;
        s->part_n = 0;
        return true;
    }
    if (s->part == 1)
        return scan_target(s, b);
    if (s->part == 0) {
        if (b < 'A' || b > 'Z' || s->part_n == METHOD_MAX)
            return refuse(s, 400, "method is not a word of capital letters");
        s->part_n++;
        return true;
    }
    if (s->part_n == 8)
        return refuse(s, 400, "version is neither HTTP/1.1 nor HTTP/1.0");
    s->version[s->part_n++] = (char)b;
    return true;
}

static bool is_token(uint8_t b)
{
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
           (b != 0 && strchr("!#$%&'*+-.^_`|~", b) != NULL);
}

static bool scan_line_start(struct head_scan *s, uint8_t b)
{
    if (b == '\r') {
        s->state = MF_HEAD_FINAL_LF;
        return true;
    }
    if (b == ' ' || b == '\t')
        return refuse(s, 400, "header line is folded");
    if (!is_token(b))
        return refuse(s, 400, "header name has a character that is not allowed");
    s->name[0] = (char)b;
    s->name_n = 1;
    s->value_n = 0;
    s->state = MF_HEAD_NAME;
    return true;
}

static bool scan_name(struct head_scan *s, uint8_t b)
{
    if (b == ':') {
        size_t n = s->name_n < MF_HEAD_LINE_NAME_MAX ? s->name_n : MF_HEAD_LINE_NAME_MAX;
        s->name[n] = '\0';
        s->state = MF_HEAD_VALUE;
        return true;
    }
    if (!is_token(b))
        return refuse(s, 400, "header name has a character that is not allowed");
    if (s->name_n < MF_HEAD_LINE_NAME_MAX)
        s->name[s->name_n] = (char)b;
    s->name_n++;
    return true;
}

static bool is_named(const struct head_scan *s, const char *name)
{
    return s->name_n == strlen(name) && strcasecmp(s->name, name) == 0;
}

/* The value without blanks at either end; longer than our room never equals anything. */
static struct span value_of(const struct head_scan *s)
{
    struct span v = {(const uint8_t *)s->value, s->value_n};

    if (v.n > sizeof s->value)
        return (struct span){0};
    while (v.n > 0 && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = mf_span_from(v, 1);
    while (v.n > 0 && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

static bool end_length(struct head_scan *s)
{
    struct span v = value_of(s);

    if (s->has_length)
        return refuse(s, 400, "Content-Length stands twice");
    if (v.n == 0 || v.n > LENGTH_DIGITS_MAX)
        return refuse(s, 400, "Content-Length is not a plain number");
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return refuse(s, 400, "Content-Length is not a plain number");
        s->length = s->length * 10 + (uint64_t)(v.p[i] - '0');
    }
    s->has_length = true;
    return s->length <= s->body_max || refuse(s, 413, "body is larger than allowed");
}

static bool end_encoding(struct head_scan *s)
{
    struct span v = value_of(s);

    if (s->chunked || v.n != 7 || strncasecmp((const char *)v.p, "chunked", 7) != 0)
        return refuse(s, 400, "Transfer-Encoding is not chunked");
    s->chunked = true;
    return true;
}

static bool end_header(struct head_scan *s)
{
    s->state = MF_HEAD_LINE_LF;
    if (is_named(s, "content-length"))
        return end_length(s);
    if (is_named(s, "transfer-encoding"))
        return end_encoding(s);
    if (is_named(s, "host") && ++s->hosts > 1)
        return refuse(s, 400, "Host stands twice");
    return true;
}

static bool scan_value(struct head_scan *s, uint8_t b)
{
    if (b == '\r')
        return end_header(s);
    if ((b < 0x20 && b != '\t') || b == 0x7F)
        return refuse(s, 400, "header value has a control character");
    if (s->value_n < sizeof s->value)
        s->value[s->value_n] = (char)b;
    s->value_n++;
    return true;
}

static bool end_head(struct head_scan *s)
{
    if (s->hosts == 0 && !s->http10)
        return refuse(s, 400, "Host is missing");
    if (s->chunked && (s->has_length || s->http10))
        return refuse(s, 400, "two framings of one body");
    if (s->chunked) {
        s->digits = 0;
        s->length = 0;
        s->state = MF_HEAD_CHUNK_SIZE;
    } else if (s->length > 0) {
        s->state = MF_HEAD_BODY;
    } else {
        next_request(s);
    }
    return true;
}

static bool scan_chunk_size(struct head_scan *s, uint8_t b)
{
    unsigned v = b >= '0' && b <= '9'   ? (unsigned)(b - '0')
                 : b >= 'a' && b <= 'f' ? (unsigned)(b - 'a') + 10
                 : b >= 'A' && b <= 'F' ? (unsigned)(b - 'A') + 10
                                        : 16;

    if (b == '\r' && s->digits > 0) {
        s->state = MF_HEAD_CHUNK_SIZE_LF;
        return true;
    }
    if (v > 15 || ++s->digits > CHUNK_DIGITS_MAX)
        return refuse(s, 400, "chunk size is not a plain hexadecimal number");
    s->length = s->length * 16 + v;
    return s->body_n + s->length <= s->body_max || refuse(s, 413, "body is larger than allowed");
}

static bool scan_chunk_end(struct head_scan *s, uint8_t b)
{
    bool expected =
        b == (s->state == MF_HEAD_CHUNK_DATA_CR || s->state == MF_HEAD_TRAILER_CR ? '\r' : '\n');

    if (!expected)
        return refuse(s, 400, "chunk is not framed by CR and LF, or has a trailer");
    if (s->state == MF_HEAD_CHUNK_SIZE_LF) {
        s->body_n += s->length;
        s->state = s->length == 0 ? MF_HEAD_TRAILER_CR : MF_HEAD_CHUNK_DATA;
    } else if (s->state == MF_HEAD_CHUNK_DATA_CR) {
        s->state = MF_HEAD_CHUNK_DATA_LF;
    } else if (s->state == MF_HEAD_CHUNK_DATA_LF) {
        s->digits = 0;
        s->length = 0;
        s->state = MF_HEAD_CHUNK_SIZE;
    } else if (s->state == MF_HEAD_TRAILER_CR) {
        s->state = MF_HEAD_TRAILER_LF;
    } else {
        next_request(s);
    }
    return true;
}

static bool scan_byte(struct head_scan *s, uint8_t b)
{
    switch (s->state) {
    case MF_HEAD_REQUEST_LINE:
        return scan_request_line(s, b);
    case MF_HEAD_LINE_START:
        return scan_line_start(s, b);
    case MF_HEAD_NAME:
        return scan_name(s, b);
    case MF_HEAD_VALUE:
        return scan_value(s, b);
    case MF_HEAD_LINE_LF:
        s->state = MF_HEAD_LINE_START;
        return b == '\n' || refuse(s, 400, "CR without LF");
    case MF_HEAD_FINAL_LF:
        return b == '\n' ? end_head(s) : refuse(s, 400, "CR without LF");
    case MF_HEAD_CHUNK_SIZE:
        return scan_chunk_size(s, b);
    case MF_HEAD_CHUNK_SIZE_LF:
    case MF_HEAD_CHUNK_DATA_CR:
    case MF_HEAD_CHUNK_DATA_LF:
    case MF_HEAD_TRAILER_CR:
    case MF_HEAD_TRAILER_LF:
        return scan_chunk_end(s, b);
    case MF_HEAD_BODY:
    case MF_HEAD_CHUNK_DATA:
    case MF_HEAD_REFUSED:
        break;
    }
    return refuse(s, 400, "malformed request");
}

/* Body bytes are counted, not looked at. */
static size_t skip_body(struct head_scan *s, size_t n)
{
    size_t take = n < s->length ? n : (size_t)s->length;

    s->length -= take;
    if (s->length == 0 && s->state == MF_HEAD_CHUNK_DATA)
        s->state = MF_HEAD_CHUNK_DATA_CR;
    else if (s->length == 0)
        next_request(s);
    return take;
}

bool mf_head_scan_feed(struct head_scan *s, struct span bytes)
{
    for (size_t i = 0; i < bytes.n;) {
        if (s->state == MF_HEAD_REFUSED)
            return false;
        s->in_request = true;
        if (s->state == MF_HEAD_BODY || s->state == MF_HEAD_CHUNK_DATA) {
            i += skip_body(s, bytes.n - i);
            continue;
        }
        bool in_head = s->state < MF_HEAD_BODY;
        if (in_head && ++s->head_n > s->head_max)
            return refuse(s, 431, "request head is larger than allowed");
        if (!scan_byte(s, bytes.p[i++]))
            return false;
    }
    return s->state != MF_HEAD_REFUSED;
}
