#include "client/bundle/checksum_list.h"

#include <stdlib.h>

#include "common/codec/hex.h"

struct entry {
    struct span name; /* in `names`, without "./" before it */
    enum digest_alg alg;
    uint8_t digest[MF_DIGEST_MAX];
};

struct checksum_list {
    struct buf names; /* reserved whole, so that spans into it stay */
    struct entry *entries;
    size_t count;
};

struct line { /* taken apart, not yet judged */
    struct span name, hex;
    enum digest_alg alg;
};

void mf_checksum_list_free(struct checksum_list **list)
{
    if (*list == NULL)
        return;
    mf_buf_done(&(*list)->names);
    free((*list)->entries);
    free(*list);
    *list = NULL;
}

static struct span plain_name(struct span name)
{
    while (mf_span_starts(name, MF_SPAN("./")))
        name = mf_span_from(name, 2);
    return name;
}

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

static bool read_bsd(struct span text, struct line *out, struct err *err)
{
    static const struct span close = MF_SPAN_INIT(") = ");
    size_t open = mf_span_find(text, '(');

    if (mf_span_starts(text, MF_SPAN("SHA256 (")))
        out->alg = MF_SHA256;
    else if (mf_span_starts(text, MF_SPAN("SHA512 (")))
        out->alg = MF_SHA512;
    else
        return mf_err_set(err, MF_ERR_FORMAT,
                          "'%.*s' is neither 'SHA256 (' nor 'SHA512 (', which are checked here",
                          MF_SPAN_ARG(mf_span_first(text, open + 1)));
    size_t digits = 2 * mf_digest_length(out->alg);
    struct span rest = mf_span_from(text, open + 1);
    if (rest.n <= close.n + digits ||
        !mf_span_starts(mf_span_from(rest, rest.n - digits - close.n), close))
        return mf_err_set(err, MF_ERR_FORMAT, "is not %s (NAME) = and %zu digits",
                          out->alg == MF_SHA256 ? "SHA256" : "SHA512", digits);
    out->name = mf_span_first(rest, rest.n - digits - close.n);
    out->hex = mf_span_from(rest, rest.n - digits);
    return true;
}

/* A word, then a bracket. No digest begins that way. */
static bool looks_bsd(struct span text)
{
    size_t open = mf_span_find(text, '(');

    return open < text.n && open <= mf_span_find(text, ' ') + 1 && !is_hex(text.p[0]);
}

static bool read_gnu(struct span text, struct line *out, struct err *err)
{
    size_t digits = 0;

    while (digits < text.n && is_hex(text.p[digits]))
        digits++;
    struct span rest = mf_span_from(text, digits);
    if (rest.n < 2 || rest.p[0] != ' ' || (rest.p[1] != ' ' && rest.p[1] != '*'))
        return mf_err_set(err, MF_ERR_FORMAT,
                          "is neither DIGEST  NAME nor SHA256 (NAME) = DIGEST nor a comment");
    if (digits != 64 && digits != 128)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "digests of %zu digits are not checked here: SHA-256 has 64, SHA-512 128",
                          digits);
    out->alg = digits == 64 ? MF_SHA256 : MF_SHA512;
    out->hex = mf_span_first(text, digits);
    out->name = mf_span_from(rest, 2);
    return true;
}

/* Appends the name as it is on the disk. */
static bool add_name(struct span name, bool is_escaped, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t byte = name.p[i];
        if (byte == '\0' || byte == '\r')
            return mf_err_set(err, MF_ERR_FORMAT,
                              byte == '\0' ? "NUL in the name"
                                           : "a carriage return: lines end in "
                                             "LF alone");
        if (is_escaped && byte == '\\') {
            uint8_t next = ++i < name.n ? name.p[i] : 0;
            if (next != '\\' && next != 'n' && next != 'r')
                return mf_err_set(err, MF_ERR_FORMAT,
                                  "a backslash before something else than "
                                  "backslash, n or r");
            byte = next == 'n' ? '\n' : next == 'r' ? '\r' : '\\';
        }
        if (!mf_buf_append_byte(out, byte, err))
            return false;
    }
    return true;
}

