#include "transparency/note/checkpoint.h"

#include "common/codec/base64.h"

static bool bad(struct err *err, int line, const char *what)
{
    mf_err_set(err, MF_ERR_FORMAT, "%s", what);
    return mf_err_at(err, "line %d", line);
}

bool mf_checkpoint_parse(struct span text, struct checkpoint *out, struct err *err)
{
    struct checkpoint c = {0};
    struct span line;

    if (text.n > MF_CHECKPOINT_TEXT_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_CHECKPOINT_TEXT_MAX);
    if (!mf_span_line(&text, &c.origin) || c.origin.n == 0)
        return bad(err, 1, "origin is missing");
    if (!mf_span_line(&text, &line) || !mf_span_decimal(line, &c.size))
        return bad(err, 2, "tree size is not a plain decimal number below 2^63");
    if (!mf_span_line(&text, &line))
        return bad(err, 3, "root hash is missing");
    if (!mf_base64_decode_exact(line, c.root, sizeof c.root, err))
        return mf_err_at(err, "line 3");

    c.extensions = text;
    for (int number = 4; text.n > 0; number++)
        if (!mf_span_line(&text, &line) || line.n == 0)
            return bad(err, number, "extension line is empty or has no LF");
    *out = c;
    return true;
}

/* What is written must be what would be read: else a log signs a text that nobody can use. */
static bool reads_back(struct span text, const struct checkpoint *want, struct err *err)
{
    struct checkpoint c;

    if (!mf_checkpoint_parse(text, &c, err))
        return mf_err_as(err, MF_ERR_FORMAT);
    if (!mf_span_eq(c.origin, want->origin) || !mf_span_eq(c.extensions, want->extensions))
        return mf_err_set(err, MF_ERR_FORMAT, "origin or extensions cannot be written in lines");
    return true;
}

bool mf_checkpoint_format(const struct checkpoint *checkpoint, struct buf *out, struct err *err)
{
    size_t start = out->n;
    bool ok = mf_buf_append(out, checkpoint->origin, err) &&
              mf_buf_printf(out, err, "\n%" PRIu64 "\n", checkpoint->size) &&
              mf_base64_append(out, MF_SPAN_OF(checkpoint->root), err) &&
              mf_buf_append_byte(out, '\n', err) &&
              mf_buf_append(out, checkpoint->extensions, err) &&
              reads_back(mf_span_from(mf_buf_span(out), start), checkpoint, err);

    if (!ok)
        out->n = start;
    return ok;
}
