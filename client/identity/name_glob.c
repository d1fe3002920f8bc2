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

static bool takes(struct span pattern, size_t at, size_t first_at, uint8_t c)
{
    if (c < 0x20 || c == 0x7F || (c == '/' && wildcard_at(pattern, at) == 1))
        return false;
    return c != '@' || at > first_at || first_at == pattern.n;
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
                next[i] = next[i] || takes(pattern, i, first_at, text.p[t]);
            else if (pattern.p[i] == text.p[t])
                next[i + 1] = true;
        }
        pass_wildcards(pattern, next);
        memcpy(at, next, sizeof at);
    }
    return at[pattern.n];
}

static bool has_letter_or_digit(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80)
            return true;
    }
    return false;
}

/* Behind the last wildcard of the host there must be the end of a domain: "*.example.org". */
static bool is_host_open(struct span host)
{
    size_t end = 0;

    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] == '*')
            end = i + 1;
    return end > 0 &&
           (end == host.n || host.p[end] != '.' || !has_letter_or_digit(mf_span_from(host, end)));
}

bool mf_glob_names_somebody(struct span pattern, struct err *err)
{
    struct span rest = pattern;

    if (mf_span_starts(pattern, MF_SPAN("https://")) || mf_span_starts(pattern, MF_SPAN("http://")))
        rest = mf_span_from(pattern, mf_span_find(pattern, ':') + 3);
    if (!has_letter_or_digit(rest))
        return mf_err_set(err, MF_ERR_USAGE, "\"%.*s\" would match anybody", MF_SPAN_ARG(pattern));
    if (rest.n < pattern.n && is_host_open(mf_span_first(rest, mf_span_find(rest, '/'))))
        return mf_err_set(err, MF_ERR_USAGE,
                          "\"%.*s\" would match hosts of any domain; a wildcard there goes before "
                          "\".example.org\"",
                          MF_SPAN_ARG(pattern));
    return true;
}
