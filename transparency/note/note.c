#include "transparency/note/note.h"

#include "common/base/utf8.h"
#include "common/codec/base64.h"

/* U+2014 EM DASH and a space begin a signature line. */
static const struct span dash = MF_SPAN_INIT("\xE2\x80\x94 ");

enum { KEY_ID_LEN = 4 };

static bool is_space(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } spaces[] = {
        /* White_Space of the Unicode character database */
        {0x09, 0x0D},     {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
        {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
    };

    for (size_t i = 0; i < MF_LEN(spaces); i++)
        if (c >= spaces[i].first && c <= spaces[i].last)
            return true;
    return false;
}

bool mf_note_name_is_valid(struct span name)
{
    if (name.n == 0 || name.n > MF_NOTE_NAME_MAX)
        return false;
    while (name.n > 0) {
        uint32_t c = 0;
        size_t n = mf_utf8_next(name, &c);
        if (n == 0 || c < 0x20 || c == '+' || is_space(c))
            return false;
        name = mf_span_from(name, n);
    }
    return true;
}

static bool has_control(struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        if (bytes.p[i] < 0x20 && bytes.p[i] != '\n')
            return true;
    return false;
}

/* The text may have blank lines of its own, so only the last one parts it from the signatures. */
static bool split(struct span bytes, struct span *text, struct span *signatures)
{
    for (size_t i = bytes.n; i-- > 1;) {
        if (bytes.p[i] != '\n' || bytes.p[i - 1] != '\n')
            continue;
        *text = mf_span_first(bytes, i);
        *signatures = mf_span_from(bytes, i + 1);
        return true;
    }
    return false;
}

static bool parse_line(struct span line, struct buf *decoded, struct note_line *out,
                       struct err *err)
{
    size_t start = decoded->n;

    if (!mf_span_starts(line, dash))
        return mf_err_set(err, MF_ERR_FORMAT, "does not begin with a dash (U+2014) and a space");
    line = mf_span_from(line, dash.n);
    size_t name_n = mf_span_find(line, ' ');
    out->name = mf_span_first(line, name_n);
    if (name_n == line.n)
        return mf_err_set(err, MF_ERR_FORMAT, "has no signature behind the key name");
    if (!mf_note_name_is_valid(out->name))
        return mf_err_set(err, MF_ERR_FORMAT, "key name is empty, too long or has a space or '+'");
    if (!mf_base64_decode(mf_span_from(line, name_n + 1), MF_BASE64_STD, decoded, err))
        return false;
    struct span bytes = mf_span_from(mf_buf_span(decoded), start);
    if (bytes.n <= KEY_ID_LEN)
        return mf_err_set(err, MF_ERR_FORMAT, "has no signature behind the key ID");
    out->key_id = mf_be32(bytes.p);
    out->signature = mf_span_from(bytes, KEY_ID_LEN);
    return true;
}

static bool parse_lines(struct span signatures, struct note *note, struct err *err)
{
    struct span line;

    /* Once, so that no later line moves what an earlier one borrows. */
    if (!mf_buf_reserve(&note->decoded, signatures.n, err))
        return false;
    while (signatures.n > 0) {
        if (note->line_count == MF_NOTE_LINES_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d signature lines", MF_NOTE_LINES_MAX);
        if (!mf_span_line(&signatures, &line))
            return mf_err_set(err, MF_ERR_FORMAT, "does not end in LF");
        if (!parse_line(line, &note->decoded, &note->lines[note->line_count], err))
            return mf_err_at(err, "signature line %zu", note->line_count + 1);
        note->line_count++;
    }
    return true;
}

bool mf_note_parse(struct span bytes, struct note *out, struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {.decoded = {.max = MF_NOTE_MAX}};
    struct span signatures;

    if (bytes.n > MF_NOTE_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_NOTE_MAX);
    if (!mf_utf8_is_valid(bytes))
        return mf_err_set(err, MF_ERR_FORMAT, "is not UTF-8");
    if (has_control(bytes))
        return mf_err_set(err, MF_ERR_FORMAT, "has a control character other than LF");
    if (!split(bytes, &note.text, &signatures))
        return mf_err_set(err, MF_ERR_FORMAT, "no blank line parts text and signatures");
    if (signatures.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "has no signature line");
    if (!parse_lines(signatures, &note, err))
        return false;
    *out = note;
    note = (struct note){0}; /* moved: the caller owns it now */
    return true;
}

void mf_note_done(struct note *note)
{
    mf_buf_done(&note->decoded);
    *note = (struct note){0};
}

const struct note_line *mf_note_find(const struct note *note, struct span name, uint32_t key_id,
                                     const struct note_line *after)
{
    const struct note_line *end = note->lines + note->line_count;

    for (const struct note_line *l = after == NULL ? note->lines : after + 1; l < end; l++)
        if (l->key_id == key_id && mf_span_eq(l->name, name))
            return l;
    return NULL;
}
