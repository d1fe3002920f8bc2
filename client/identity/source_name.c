#include "client/identity/source_name.h"

const struct span mf_source_github_issuer =
    MF_SPAN_INIT("https://token.actions.githubusercontent.com");

enum { PARTS_MAX = 24 }; /* GitLab nests groups twenty deep */

static bool is_name(struct span part, const char *more)
{
    for (size_t i = 0; i < part.n; i++) {
        uint8_t c = part.p[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_plain && (c == '\0' || strchr(more, c) == NULL))
            return false;
    }
    return part.n > 0 && !mf_span_is(part, ".") && !mf_span_is(part, "..");
}

static size_t count_parts(struct span text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '/';
    return count;
}

static bool are_names(struct span path)
{
    while (true) {
        size_t slash = mf_span_find(path, '/');
        if (!is_name(mf_span_first(path, slash), "-_."))
            return false;
        if (slash == path.n)
            return true;
        path = mf_span_from(path, slash + 1);
    }
}

static bool bad(struct err *err, struct span text, const char *form)
{
    mf_err_set(err, MF_ERR_USAGE, "\"%.*s\" is not %s", MF_SPAN_ARG(text), form);
    if (mf_span_find(text, '*') < text.n)
        return mf_err_hint(err, "for several repositories give --identity-glob and --issuer");
    if (mf_span_starts(text, MF_SPAN("https://")) || mf_span_starts(text, MF_SPAN("http://")))
        return mf_err_hint(err, "leave out https://");
    return false;
}

bool mf_source_name_github(struct span text, struct source_name *out, struct err *err)
{
    if (count_parts(text) != 2 || !are_names(text))
        return bad(err, text, "OWNER/NAME");
    *out = (struct source_name){.host = MF_SPAN("github.com"), .path = text};
    return true;
}

bool mf_source_name_gitlab(struct span text, struct source_name *out, struct err *err)
{
    struct source_name source = {.is_gitlab = true, .host = MF_SPAN("gitlab.com"), .path = text};
    struct span first = mf_span_first(text, mf_span_find(text, '/'));
    size_t parts = count_parts(text);

    if (parts > 2 && (mf_span_find(first, '.') < first.n || mf_span_find(first, ':') < first.n)) {
        source.host = first;
        source.path = mf_span_from(text, first.n + 1);
    }
    if (parts < 2 || parts > PARTS_MAX || !is_name(source.host, "-.:") || !are_names(source.path))
        return bad(err, text, "[HOST/]GROUP/PROJECT");
    *out = source;
    return true;
}

bool mf_source_name_uri(const struct source_name *source, struct buf *out, struct err *err)
{
    return mf_buf_append_str(out, "https://", err) && mf_buf_append(out, source->host, err) &&
           mf_buf_append_byte(out, '/', err) && mf_buf_append(out, source->path, err);
}

struct span mf_source_name_issuer(const struct source_name *source, struct span uri)
{
    return source->is_gitlab ? mf_span_first(uri, sizeof "https://" - 1 + source->host.n)
                             : mf_source_github_issuer;
}
