#include "client/identity/regexp_syntax.h"

#include <stdio.h>

#include "common/base/utf8.h"

enum { NAMES_SOMETHING = 1, NAMES_MORE_THAN_HOST = 2, NAMES_ALL = 3 }; /* a letter or digit */

struct scan {
    struct span all;
    size_t at;
    size_t depth;
    bool has_item[MF_REGEXP_DEPTH_MAX + 1]; /* in the alternative at this depth */
    struct {
        unsigned here;      /* what the alternative so far demands of a name, NAMES_* */
        unsigned others;    /* what all alternatives before it demanded */
        bool began_in_host; /* so did each of them */
        bool any_in_host;   /* some of them ended so */
    } names[MF_REGEXP_DEPTH_MAX + 1];
    unsigned last;      /* what the item before this place demands, unless it may be left out */
    bool in_host;       /* behind "://" and no '/' since */
    unsigned slashes;   /* of "://" before this place: 1 is ':', 2 is ":/" */
    size_t slashes_end; /* where the next of it must stand */
    bool repeatable;    /* the item before this place may be repeated */
    bool ends_anchored; /* it is $ */
    bool has_wild;      /* a repeated '.' came before */
    struct regexp_holes holes;
};

static bool bad(const struct scan *s, struct err *err, const char *what)
{
    mf_err_set(err, MF_ERR_USAGE, "%s, which is not taken", what);
    return mf_err_at(err, "byte %zu", s->at + 1);
}

static uint8_t peek(const struct scan *s, size_t ahead)
{
    return s->at + ahead < s->all.n ? s->all.p[s->at + ahead] : 0; /* no pattern has a NUL */
}

static bool is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static void begin_host(struct scan *s)
{
    for (size_t i = 0; i <= s->depth; i++)
        s->names[i].here = 0; /* it was the scheme */
    s->in_host = true;
}

/* What a character demands. Scheme and host alone name nobody: many share a host. */
static void note_literal(struct scan *s, uint32_t c, size_t at)
{
    unsigned slashes = s->slashes_end == at ? s->slashes : 0;

    if (is_alnum(c) || c >= 0x80)
        s->last = s->in_host ? NAMES_SOMETHING : NAMES_ALL;
    if (c == '/' && slashes == 2)
        begin_host(s);
    else if (c == '/')
        s->in_host = false;
    s->slashes = c == ':' ? 1 : c == '/' && slashes == 1 ? 2 : 0;
    s->slashes_end = s->at;
}

/* One character that stands for itself, also after a backslash. */
static bool take_literal(struct scan *s, uint32_t *out, struct err *err)
{
    bool is_escaped = peek(s, 0) == '\\';
    size_t n;

    if (is_escaped && (is_alnum(peek(s, 1)) || peek(s, 1) >= 0x80 || peek(s, 1) <= ' '))
        return bad(s, err, "a backslash before something else than punctuation");
    s->at += is_escaped;
    n = mf_utf8_next(mf_span_from(s->all, s->at), out);
    s->at += n;
    return n > 0 || bad(s, err, "a '[' without its ']'");
}

/* Every item: an alternative begins with the first of them. */
static void begin_item(struct scan *s, bool is_front, bool is_repeatable)
{
    s->names[s->depth].here |= s->last;
    s->last = 0;
    if (s->depth == 0 && !s->has_item[0] && !is_front)
        s->holes.no_front = true;
    s->has_item[s->depth] = true;
    s->repeatable = is_repeatable;
    s->ends_anchored = false;
}

static bool end_alternative(struct scan *s, struct err *err)
{
    if (!s->has_item[s->depth])
        return bad(s, err, "an empty alternative, and it would match everything");
    if (s->depth == 0 && !s->ends_anchored)
        s->holes.no_back = true;
    s->names[s->depth].others &= s->names[s->depth].here | s->last;
    s->names[s->depth].any_in_host |= s->in_host;
    s->names[s->depth].here = 0;
    s->last = 0;
    s->in_host = s->names[s->depth].began_in_host;
    return true;
}

