/* Answers what our regular expressions make of an expression and a name, in the way of
 * tests/interop/goregexp: a line each in hexadecimal, answered with "match", "no", "refused", or
 * "limit" where it took too long. */
#include <stdio.h>
#include <stdlib.h>

#include "client/identity/name_regexp.h"
#include "common/base/buf.h"
#include "common/codec/hex.h"

static bool decode(struct span text, struct buf *out)
{
    struct err err = {0};

    if (!mf_buf_reserve(out, text.n, &err) || !mf_hex_decode_exact(text, out->p, text.n / 2, &err))
        return false;
    out->n = text.n / 2;
    return true;
}

static const char *answer(struct span expression, struct span name)
{
    MF_SCOPED(mf_name_regexp_free) struct name_regexp *regexp = NULL;
    struct err err = {0};

    if (!mf_name_regexp_new(expression, &regexp, &err))
        return err.code == MF_ERR_USAGE ? "refused" : "error";
    if (mf_name_regexp_match(regexp, name, &err))
        return "match";
    return err.code == MF_ERR_REJECTED ? "no" : err.code == MF_ERR_LIMIT ? "limit" : "error";
}

int main(void)
{
    char line[8192];

    while (fgets(line, sizeof line, stdin) != NULL) {
        MF_SCOPED(mf_buf_done) struct buf expression = {.max = sizeof line};
        MF_SCOPED(mf_buf_done) struct buf name = {.max = sizeof line};
        struct span text = mf_span_first(mf_span_str(line), strcspn(line, "\n"));
        size_t space = mf_span_find(text, ' ');
        if (space == text.n || !decode(mf_span_first(text, space), &expression) ||
            !decode(mf_span_from(text, space + 1), &name)) {
            fprintf(stderr, "regexp_probe: bad line\n");
            return 2;
        }
        puts(answer(mf_buf_span(&expression), mf_buf_span(&name)));
    }
    return 0;
}
