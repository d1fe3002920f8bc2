#include "ca-stub/identity/san_uri.h"

enum where { IN_PATH, IN_FRAGMENT };

static bool bad(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_FORMAT, "URI %s", what);
}

static bool is_alpha(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_alnum(uint8_t c)
{
    return is_alpha(c) || (c >= '0' && c <= '9');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* True when a re-encoded text keeps this byte. */
static bool stays(uint8_t c, enum where where)
{
    if (is_alnum(c) || is_one_of(c, "-_.~$&+,/:;=@"))
        return true;
    return where == IN_FRAGMENT && is_one_of(c, "?!()*");
}

/* True when text of such bytes alone is kept as it came. */
static bool may_come(uint8_t c, enum where where)
{
    return stays(c, where) || is_one_of(c, "!'()*[]%");
}

/* One byte off the front, %XX resolved; the caller knows that text is not empty. */
static bool next_byte(struct span *text, uint8_t *out, struct err *err)
{
    size_t used = 1;

    *out = text->p[0];
    if (text->p[0] == '%') {
        int high = text->n >= 3 ? hex_value(text->p[1]) : -1;
        int low = text->n >= 3 ? hex_value(text->p[2]) : -1;
        if (high < 0 || low < 0)
            return bad(err, "has a '%' that no two hexadecimal digits follow");
        *out = (uint8_t)(high << 4 | low);
        used = 3;
    }
    *text = mf_span_from(*text, used);
    return true;
}

static bool escape(struct span text, enum where where, struct buf *out, struct err *err)
{
    static const char digits[] = "0123456789ABCDEF";
    struct span rest = text;
    bool keep = true;
    uint8_t c = 0;

    for (size_t i = 0; i < text.n; i++)
        keep = keep && may_come(text.p[i], where);
    while (rest.n > 0) {
        if (!next_byte(&rest, &c, err))
            return false;
        if (keep)
            continue; /* only to see that each %XX is whole */
        bool ok = stays(c, where) ? mf_buf_append_byte(out, c, err)
                                  : mf_buf_append_byte(out, '%', err) &&
                                        mf_buf_append_byte(out, (uint8_t)digits[c >> 4], err) &&
                                        mf_buf_append_byte(out, (uint8_t)digits[c & 15], err);
        if (!ok)
            return false;
    }
    return !keep || mf_buf_append(out, text, err);
}

static bool check_bytes(struct span uri, struct err *err)
{
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] < 0x20 || uri.p[i] == 0x7F)
            return bad(err, "has a control character");
    return true;
}

/* "scheme://host[:port]"; *rest begins with what follows. */
static bool take_authority(struct span *rest, struct buf *out, struct err *err)
{
    struct span text = *rest;
    size_t colon = mf_span_find(text, ':');

    for (size_t i = 0; i < colon; i++)
        if (!is_alpha(text.p[i]) && !(i > 0 && is_one_of(text.p[i], "0123456789+-.")))
            return bad(err, "has no scheme");
    if (colon == 0 || !mf_span_starts(mf_span_from(text, colon), MF_SPAN("://")))
        return bad(err, "has no scheme and host");
    size_t from = colon + 3;
    size_t to = from;
    while (to < text.n && !is_one_of(text.p[to], "/?#")) {
        if (!is_alnum(text.p[to]) && !is_one_of(text.p[to], "-._:[]"))
            return bad(err, "has a host with characters that no host has");
        to++;
    }
    if (to == from || text.p[from] == ':')
        return bad(err, "has no host");
    *rest = mf_span_from(text, to);
    return mf_buf_append(out, mf_span_first(text, to), err);
}

static bool put_query(struct span query, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < query.n; i++)
        if (query.p[i] <= 0x20 || query.p[i] >= 0x7F)
            return bad(err, "has a query that is not ASCII");
    return mf_buf_append(out, query, err);
}

bool mf_san_uri_write(struct span uri, struct buf *out, struct err *err)
{
    struct span rest = uri;
    size_t kept = out->n;

    if (!check_bytes(uri, err) || !take_authority(&rest, out, err)) {
        out->n = kept;
        return false;
    }
    size_t hash = mf_span_find(rest, '#');
    struct span before = mf_span_first(rest, hash);
    size_t question = mf_span_find(before, '?');
    bool ok = escape(mf_span_first(before, question), IN_PATH, out, err) &&
              put_query(mf_span_from(before, question), out, err);
    if (ok && hash + 1 < rest.n) /* an empty fragment is dropped, as Go does */
        ok = mf_buf_append_byte(out, '#', err) &&
             escape(mf_span_from(rest, hash + 1), IN_FRAGMENT, out, err);
    if (!ok)
        out->n = kept;
    return ok;
}

/* RFC 3986 6.2.2.2: %2e is the same as '.'. */
static bool is_dots(struct span segment)
{
    size_t dots = 0;

    for (size_t i = 0; i < segment.n; dots++) {
        if (segment.p[i] == '.')
            i++;
        else if (segment.n - i >= 3 && segment.p[i] == '%' && segment.p[i + 1] == '2' &&
                 is_one_of(segment.p[i + 2], "eE"))
            i += 3;
        else
            return false;
    }
    return dots == 1 || dots == 2;
}

/* Written out again it would be a real slash, and what stands around it a real segment. */
static bool is_escaped_slash(struct span text)
{
    return mf_span_starts(text, MF_SPAN("%2F")) || mf_span_starts(text, MF_SPAN("%2f"));
}

bool mf_san_uri_is_part(struct span text, struct san_uri_part how)
{
    struct span rest = text;

    if (text.n == 0 || text.p[0] == '/')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || is_one_of(text.p[i], "?\\\x7F") ||
            (text.p[i] == '#' && !how.allow_hash) || is_escaped_slash(mf_span_from(text, i)))
            return false;
    for (;;) {
        size_t slash = mf_span_find(rest, '/');
        if (is_dots(mf_span_first(rest, slash)) || (slash == 0 && !how.allow_empty_segments))
            return false;
        if (slash == rest.n)
            return true;
        rest = mf_span_from(rest, slash + 1);
    }
}