static bool open_group(struct scan *s, struct err *err)
{
    if (peek(s, 1) == '?' && peek(s, 2) != ':')
        return bad(s, err, "\"(?\" for anything but \"(?:\"");
    if (s->depth == MF_REGEXP_DEPTH_MAX)
        return bad(s, err, "a group too deep in groups");
    begin_item(s, false, false);
    s->at += peek(s, 1) == '?' ? 3 : 1;
    s->has_item[++s->depth] = false;
    s->names[s->depth].here = 0;
    s->names[s->depth].others = NAMES_ALL;
    s->names[s->depth].began_in_host = s->in_host;
    s->names[s->depth].any_in_host = false;
    return true;
}

static bool close_group(struct scan *s, struct err *err)
{
    if (s->depth == 0)
        return bad(s, err, "a ')' without its '('");
    if (!end_alternative(s, err))
        return false;
    s->last = s->names[s->depth].others;
    s->in_host = s->names[s->depth].any_in_host;
    s->depth--;
    s->at++;
    s->repeatable = true;
    s->ends_anchored = false;
    return true;
}

/* A number of up to three digits; false when there is none. */
static bool take_number(struct scan *s, unsigned *out)
{
    size_t digits = 0;

    *out = 0;
    for (; digits < 4 && peek(s, 0) >= '0' && peek(s, 0) <= '9'; digits++, s->at++)
        *out = *out * 10 + (unsigned)(peek(s, 0) - '0');
    return digits > 0 && digits < 4;
}

static bool take_count(struct scan *s, struct err *err)
{
    unsigned least = 0;
    unsigned most = 0;

    s->at++;
    if (!take_number(s, &least))
        return bad(s, err, "a '{' that begins no repeat; write \\{");
    most = least;
    if (least == 0)
        s->last = 0;
    if (peek(s, 0) == ',') {
        s->at++;
        if (peek(s, 0) == '}')
            most = MF_REGEXP_REPEAT_MAX;
        else if (!take_number(s, &most))
            return bad(s, err, "a '{' that begins no repeat; write \\{");
    }
    if (peek(s, 0) != '}' || most == 0 || least > most || most > MF_REGEXP_REPEAT_MAX)
        return bad(s, err, "a repeat that is none, or of more than 100");
    s->at++;
    return true;
}

static bool take_repeat(struct scan *s, struct err *err)
{
    if (!s->repeatable)
        return bad(s, err, "a repeat of nothing, or of a repeat");
    if (peek(s, 0) == '*' || peek(s, 0) == '?')
        s->last = 0; /* it may be left out */
    if (peek(s, 0) != '{')
        s->at++;
    else if (!take_count(s, err))
        return false;
    s->at += peek(s, 0) == '?'; /* lazy: the same names match */
    s->repeatable = false;
    return true;
}

static bool take_set(struct scan *s)
{
    if (peek(s, 0) != '\\' || !is_one_of(peek(s, 1), "dDwW"))
        return false;
    s->at += 2;
    return true;
}

static bool take_class_item(struct scan *s, bool is_first, struct err *err)
{
    uint32_t low;
    uint32_t high;

    if (take_set(s))
        return peek(s, 0) != '-' || peek(s, 1) == ']' || bad(s, err, "a range from a class");
    if (peek(s, 0) == '[')
        return bad(s, err, "a '[' in a class; write \\[");
    if (peek(s, 0) == '-' && !is_first && peek(s, 1) != ']')
        return bad(s, err, "a '-' in the middle of a class; write \\-");
    if (!take_literal(s, &low, err))
        return false;
    if (peek(s, 0) != '-' || peek(s, 1) == ']')
        return true;
    s->at++;
    if (is_one_of(peek(s, 0), "[-") || !take_literal(s, &high, err) || high < low)
        return err->code != MF_OK ? false : bad(s, err, "a range that is none");
    return true;
}

