#include "client/verify/list_verifier.h"

#include "client/bundle/statement.h"

/* A line without an LF at the end of the text counts as well. */
static bool next_line(struct span *rest, struct span *line)
{
    if (!mf_span_line(rest, line)) {
        *line = *rest;
        *rest = mf_span_from(*rest, rest->n);
    }
    while (line->n > 0 && (line->p[line->n - 1] == '\r' || line->p[line->n - 1] == ' '))
        line->n--;
    return line->n > 0;
}

/* Only to choose: whether it is so, the verifier finds out. */
static bool is_about(const struct bundle *b, const struct verify_params *params)
{
    MF_SCOPED(mf_buf_done) struct buf type = {.max = MF_PREDICATE_TYPE_MAX};
    const struct artifact *artifact = params->artifact;
    struct span wanted = params->predicate_type;
    struct err ignored = {0};

    if (b->is_dsse)
        return mf_statement_match(mf_buf_span(&b->payload), artifact, &ignored) &&
               (wanted.n == 0 ||
                (mf_statement_predicate_type(mf_buf_span(&b->payload), &type, &ignored) &&
                 mf_span_eq(mf_buf_span(&type), wanted)));
    if (params->want_statement || wanted.n > 0)
        return false;
    return !b->has_digest ||
           mf_span_eq(mf_buf_span(&b->digest), mf_artifact_digest(artifact, b->digest_alg));
}

struct walk {
    struct crypto *c;
    const struct verify_params *params;
    struct list_verdict verdict;
    struct err failure; /* of the first bundle about the artifact that did not verify */
    struct err damage;  /* of the first line that is no bundle */
};

/* True when this bundle verifies. A failure of an earlier one is kept: it is the likeliest to be
 * what the user wants to hear. */
static bool try_bundle(struct walk *w, struct bundle **bundle, size_t line)
{
    struct verification result;
    struct err err = {0};

    if (!is_about(*bundle, w->params)) {
        w->verdict.others++;
        return false;
    }
    bool ok = mf_bundle_verify(w->c, *bundle, w->params, &result, &err);
    if (!ok)
        w->verdict.others++;
    if (!ok && w->failure.code != MF_OK)
        return false;
    mf_bundle_free(&w->verdict.bundle);
    w->verdict.bundle = MF_MOVE(*bundle);
    w->verdict.result = result;
    w->verdict.line = line;
    if (!ok) {
        mf_err_at(&err, "line %zu", line);
        w->failure = err;
    }
    return ok;
}

static bool try_line(struct walk *w, struct span text, size_t line)
{
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    struct err err = {0};

    if (mf_bundle_parse(text, &bundle, &err))
        return try_bundle(w, &bundle, line);
    w->verdict.unreadable++;
    if (w->damage.code == MF_OK) {
        mf_err_at(&err, "line %zu", line);
        w->damage = err;
    }
    return false;
}

static bool explain(const struct walk *w, struct err *err)
{
    const struct list_verdict *v = &w->verdict;

    if (w->failure.code != MF_OK) {
        *err = w->failure;
        return false;
    }
    if (v->others == 0 && w->damage.code != MF_OK) {
        *err = w->damage;
        return mf_err_as(err, MF_ERR_REJECTED);
    }
    return mf_err_set(err, MF_ERR_REJECTED, "none of %zu bundles is about this file%s", v->others,
                      v->unreadable > 0 ? "; other lines could not be read" : "");
}

bool mf_bundle_list_verify(struct crypto *c, struct span text, const struct verify_params *params,
                           struct list_verdict *out, struct err *err)
{
    struct walk w = {.c = c, .params = params};
    struct span rest = text;
    bool found = false;
    size_t tried = 0;

    for (size_t line = 1; rest.n > 0 && !found && tried <= MF_BUNDLE_LINES_MAX; line++) {
        struct span one;
        if (!next_line(&rest, &one))
            continue;
        if (tried++ < MF_BUNDLE_LINES_MAX)
            found = try_line(&w, one, line);
    }
    *out = w.verdict;
    if (found)
        return true;
    if (tried > MF_BUNDLE_LINES_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d bundles", MF_BUNDLE_LINES_MAX);
    return explain(&w, err);
}

void mf_list_verdict_done(struct list_verdict *verdict)
{
    mf_bundle_free(&verdict->bundle);
    *verdict = (struct list_verdict){0};
}
