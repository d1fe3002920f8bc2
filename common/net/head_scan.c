#include "common/net/head_scan.h"

#include "common/net/http_token.h"

enum {
    METHOD,
    PATH_FIRST,
    PATH,
    QUERY,
    VERSION,
    LINE_LF,
    FIELD_FIRST,
    NAME,
    VALUE_SPACE,
    VALUE,
    VALUE_LF,
    HEAD_LF,
    BODY,
    CHUNKS,
    REFUSED,
};

enum { OTHER_FIELD, CONTENT_LENGTH, TRANSFER_ENCODING, HOST, EXPECT };

enum { LENGTH_DIGITS_MAX = 10 };

static const char version_text[] = "HTTP/1.";

void mf_head_scan_init(struct head_scan *s, size_t head_max, uint64_t body_max)
{
    *s = (struct head_scan){.head_max = head_max, .body_max = body_max, .state = METHOD};
}

bool mf_head_scan_is_between(const struct head_scan *s)
{
    return s->state == METHOD && s->head_n == 0;
}

uint64_t mf_head_scan_coming(const struct head_scan *s)
{
    if (s->state == CHUNKS)
        return mf_chunk_scan_coming(&s->chunks);
    return s->state == BODY ? s->left : 0;
}

static bool refuse(struct head_scan *s, unsigned status, const char *reason)
{
    s->status = status;
    s->reason = reason;
    s->state = REFUSED;
    return false;
}

