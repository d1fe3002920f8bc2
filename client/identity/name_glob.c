#include "client/identity/name_glob.h"

#include "common/base/utf8.h"

/* Bytes of the wildcard at this place of the pattern; 0 where there is none. */
static size_t wildcard_at(struct span pattern, size_t at)
{
    if (at >= pattern.n || pattern.p[at] != '*')
        return 0;
    return at + 1 < pattern.n && pattern.p[at + 1] == '*' ? 2 : 1;
}

static bool is_edge(struct span pattern, size_t at)
{
    return at >= pattern.n || pattern.p[at] == '/' || pattern.p[at] == '@' || pattern.p[at] == ':';
}

static bool check_wildcard(struct span pattern, size_t at, size_t length, struct err *err)
{
    if (length == 1)
        return true;
    if (at + 2 < pattern.n && pattern.p[at + 2] == '*')
        return mf_err_set(err, MF_ERR_USAGE, "'***' is no wildcard");
    if (at > 0 && !is_edge(pattern, at - 1)) {
        struct span before = mf_span_first(pattern, at);
        return mf_err_set(
            err, MF_ERR_USAGE,
            "'**' right behind \"%.*s\" would also match \"%.*s-evil/...\"; '**' goes "
            "between '/', '@' or ':'",
            MF_SPAN_ARG(mf_span_first(before, before.n > 60 ? 60 : before.n)),
            MF_SPAN_ARG(mf_span_first(before, before.n > 60 ? 60 : before.n)));
    }
    return is_edge(pattern, at + 2) ||
           mf_err_set(err, MF_ERR_USAGE, "'**' goes between '/', '@' or ':', or at an end");
}

bool mf_glob_check(struct span pattern, struct err *err)
{
    if (pattern.n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "the pattern is empty");
    if (pattern.n > MF_GLOB_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "the pattern has more than %d bytes", MF_GLOB_MAX);
    if (!mf_utf8_is_valid(pattern))
        return mf_err_set(err, MF_ERR_USAGE, "the pattern is not UTF-8");
    for (size_t i = 0; i < pattern.n;) {
        size_t length = wildcard_at(pattern, i);
        if (pattern.p[i] < 0x20 || pattern.p[i] == 0x7F)
            return mf_err_set(err, MF_ERR_USAGE, "the pattern has a control character");
        if (length > 0 && !check_wildcard(pattern, i, length, err))
            return false;
        i += length > 0 ? length : 1;
    }
    return true;
}

/* Behind the pattern's first '@' a wildcard stands for a ref or a part of one. A file may be named
 * "release.yml@x.yml": what follows its '@' is then no ref, and the ref's own '@' comes later. */
static bool takes_at(struct span pattern, size_t at, size_t first_at, struct span text, size_t t)
{
    struct span ref = mf_span_from(text, mf_span_find(text, '@') + 1);

    if (first_at == pattern.n)
        return true;
    if (at < first_at || mf_span_starts(mf_span_from(text, t), MF_SPAN("@refs/")))
        return false;
    return at > first_at + 1 || mf_span_starts(ref, MF_SPAN("refs/"));
}

static bool takes(struct span pattern, size_t at, size_t first_at, struct span text, size_t t)
{
    uint8_t c = text.p[t];

    if (c < 0x20 || c == 0x7F || (c == '/' && wildcard_at(pattern, at) == 1))
        return false;
    return c != '@' || takes_at(pattern, at, first_at, text, t);
}

/* A wildcard may stand for nothing. */
static void pass_wildcards(struct span pattern, bool at[static MF_GLOB_MAX + 1])
{
    for (size_t i = 0; i < pattern.n; i++)
        if (at[i] && wildcard_at(pattern, i) > 0)
            at[i + wildcard_at(pattern, i)] = true;
}

/* All places of the pattern at which the text read so far may end, at once: no going back. */
bool mf_glob_match(struct span pattern, struct span text)
{
    bool at[MF_GLOB_MAX + 1] = {[0] = true};
    size_t first_at = mf_span_find(pattern, '@');

    if (pattern.n == 0 || pattern.n > MF_GLOB_MAX)
        return false;
    pass_wildcards(pattern, at);
    for (size_t t = 0; t < text.n; t++) {
        bool next[MF_GLOB_MAX + 1] = {false};
        for (size_t i = 0; i < pattern.n; i++) {
            if (!at[i])
                continue;
            if (wildcard_at(pattern, i) > 0)
                next[i] = next[i] || takes(pattern, i, first_at, text, t);
            else if (pattern.p[i] == text.p[t])
                next[i + 1] = true;
        }
        pass_wildcards(pattern, next);
        memcpy(at, next, sizeof at);
    }
    return at[pattern.n];
}

static size_t first_wildcard(struct span pattern)
{
    return mf_span_find(pattern, '*');
}

/* Where "://" begins; the length when it is nowhere. */
static size_t find_authority(struct span text)
{
    size_t at = 0;

    while (at < text.n && !mf_span_starts(mf_span_from(text, at), MF_SPAN("://")))
        at++;
    return at;
}

bool mf_glob_pins_uri(struct span pattern)
{
    struct span front = mf_span_first(pattern, first_wildcard(pattern));
    size_t scheme = find_authority(front);

    if (front.n == pattern.n)
        return true;
    if (scheme == 0 || scheme == front.n)
        return false;
    struct span rest = mf_span_from(front, scheme + 3);
    size_t host = mf_span_find(rest, '/');
    if (host == 0 || host == rest.n)
        return false;
    rest = mf_span_from(rest, host + 1);
    size_t part = mf_span_find(rest, '/');
    return part > 0 && part < rest.n;
}

bool mf_glob_pins_mail(struct span pattern)
{
    size_t at = mf_span_find(pattern, '@');
    struct span domain = mf_span_from(pattern, at < pattern.n ? at + 1 : at);
    size_t dot = mf_span_find(domain, '.');

    if (first_wildcard(pattern) == pattern.n)
        return true;
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] == '/' || pattern.p[i] == ':' || wildcard_at(pattern, i) == 2)
            return false; /* it could also fit a URI */
    return first_wildcard(domain) == domain.n && mf_span_find(domain, '@') == domain.n && dot > 0 &&
           dot + 1 < domain.n;
}

bool mf_glob_pins_owner(struct span pattern)
{
    struct span front = mf_span_first(pattern, first_wildcard(pattern));
    size_t slash = mf_span_find(front, '/');

    if (front.n == pattern.n)
        return true;
    return slash > 0 && slash < front.n && front.p[slash - 1] != ':' && front.p[slash - 1] != '@';
}
