/* The holes of a regular expression, in words. */
#include <stdio.h>

#include "client/identity/regexp_syntax.h"

static void say_open(const struct regexp_holes *holes, char out[static MF_REGEXP_WARNING_MAX])
{
    snprintf(out, MF_REGEXP_WARNING_MAX,
             "no %s%s%s: a longer name that only contains a match, as of "
             "https://evil.example/?..., matches as well",
             holes->no_front ? "^ at the front" : "",
             holes->no_front && holes->no_back ? " and no " : "",
             holes->no_back ? "$ at the end" : "");
}

static void say_bare_dot(struct span pattern, size_t at, char out[static MF_REGEXP_WARNING_MAX])
{
    size_t from = at > 12 ? at - 12 : 0;
    size_t until = at + 12 < pattern.n ? at + 12 : pattern.n;

    /* The piece may begin or end inside of a character; whoever prints it escapes it. */
    snprintf(out, MF_REGEXP_WARNING_MAX,
             "the '.' in \"%.*s\" stands for any character, so that another host or file matches "
             "as well: write \\.",
             (int)(until - from), (const char *)pattern.p + from);
}

bool mf_regexp_warning(struct span pattern, size_t index, char out[static MF_REGEXP_WARNING_MAX])
{
    struct regexp_holes holes;
    struct err ignored = {0};

    if (!mf_regexp_check(pattern, &holes, &ignored))
        return false;
    if (holes.names_nobody && index-- == 0)
        snprintf(out, MF_REGEXP_WARNING_MAX, "anybody matches: no letter or digit is demanded");
    else if ((holes.no_front || holes.no_back) && index-- == 0)
        say_open(&holes, out);
    else if (holes.bare_dot && index-- == 0)
        say_bare_dot(pattern, holes.bare_dot_at, out);
    else if (holes.dot_before_at && index-- == 0)
        snprintf(out, MF_REGEXP_WARNING_MAX,
                 "a '.' that repeats in front of '@' takes an '@' as well, as of a branch named "
                 "x@refs/tags/v1: write [^@]* for .*");
    else
        return false;
    return true;
}