static bool go(struct head_scan *s, int state)
{
    s->state = state;
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool name_is(const struct head_scan *s, const char *text)
{
    return s->name_n == strlen(text) && memcmp(s->name, text, s->name_n) == 0;
}

static bool value_is(const struct head_scan *s, const char *text)
{
    return s->value_n == strlen(text) && memcmp(s->value, text, s->value_n) == 0;
}

/* One past the room is kept as "longer", which equals nothing that is looked for. */
static void keep(char *out, size_t cap, size_t *n, uint8_t c)
{
    if (*n < cap)
        out[*n] = (char)c;
    if (*n <= cap)
        *n += 1;
}

static void end_request(struct head_scan *s, uint64_t body_n)
{
    s->requests++;
    s->last_body = body_n;
    s->state = METHOD;
    s->head_n = 0;
    s->name_n = 0;
    s->seen = 0;
    s->length = 0;
}

/* evhttp knows these; TRACE and CONNECT have no use here. */
static bool end_method(struct head_scan *s)
{
    static const char *const methods[] = {"GET",   "HEAD",    "POST",   "PUT",
                                          "PATCH", "OPTIONS", "DELETE", NULL};

    s->is_head = name_is(s, "HEAD");
    for (size_t i = 0; methods[i] != NULL; i++)
        if (name_is(s, methods[i]))
            return go(s, PATH_FIRST);
    if (s->name_n == 0)
        return refuse(s, 400, "request line has no method");
    return refuse(s, 501, "Method Not Allowed");
}

static bool in_method(struct head_scan *s, uint8_t c)
{
    if (c == ' ')
        return end_method(s);
    if (!mf_is_token(c))
        return refuse(s, 400, "method has a character that is not allowed");
    keep(s->name, sizeof s->name, &s->name_n, c);
    return true;
}

static bool in_path(struct head_scan *s, uint8_t c)
{
    uint8_t before = s->last_path_byte;

    s->last_path_byte = c;
    s->part = 0;
    if (c == ' ')
        return go(s, VERSION);
    if (c == '?')
        return go(s, QUERY);
    if (c == before && (c == '/' || c == '.'))
        return refuse(s, 400, "path has \"//\" or \"..\"");
    if (!mf_is_alnum(c) && (c == 0 || strchr("/._~-", c) == NULL))
        return refuse(s, 400, "path has a character that is not allowed");
    return true;
}

static bool in_query(struct head_scan *s, uint8_t c)
{
    if (c == ' ')
        return go(s, VERSION);
    if (c < 0x21 || c > 0x7e || c == '#')
        return refuse(s, 400, "query has a character that is not allowed");
    return true;
}

static bool in_version(struct head_scan *s, uint8_t c)
{
    size_t fixed = sizeof version_text - 1;

    if (s->part < fixed) {
        if (c != (uint8_t)version_text[s->part++])
            return refuse(s, 505, "HTTP version is not 1.0 or 1.1");
        return true;
    }
    if (s->part++ == fixed) {
        s->minor = c == '1' ? 1 : 0;
        if (c != '0' && c != '1')
            return refuse(s, 505, "HTTP version is not 1.0 or 1.1");
        return true;
    }
    if (c != '\r')
        return refuse(s, 400, "request line does not end after the HTTP version");
    return go(s, LINE_LF);
}

static bool begin_field(struct head_scan *s, uint8_t c)
{
    s->name_n = 0;
    if (c == '\r')
        return go(s, HEAD_LF);
    if (c == ' ' || c == '\t')
        return refuse(s, 400, "header field is folded");
    if (c == ':')
        return refuse(s, 400, "header field has no name");
    s->state = NAME;
    if (!mf_is_token(c))
        return refuse(s, 400, "header field name has a character that is not allowed");
    keep(s->name, sizeof s->name, &s->name_n, lower(c));
    return true;
}

static bool end_name(struct head_scan *s)
{
    static const struct {
        const char *name;
        int field;
        const char *twice;
    } fields[] = {
        {"content-length", CONTENT_LENGTH, "Content-Length is there twice"},
        {"transfer-encoding", TRANSFER_ENCODING, "Transfer-Encoding is there twice"},
        {"host", HOST, "Host is there twice"},
        {"expect", EXPECT, "Expect is there twice"},
    };

    s->field = OTHER_FIELD;
    s->value_n = 0;
    for (size_t i = 0; i < MF_LEN(fields); i++) {
        if (!name_is(s, fields[i].name))
            continue;
        s->field = fields[i].field;
        if (s->seen & 1U << s->field)
            return refuse(s, 400, fields[i].twice);
        s->seen |= 1U << s->field;
    }
    return go(s, VALUE_SPACE);
}

static bool in_name(struct head_scan *s, uint8_t c)
{
    if (c == ':')
        return end_name(s);
    if (!mf_is_token(c))
        return refuse(s, 400, "header field name has a character that is not allowed");
    keep(s->name, sizeof s->name, &s->name_n, lower(c));
    return true;
}

/* One spelling: digits only, no leading zero; ten of them hold any body we would take. */
static bool end_length(struct head_scan *s)
{
    uint64_t v = 0;

    if (s->value_n == 0 || s->value_n > LENGTH_DIGITS_MAX || (s->value_n > 1 && s->value[0] == '0'))
        return refuse(s, 400, "Content-Length is not a plain decimal number");
    for (size_t i = 0; i < s->value_n; i++) {
        if (!is_digit((uint8_t)s->value[i]))
            return refuse(s, 400, "Content-Length is not a plain decimal number");
        v = v * 10 + (uint64_t)(s->value[i] - '0');
    }
    s->length = v;
    return go(s, VALUE_LF);
}

static bool end_value(struct head_scan *s)
{
    if (s->field == CONTENT_LENGTH)
        return end_length(s);
    if (s->field == TRANSFER_ENCODING && !value_is(s, "chunked"))
        return refuse(s, 400, "Transfer-Encoding is not chunked");
    if (s->field == HOST && s->value_n == 0)
        return refuse(s, 400, "Host is empty");
    if (s->field == EXPECT && !value_is(s, "100-continue"))
        return refuse(s, 417, "Expect is not 100-continue");
    return go(s, VALUE_LF);
}

static bool in_value(struct head_scan *s, uint8_t c)
{
    if (c == '\r')
        return end_value(s);
    if (c == '\n')
        return refuse(s, 400, "line ends in a bare LF");
    if ((c < 0x20 && c != '\t') || c == 0x7f)
        return refuse(s, 400, "header field has a control character");
    if (s->field == OTHER_FIELD)
        return true;
    if (s->field == HOST && !mf_is_alnum(c) && (strchr(".-_:[]", c) == NULL))
        return refuse(s, 400, "Host has a character that is not allowed");
    keep(s->value, sizeof s->value, &s->value_n, lower(c));
    return true;
}

/* evhttp skips spaces only, so a tab here would be read two ways. */
static bool before_value(struct head_scan *s, uint8_t c)
{
    if (c == ' ')
        return true;
    if (c == '\t')
        return refuse(s, 400, "header field value begins with a tab");
    s->state = VALUE;
    return in_value(s, c);
}

static bool end_head(struct head_scan *s)
{
    bool has_length = s->seen & 1U << CONTENT_LENGTH;
    bool is_chunked = s->seen & 1U << TRANSFER_ENCODING;

    if (s->minor == 1 && !(s->seen & 1U << HOST))
        return refuse(s, 400, "Host is missing");
    if (has_length && is_chunked)
        return refuse(s, 400, "Content-Length and Transfer-Encoding are both there");
    if (is_chunked && s->minor == 0)
        return refuse(s, 400, "Transfer-Encoding is not part of HTTP/1.0");
    if (s->is_head && (is_chunked || s->length > 0))
        return refuse(s, 400, "HEAD has a body");
    if (s->length > s->body_max)
        return refuse(s, 413, "body is too large");
    s->left = s->length;
    mf_chunk_scan_init(&s->chunks, s->body_max);
    if (is_chunked)
        return go(s, CHUNKS);
    if (s->left > 0)
        return go(s, BODY);
    end_request(s, 0);
    return true;
}

static bool expect_lf(struct head_scan *s, uint8_t c, int next)
{
    if (c != '\n')
        return refuse(s, 400, "CR without LF");
    return go(s, next);
}

static bool in_head(struct head_scan *s, uint8_t c)
{
    if (++s->head_n > s->head_max)
        return refuse(s, 431, "request head is too large");
    switch (s->state) {
    case METHOD:
        return in_method(s, c);
    case PATH_FIRST:
        s->last_path_byte = 0;
        s->state = PATH;
        return c == '/' ? in_path(s, c) : refuse(s, 400, "request target is not a path");
    case PATH:
        return in_path(s, c);
    case QUERY:
        return in_query(s, c);
    case VERSION:
        return in_version(s, c);
    case LINE_LF:
    case VALUE_LF:
        return expect_lf(s, c, FIELD_FIRST);
    case FIELD_FIRST:
        return begin_field(s, c);
    case NAME:
        return in_name(s, c);
    case VALUE_SPACE:
        return before_value(s, c);
    case VALUE:
        return in_value(s, c);
    default: /* HEAD_LF */
        return c == '\n' ? end_head(s) : refuse(s, 400, "CR without LF");
    }
}

static size_t in_body(struct head_scan *s, struct span bytes)
{
    size_t taken = bytes.n < s->left ? bytes.n : (size_t)s->left;

    s->left -= taken;
    if (s->left == 0)
        end_request(s, s->length);
    return taken;
}

static size_t in_chunks(struct head_scan *s, struct span bytes)
{
    size_t taken = 0;
    enum chunk_verdict verdict = mf_chunk_scan_feed(&s->chunks, bytes, &taken);

    if (verdict == MF_CHUNK_REFUSED)
        refuse(s, s->chunks.status, s->chunks.reason);
    else if (verdict == MF_CHUNK_DONE)
        end_request(s, s->chunks.body_n);
    return taken;
}

bool mf_head_scan_feed(struct head_scan *s, struct span bytes)
{
    size_t i = 0;

    while (i < bytes.n && s->state != REFUSED) {
        if (s->state == BODY)
            i += in_body(s, mf_span_from(bytes, i));
        else if (s->state == CHUNKS)
            i += in_chunks(s, mf_span_from(bytes, i));
        else
            in_head(s, bytes.p[i++]);
    }
    return s->state != REFUSED;
}
