/* The text of what a witness remembers of one log. */
#include "transparency/witness/witness_state.h"

static const struct span first_line = MF_SPAN_INIT("mayfly-witness state 1");

static bool bad(struct err *err, int line, const char *what)
{
    mf_err_set(err, MF_ERR_FORMAT, "%s", what);
    return mf_err_at(err, "line %d", line);
}

bool mf_witness_record_parse(struct span text, struct witness_record *out, struct err *err)
{
    const struct span origin = MF_SPAN_INIT("origin ");
    struct witness_record record = {0};
    struct span line;

    if (text.n > MF_WITNESS_RECORD_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_WITNESS_RECORD_MAX);
    if (!mf_span_line(&text, &line) || !mf_span_eq(line, first_line))
        return bad(err, 1, "is not 'mayfly-witness state 1', which this release reads");
    if (!mf_span_line(&text, &line) || !mf_span_starts(line, origin) || line.n == origin.n)
        return bad(err, 2, "is not 'origin' and a log's name");
    record.origin = mf_span_from(line, origin.n);
    if (!mf_span_line(&text, &line) ||
        (!mf_span_is(line, "cosigning") && !mf_span_is(line, "halted")))
        return bad(err, 3, "is neither 'cosigning' nor 'halted'");
    record.halted = mf_span_is(line, "halted");
    if (!mf_span_line(&text, &line) || line.n > 0)
        return bad(err, 4, "is not empty");
    record.note = text;
    *out = record;
    return true;
}

bool mf_witness_record_format(const struct witness_record *record, struct buf *out, struct err *err)
{
    if (record->origin.n == 0 || mf_span_find(record->origin, '\n') < record->origin.n)
        return mf_err_set(err, MF_ERR_FORMAT, "origin is empty or more than a line");
    return mf_buf_append(out, first_line, err) && mf_buf_append_str(out, "\norigin ", err) &&
           mf_buf_append(out, record->origin, err) &&
           mf_buf_append_str(out, record->halted ? "\nhalted\n\n" : "\ncosigning\n\n", err) &&
           mf_buf_append(out, record->note, err);
}