static bool take_class(struct scan *s, struct err *err)
{
    begin_item(s, false, true);
    s->at += peek(s, 1) == '^' ? 2 : 1;
    if (peek(s, 0) == ']')
        return bad(s, err, "a ']' at the front of a class; write \\]");
    for (bool is_first = true; peek(s, 0) != ']'; is_first = false) {
        if (s->at >= s->all.n)
            return bad(s, err, "a '[' without its ']'");
        if (!take_class_item(s, is_first, err))
            return false;
    }
    s->at++;
    return true;
}

static void take_anchor(struct scan *s, bool is_front, bool is_back, size_t length)
{
    begin_item(s, is_front, false);
    s->ends_anchored = is_back;
    s->at += length;
}

static void take_dot(struct scan *s)
{
    bool is_repeated = is_one_of(peek(s, 1), "*+?{");

    begin_item(s, false, true);
    if (is_repeated)
        s->has_wild = true;
    else if (!s->holes.bare_dot) {
        s->holes.bare_dot = true;
        s->holes.bare_dot_at = s->at;
    }
    s->at++;
}

static bool take_escape(struct scan *s, struct err *err)
{
    size_t at = s->at;
    uint32_t c;

    if (is_one_of(peek(s, 1), "AzbB")) {
        take_anchor(s, peek(s, 1) == 'A', peek(s, 1) == 'z', 2);
        return true;
    }
    begin_item(s, false, true);
    if (take_set(s))
        return true;
    s->holes.dot_before_at |= s->has_wild && peek(s, 1) == '@';
    if (!take_literal(s, &c, err))
        return false;
    note_literal(s, c, at);
    return true;
}

static bool take_character(struct scan *s, struct err *err)
{
    size_t at = s->at;
    uint32_t c;

    begin_item(s, false, true);
    s->holes.dot_before_at |= s->has_wild && peek(s, 0) == '@';
    if (!take_literal(s, &c, err))
        return false;
    note_literal(s, c, at);
    return true;
}

static bool take_item(struct scan *s, struct err *err)
{
    switch (peek(s, 0)) {
    case '|':
        if (!end_alternative(s, err))
            return false;
        s->at++;
        s->has_item[s->depth] = false;
        s->repeatable = false;
        s->ends_anchored = false;
        return true;
    case '(':
        return open_group(s, err);
    case ')':
        return close_group(s, err);
    case '[':
        return take_class(s, err);
    case '*':
    case '+':
    case '?':
    case '{':
        return take_repeat(s, err);
    case ']':
    case '}':
        return bad(s, err, "a ']' or '}' without its beginning");
    case '^':
        take_anchor(s, true, false, 1);
        return true;
    case '$':
        take_anchor(s, false, true, 1);
        return true;
    case '.':
        take_dot(s);
        return true;
    case '\\':
        return take_escape(s, err);
    default:
        return take_character(s, err);
    }
}

static bool check_bytes(struct span pattern, struct err *err)
{
    if (pattern.n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "the regular expression is empty");
    if (pattern.n > MF_REGEXP_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "the regular expression has more than %d bytes",
                          MF_REGEXP_MAX);
    if (!mf_utf8_is_valid(pattern))
        return mf_err_set(err, MF_ERR_USAGE, "the regular expression is not UTF-8");
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] < 0x20 || pattern.p[i] == 0x7F)
            return mf_err_set(err, MF_ERR_USAGE, "the regular expression has a control character");
    return true;
}

bool mf_regexp_check(struct span pattern, struct regexp_holes *out, struct err *err)
{
    struct scan s = {.all = pattern, .names = {[0] = {.others = NAMES_ALL}}};

    if (!check_bytes(pattern, err))
        return false;
    while (s.at < pattern.n)
        if (!take_item(&s, err))
            return false;
    if (s.depth > 0)
        return bad(&s, err, "a '(' without its ')'");
    if (!end_alternative(&s, err))
        return false;
    s.holes.names_nobody = (s.names[0].others & NAMES_SOMETHING) == 0;
    s.holes.names_only_host = (s.names[0].others & NAMES_MORE_THAN_HOST) == 0;
    *out = s.holes;
    return true;
}
