#include "common/codec/url.h"

#include <arpa/inet.h>

enum { HOST_MAX = 253, LABEL_MAX = 63 }; /* characters, RFC 1035 section 2.3.4 */

static bool bad(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_FORMAT, "URL %s", what);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* inet_pton wants a NUL behind. */
static bool is_address(int family, struct span text, uint8_t out[static 16])
{
    char copy[INET6_ADDRSTRLEN];

    if (text.n == 0 || text.n >= sizeof copy || mf_span_find(text, 0) < text.n)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return inet_pton(family, copy, out) == 1;
}

static bool label_is_good(struct span label)
{
    if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_alnum(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

/* "7" and "0x7f": resolvers read such a last label as a part of an IPv4 address. */
static bool label_is_number(struct span label)
{
    bool hex = label.n >= 2 && label.p[0] == '0' && (label.p[1] == 'x' || label.p[1] == 'X');

    for (size_t i = hex ? 2 : 0; i < label.n; i++)
        if (hex ? !is_hex(label.p[i]) : !is_digit(label.p[i]))
            return false;
    return true;
}

static bool check_name(struct span host, struct err *err)
{
    struct span rest = host;
    struct span label;
    uint8_t address[16];

    if (host.n == 0)
        return bad(err, "has no host");
    if (host.n > HOST_MAX)
        return bad(err, "has a host that is too long");
    for (;;) {
        size_t dot = mf_span_find(rest, '.');
        label = mf_span_first(rest, dot);
        if (!label_is_good(label))
            return bad(err, "has a malformed host");
        if (dot == rest.n)
            break;
        rest = mf_span_from(rest, dot + 1);
    }
    if (label_is_number(label) && !is_address(AF_INET, host, address))
        return bad(err, "has a malformed IPv4 address");
    return true;
}

static bool parse_port(struct span text, uint16_t *out)
{
    uint64_t v = 0;

    if (!mf_span_decimal(text, &v) || v == 0 || v > UINT16_MAX)
        return false;
    *out = (uint16_t)v;
    return true;
}

static bool parse_authority(struct span text, struct url *u, struct err *err)
{
    struct span after;

    if (mf_span_find(text, '@') < text.n)
        return bad(err, "has user information");
    if (text.n > 0 && text.p[0] == '[') {
        uint8_t address[16];
        size_t close = mf_span_find(text, ']');
        if (close == text.n)
            return bad(err, "has an IP literal without its end");
        u->host = mf_span_from(mf_span_first(text, close), 1);
        after = mf_span_from(text, close + 1);
        if (!is_address(AF_INET6, u->host, address))
            return bad(err, "has a malformed IPv6 address");
        if (after.n > 0 && after.p[0] != ':')
            return bad(err, "has a malformed host");
    } else {
        size_t colon = mf_span_find(text, ':');
        u->host = mf_span_first(text, colon);
        after = mf_span_from(text, colon);
        if (!check_name(u->host, err))
            return false;
    }
    u->has_port = after.n > 0;
    u->port = u->https ? 443 : 80;
    if (u->has_port && !parse_port(mf_span_from(after, 1), &u->port))
        return bad(err, "has a port that is not 1 to 65535");
    return true;
}

/* RFC 3986 sections 3.3 and 3.4: unreserved, sub-delims, ':', '@', '/', and '?' in a query. */
static bool check_rest(struct span text, struct err *err)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == '#')
            return bad(err, "has a fragment");
        if (c == '%') {
            if (text.n - i < 3 || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))
                return bad(err, "has a '%' without two hexadecimal digits");
            continue;
        }
        if (c == 0 || (!is_alnum(c) && strchr("-._~!$&'()*+,;=:@/?", c) == NULL))
            return bad(err, "has a character that must be written as %XX");
    }
    return true;
}

bool mf_url_parse(struct span text, struct url *out, struct err *err)
{
    struct url u = {.https = mf_span_starts(text, MF_SPAN("https://"))};
    size_t end = 0;

    if (text.n > MF_URL_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "URL is longer than %d bytes", MF_URL_MAX);
    if (!u.https && !mf_span_starts(text, MF_SPAN("http://")))
        return bad(err, "does not begin with https:// or http://");
    struct span rest = mf_span_from(text, u.https ? 8 : 7);
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#')
        end++;
    if (!parse_authority(mf_span_first(rest, end), &u, err))
        return false;
    rest = mf_span_from(rest, end);
    if (!check_rest(rest, err))
        return false;
    size_t query = mf_span_find(rest, '?');
    u.path = mf_span_first(rest, query);
    u.query = mf_span_from(rest, query < rest.n ? query + 1 : query);
    *out = u;
    return true;
}

static bool is_localhost(struct span host)
{
    static const char name[] = "localhost";

    if (host.n != sizeof name - 1)
        return false;
    for (size_t i = 0; i < host.n; i++)
        if ((host.p[i] | 0x20) != name[i])
            return false;
    return true;
}

bool mf_url_is_loopback(const struct url *url)
{
    static const uint8_t one[16] = {[15] = 1};
    uint8_t address[16];

    if (is_localhost(url->host))
        return true;
    if (is_address(AF_INET, url->host, address))
        return address[0] == 127;
    return is_address(AF_INET6, url->host, address) && memcmp(address, one, sizeof one) == 0;
}

struct span mf_url_shown(const char *url)
{
    struct span all = mf_span_str(url);

    return mf_span_first(all, mf_span_find(all, '?'));
}
