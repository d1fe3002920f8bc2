#include "common/net/cache_control.h"

#include <limits.h>
#include <strings.h>

#include "common/net/http_token.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Takes a token off the front; empty when there is none. */
static struct span take_token(struct span *rest)
{
    size_t n = 0;

    while (n < rest->n && mf_is_token(rest->p[n]))
        n++;
    struct span token = mf_span_first(*rest, n);
    *rest = mf_span_from(*rest, n);
    return token;
}

/* Takes "..." off the front: what stands between the quotes, escapes and all. */
static bool take_quoted(struct span *rest, struct span *text)
{
    size_t n = 1;

    while (n < rest->n && rest->p[n] != '"')
        n += rest->p[n] == '\\' ? 2 : 1;
    if (n >= rest->n)
        return false;
    *text = (struct span){rest->p + 1, n - 1};
    *rest = mf_span_from(*rest, n + 1);
    return true;
}

static bool names(struct span token, const char *name)
{
    return token.n == strlen(name) && strncasecmp((const char *)token.p, name, token.n) == 0;
}

/* Section 1.2.2: digits alone, and what is too large counts as very large. */
static bool read_seconds(struct span text, unsigned *out)
{
    uint64_t s = 0;

    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        s = s * 10 + (uint64_t)(text.p[i] - '0');
        if (s > INT_MAX)
            s = INT_MAX;
    }
    *out = (unsigned)s;
    return true;
}

/* One directive. False where the line cannot be read. */
static bool read_directive(struct span *rest, struct cache_control *out)
{
    struct span name = take_token(rest);
    struct span value = {0};
    unsigned s = 0;

    if (name.n == 0)
        return false;
    if (rest->n > 0 && rest->p[0] == '=') {
        *rest = mf_span_from(*rest, 1);
        if (rest->n == 0 || rest->p[0] != '"')
            value = take_token(rest);
        else if (!take_quoted(rest, &value))
            return false;
    }
    if (names(name, "no-store") || names(name, "no-cache"))
        out->refused = true;
    if (!names(name, "max-age"))
        return true;
    if (!read_seconds(value, &s))
        return false;
    if (!out->limited || s < out->max_age_s)
        out->max_age_s = s;
    out->limited = true;
    return true;
}

static void skip_blanks(struct span *rest)
{
    while (rest->n > 0 && is_blank(rest->p[0]))
        *rest = mf_span_from(*rest, 1);
}

void mf_cache_control_read(struct span value, struct cache_control *out)
{
    struct span rest = value;

    for (;;) {
        while (rest.n > 0 && (is_blank(rest.p[0]) || rest.p[0] == ','))
            rest = mf_span_from(rest, 1);
        if (rest.n == 0)
            return;
        bool ok = read_directive(&rest, out);
        skip_blanks(&rest);
        if (!ok || (rest.n > 0 && rest.p[0] != ',')) {
            out->refused = true;
            return;
        }
    }
}

unsigned mf_cache_control_max_age(const struct cache_control *cache)
{
    return cache->refused ? 0 : cache->max_age_s;
}

bool mf_cache_control_says(const struct cache_control *cache)
{
    return cache->refused || cache->limited;
}
