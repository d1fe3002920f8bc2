#include "common/codec/pem.h"

#include "common/codec/base64.h"

enum { LINE = 64, LABEL_MAX = 64 }; /* characters */

#define BEGIN  "-----BEGIN "
#define END    "-----END "
#define DASHES "-----"

/* Takes a line off *rest; its LF or CR LF is dropped, and the last line needs none. */
static bool take_line(struct span *rest, struct span *line)
{
    if (!mf_span_line(rest, line)) {
        if (rest->n == 0)
            return false;
        *line = *rest;
        *rest = mf_span_from(*rest, rest->n);
    }
    if (line->n > 0 && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

/* RFC 7468 section 3 allows any printable characters with single spaces or hyphens between them;
 * all labels in use have capital letters and digits. Labels go into messages, and base64 that
 * slipped into the line must not. */
static bool label_is_good(struct span label)
{
    bool separator = true;

    for (size_t i = 0; i < label.n; i++) {
        uint8_t c = label.p[i];
        if (c == ' ' || c == '-') {
            if (separator)
                return false;
            separator = true;
            continue;
        }
        if ((c < 'A' || c > 'Z') && (c < '0' || c > '9'))
            return false;
        separator = false;
    }
    return label.n > 0 && label.n <= LABEL_MAX && !separator;
}

/* The label of a line that begins with this marker. */
static bool boundary_label(struct span line, struct span marker, struct span *label,
                           struct err *err)
{
    struct span name = mf_span_from(line, marker.n);

    if (!mf_span_ends(name, MF_SPAN(DASHES)))
        /* The line itself stays unsaid: a key whose line breaks were lost is all on it. */
        return mf_err_set(err, MF_ERR_FORMAT,
                          "PEM line that begins with \"%.*s\" does not end in five hyphens",
                          MF_SPAN_ARG(marker));
    name.n -= strlen(DASHES);
    if (!label_is_good(name))
        return mf_err_set(err, MF_ERR_FORMAT, "PEM label is malformed");
    *label = name;
    return true;
}

static bool body_line(struct span line, bool *last, struct buf *der, struct err *err)
{
    if (mf_span_find(line, ':') < line.n)
        return mf_err_set(err, MF_ERR_FORMAT, "PEM block has headers");
    if (line.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "PEM block has an empty line");
    /* A shorter or padded line can only be the last; so no four characters span two lines. */
    if (*last)
        return mf_err_set(err, MF_ERR_FORMAT, "PEM block goes on after its base64 has ended");
    *last = line.n % 4 != 0 || line.p[line.n - 1] == '=';
    return mf_base64_decode(line, MF_BASE64_STD, der, err);
}

static bool body(struct span *rest, struct span label, struct buf *der, struct err *err)
{
    struct span line;
    bool last = false;
    size_t from = der->n;

    while (take_line(rest, &line)) {
        struct span end_label;
        if (!mf_span_starts(line, MF_SPAN(DASHES))) {
            if (!body_line(line, &last, der, err))
                return false;
            continue;
        }
        if (!mf_span_starts(line, MF_SPAN(END)))
            return mf_err_set(err, MF_ERR_FORMAT, "PEM block begins inside another");
        if (!boundary_label(line, MF_SPAN(END), &end_label, err))
            return false;
        if (!mf_span_eq(label, end_label))
            return mf_err_set(err, MF_ERR_FORMAT, "PEM block ends as \"%.*s\"",
                              MF_SPAN_ARG(end_label));
        if (der->n == from)
            return mf_err_set(err, MF_ERR_FORMAT, "PEM block is empty");
        return true;
    }
    return mf_err_set(err, MF_ERR_FORMAT, "PEM block has no end");
}

bool mf_pem_next(struct span *rest, struct span *label, struct buf *der, struct err *err)
{
    struct span left = *rest;
    struct span line;
    struct span name;
    size_t kept = der->n;

    do {
        if (!take_line(&left, &line))
            return mf_err_set(err, MF_ERR_NOT_FOUND, "no PEM block begins");
    } while (!mf_span_starts(line, MF_SPAN(BEGIN)));
    if (!boundary_label(line, MF_SPAN(BEGIN), &name, err))
        return false;
    if (!body(&left, name, der, err)) {
        der->n = kept;
        return mf_err_at(err, "%.*s", MF_SPAN_ARG(name));
    }
    *rest = left;
    *label = name;
    return true;
}

static bool is_space(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static bool only_block(struct span text, struct span *label, struct buf *der, struct err *err)
{
    size_t kept = der->n;

    if (!mf_pem_next(&text, label, der, err))
        return false;
    while (text.n > 0 && is_space(text.p[0]))
        text = mf_span_from(text, 1);
    if (text.n == 0)
        return true;
    der->n = kept;
    return mf_err_set(err, MF_ERR_FORMAT, "something follows the PEM block");
}

bool mf_pem_only(struct span text, const char *label, struct buf *der, struct err *err)
{
    struct span found;
    size_t kept = der->n;

    if (!only_block(text, &found, der, err)) {
        if (err->code != MF_ERR_NOT_FOUND)
            return false;
        mf_err_as(err, MF_ERR_FORMAT);
        return mf_err_at(err, "%s", label);
    }
    if (mf_span_is(found, label))
        return true;
    der->n = kept;
    return mf_err_set(err, MF_ERR_FORMAT, "PEM block is \"%.*s\", not \"%s\"", MF_SPAN_ARG(found),
                      label);
}

bool mf_pem_secret(struct span text, struct span *label, struct secret *der, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret s = {0};
    struct span found;

    if (!mf_secret_new(text.n, &s, err))
        return false;
    /* A buf over the secret's own memory, as large as it may get: it never reallocates. */
    struct buf b = {.p = s.p, .cap = text.n, .max = text.n};
    if (!only_block(text, &found, &b, err))
        return false;
    s.n = b.n;
    *der = s;
    *label = found;
    s = (struct secret){0}; /* moved: the caller owns it now */
    return true;
}

bool mf_pem_append(struct buf *b, const char *label, struct span der, struct err *err)
{
    size_t kept = b->n;

    bool ok = mf_buf_append_str(b, BEGIN, err) && mf_buf_append_str(b, label, err) &&
              mf_buf_append_str(b, DASHES "\n", err);
    while (ok && der.n > 0) {
        size_t n = der.n < LINE / 4 * 3 ? der.n : LINE / 4 * 3;
        ok = mf_base64_append(b, mf_span_first(der, n), err) && mf_buf_append_byte(b, '\n', err);
        der = mf_span_from(der, n);
    }
    ok = ok && mf_buf_append_str(b, END, err) && mf_buf_append_str(b, label, err) &&
         mf_buf_append_str(b, DASHES "\n", err);
    if (!ok)
        b->n = kept;
    return ok;
}

bool mf_pem_write_secret(const char *label, struct span der, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret s = {0};
    size_t base64 = mf_base64_length(der.n);
    size_t room = base64 + base64 / LINE + 1 + 2 * (strlen(label) + 20);

    if (der.n > SIZE_MAX / 4)
        return mf_err_set(err, MF_ERR_LIMIT, "secret is too large");
    if (!mf_secret_new(room, &s, err))
        return false;
    struct buf b = {.p = s.p, .cap = room, .max = room};
    if (!mf_pem_append(&b, label, der, err))
        return false;
    s.n = b.n;
    *out = s;
    s = (struct secret){0}; /* moved: the caller owns it now */
    return true;
}