static bool read_entry(struct checksum_list *list, struct span text, struct err *err)
{
    struct entry *e = &list->entries[list->count];
    bool is_escaped = text.n > 0 && text.p[0] == '\\';
    size_t from = list->names.n;
    struct line line = {0};

    if (is_escaped)
        text = mf_span_from(text, 1);
    if (looks_bsd(text) ? !read_bsd(text, &line, err) : !read_gnu(text, &line, err))
        return false;
    if (!mf_hex_decode_exact(line.hex, e->digest, mf_digest_length(line.alg), err) ||
        !add_name(line.name, is_escaped, &list->names, err))
        return false;
    e->alg = line.alg;
    e->name = plain_name(mf_span_from(mf_buf_span(&list->names), from));
    if (e->name.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "the name is empty");
    if (e->name.n > MF_CHECKSUM_NAME_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "a name of more than %d bytes", MF_CHECKSUM_NAME_MAX);
    list->count++;
    return true;
}

static int compare_names(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    int order = compare_names(left->name, right->name);

    return order != 0 ? order : (int)left->alg - (int)right->alg;
}

static bool sort(struct checksum_list *list, struct err *err)
{
    qsort(list->entries, list->count, sizeof *list->entries, compare);
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];
        if (i > 0 && compare(e - 1, e) == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is listed twice", MF_SPAN_ARG(e->name));
    }
    return true;
}

static size_t count_lines(struct span text)
{
    size_t count = text.n > 0 && text.p[text.n - 1] != '\n';
    struct span line;

    while (mf_span_line(&text, &line))
        count++;
    return count;
}

static bool read_lines(struct checksum_list *list, struct span text, struct err *err)
{
    struct span line;

    for (size_t number = 1; text.n > 0; number++) {
        if (!mf_span_line(&text, &line)) { /* the last one need not end */
            line = text;
            text = mf_span_from(text, text.n);
        }
        if (line.n > 0 && line.p[0] == '#')
            continue;
        if (!read_entry(list, line, err))
            return mf_err_at(err, "line %zu", number);
    }
    return list->count > 0 || mf_err_set(err, MF_ERR_FORMAT, "no file is listed");
}

bool mf_checksum_list_parse(struct span text, struct checksum_list **out, struct err *err)
{
    MF_SCOPED(mf_checksum_list_free) struct checksum_list *list = mf_array_new(1, sizeof *list);
    size_t lines = count_lines(text);

    if (text.n > MF_CHECKSUM_LIST_MAX || lines > MF_CHECKSUM_LINES_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes or %d lines",
                          MF_CHECKSUM_LIST_MAX, MF_CHECKSUM_LINES_MAX);
    if (list != NULL)
        list->entries = mf_array_new(lines + 1, sizeof *list->entries);
    if (list == NULL || list->entries == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the list");
    list->names.max = MF_CHECKSUM_LIST_MAX;
    if (!mf_buf_reserve(&list->names, text.n, err) || !read_lines(list, text, err) ||
        !sort(list, err))
        return false;
    *out = MF_MOVE(list);
    return true;
}

bool mf_checksum_list_find(const struct checksum_list *list, const char *name, struct artifact *out)
{
    static const enum digest_alg kinds[] = {MF_SHA256, MF_SHA512};
    struct entry key = {.name = plain_name(mf_span_str(name))};
    bool found = false;

    *out = (struct artifact){0};
    for (size_t i = 0; i < MF_LEN(kinds); i++) {
        key.alg = kinds[i];
        const struct entry *e = bsearch(&key, list->entries, list->count, sizeof *list->entries,
                                        compare);
        if (e == NULL)
            continue;
        out->has[e->alg] = true;
        memcpy(out->digest[e->alg], e->digest, mf_digest_length(e->alg));
        found = true;
    }
    return found;
}
