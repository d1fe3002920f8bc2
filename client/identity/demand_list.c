#include "client/identity/demand_list.h"

#include <stdlib.h>

#include "client/identity/name_glob.h"
#include "client/identity/name_regexp.h"
#include "client/identity/source_name.h"
#include "common/base/buf.h"
#include "common/base/nearest.h"
#include "common/base/utf8.h"

enum { /* groups; that of --require is behind these by the extension's number */
       GROUP_NAME,
       GROUP_ISSUER,
       GROUP_REPOSITORY,
       GROUP_WORKFLOW,
       GROUP_TAG,
       GROUP_REQUIRE
};

static bool put_row(struct demand_list *list, const struct demand *row, struct err *err)
{
    if (list->count == MF_DEMANDS_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "more than %d demands", MF_DEMANDS_MAX);
    list->rows[list->count++] = *row;
    return true;
}

/* A row whose text was built: it is copied. One without a wildcard is compared as it is.
 *   source  whose token it must be; null for any */
static bool put_built(struct demand_list *list, const struct demand *row, const struct buf *text,
                      const struct source_name *source, struct err *err)
{
    struct demand built = *row;

    if (!mf_glob_check(mf_buf_span(text), err) || !put_row(list, &built, err))
        return false;
    char *copy = mf_span_dup(mf_buf_span(text));
    if (copy == NULL) {
        list->count--;
        return mf_err_set(err, MF_ERR_SYSTEM, "out of memory");
    }
    built.text = (struct span){(const uint8_t *)copy, text->n};
    built.test = mf_span_find(built.text, '*') < built.text.n ? MF_TEST_GLOB : MF_TEST_EXACT;
    if (source != NULL)
        built.issuer = mf_source_name_issuer(source, built.text);
    list->texts[list->count - 1] = copy;
    list->rows[list->count - 1] = built;
    return true;
}

static struct demand row_of(const struct demand_option *option, unsigned field, struct span value)
{
    return (struct demand){.field = field,
                           .group = option->group,
                           .text = value,
                           .option = option->name,
                           .given = value};
}

static bool add_exact(struct demand_list *list, const struct demand_option *option,
                      struct span value, struct err *err)
{
    const struct demand row =
        row_of(option, option->group == GROUP_ISSUER ? MF_FIELD_ISSUER : MF_FIELD_NAME, value);

    return put_row(list, &row, err);
}

static bool add_glob(struct demand_list *list, const struct demand_option *option,
                     struct span value, struct err *err)
{
    struct demand row = row_of(option, MF_FIELD_NAME, value);

    row.test = MF_TEST_GLOB;
    return mf_glob_check(value, err) && put_row(list, &row, err);
}

static bool add_regexp(struct demand_list *list, const struct demand_option *option,
                       struct span value, struct err *err)
{
    MF_SCOPED(mf_name_regexp_free) struct name_regexp *regexp = NULL;
    struct demand row =
        row_of(option, option->group == GROUP_ISSUER ? MF_FIELD_ISSUER : MF_FIELD_NAME, value);

    if (!mf_name_regexp_new(value, &regexp, err))
        return false;
    row.test = MF_TEST_REGEXP;
    row.regexp = regexp;
    if (!put_row(list, &row, err))
        return false;
    list->regexps[list->count - 1] = MF_MOVE(regexp);
    return true;
}

static bool add_source(struct demand_list *list, const struct demand_option *option,
                       const struct source_name *source, struct span value, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_GLOB_MAX};
    const struct demand row = row_of(option, MF_FULCIO_SOURCE_REPOSITORY_URI, value);

    return mf_source_name_uri(source, &text, err) && put_built(list, &row, &text, source, err);
}

static bool add_repo(struct demand_list *list, const struct demand_option *option,
                     struct span value, struct err *err)
{
    struct source_name source;

    return mf_source_name_github(value, &source, err) &&
           add_source(list, option, &source, value, err);
}

static bool add_gitlab(struct demand_list *list, const struct demand_option *option,
                       struct span value, struct err *err)
{
    struct source_name source;

    return mf_source_name_gitlab(value, &source, err) &&
           add_source(list, option, &source, value, err);
}

/* The only repository that was demanded: a workflow's path alone means one in it. */
static bool only_source(const struct demand_list *list, struct source_name *out)
{
    const struct demand *found = NULL;
    struct err ignored = {0};

    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].group != GROUP_REPOSITORY)
            continue;
        if (found != NULL)
            return false;
        found = &list->rows[i];
    }
    if (found == NULL)
        return false;
    return mf_span_eq(found->issuer, mf_source_github_issuer)
               ? mf_source_name_github(found->given, out, &ignored)
               : mf_source_name_gitlab(found->given, out, &ignored);
}

static size_t find_text(struct span text, const char *piece)
{
    size_t at = 0;

    while (at < text.n && !mf_span_starts(mf_span_from(text, at), mf_span_str(piece)))
        at++;
    return at;
}

static bool read_workflow(const struct demand_list *list, struct span text,
                          struct source_name *source, struct span *path, struct err *err)
{
    size_t slashes = find_text(text, "//");
    size_t folder = find_text(text, "/.github/workflows/");

    *path = text;
    if (mf_span_starts(text, MF_SPAN("https:")))
        return mf_err_set(err, MF_ERR_USAGE, "leave out https:// and the host of GitHub");
    if (folder < text.n && slashes == text.n) { /* OWNER/NAME/.github/workflows/FILE */
        *path = mf_span_from(text, folder + 1);
        return mf_source_name_github(mf_span_first(text, folder), source, err);
    }
    if (slashes < text.n) { /* [HOST/]GROUP/PROJECT//FILE */
        *path = mf_span_from(text, slashes + 2);
        return mf_source_name_gitlab(mf_span_first(text, slashes), source, err);
    }
    if (only_source(list, source) &&
        source->is_gitlab != mf_span_starts(text, MF_SPAN(".github/workflows/")))
        return true;
    mf_err_set(err, MF_ERR_USAGE, "\"%.*s\" does not say in which repository the workflow is",
               MF_SPAN_ARG(text));
    return mf_err_hint(err,
                       "write OWNER/NAME/.github/workflows/FILE or [HOST/]GROUP/PROJECT//FILE");
}

static bool is_commit(struct span ref)
{
    for (size_t i = 0; i < ref.n; i++)
        if ((ref.p[i] < '0' || ref.p[i] > '9') && (ref.p[i] < 'a' || ref.p[i] > 'f'))
            return false;
    return ref.n == 40 || ref.n == 64;
}

static bool check_ref(struct span ref, struct err *err)
{
    if (mf_span_starts(ref, MF_SPAN("refs/")) || is_commit(ref))
        return true;
    mf_err_set(err, MF_ERR_USAGE, "\"%.*s\" is no full ref", MF_SPAN_ARG(ref));
    return mf_err_hint(err, "write @refs/tags/TAG, @refs/heads/BRANCH or @COMMIT");
}

/* PATH[@REF], where PATH names the repository unless one alone was demanded. */
static bool add_workflow(struct demand_list *list, const struct demand_option *option,
                         struct span value, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_GLOB_MAX};
    const struct demand row = row_of(option, MF_FULCIO_BUILD_SIGNER_URI, value);
    size_t at = mf_span_find(value, '@');
    struct span ref = at < value.n ? mf_span_from(value, at + 1) : MF_SPAN("**");
    struct source_name source;
    struct span path;

    if (at < value.n && !check_ref(ref, err))
        return false;
    if (!read_workflow(list, mf_span_first(value, at), &source, &path, err))
        return false;
    if (path.n == 0 || path.p[path.n - 1] == '/')
        return mf_err_set(err, MF_ERR_USAGE, "the workflow's file is missing");
    return mf_source_name_uri(&source, &text, err) &&
           mf_buf_append_str(&text, source.is_gitlab ? "//" : "/", err) &&
           mf_buf_append(&text, path, err) && mf_buf_append_byte(&text, '@', err) &&
           mf_buf_append(&text, ref, err) && put_built(list, &row, &text, &source, err);
}

static bool add_tag(struct demand_list *list, const struct demand_option *option, struct span value,
                    struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_GLOB_MAX};
    const struct demand row = row_of(option, MF_FULCIO_SOURCE_REPOSITORY_REF, value);

    if (mf_span_starts(value, MF_SPAN("refs/")))
        return mf_err_set(err, MF_ERR_USAGE, "takes a tag's own name, without refs/tags/");
    return mf_buf_append_str(&text, "refs/tags/", err) && mf_buf_append(&text, value, err) &&
           put_built(list, &row, &text, NULL, err);
}

static bool no_such_name(struct span name, struct err *err)
{
    const char *best = NULL;
    size_t best_distance = 5;

    for (unsigned i = 0; i <= MF_FULCIO_LAST; i++) {
        const char *known = mf_fulcio_name(i);
        size_t d = known != NULL ? mf_edit_distance(name, mf_span_str(known)) : best_distance;
        if (d < best_distance) {
            best = known;
            best_distance = d;
        }
    }
    mf_err_set(err, MF_ERR_USAGE, "there is no extension \"%.*s\"", MF_SPAN_ARG(name));
    return best != NULL ? mf_err_hint(err, "did you mean %s?", best)
                        : mf_err_hint(err, "mayfly-verify(1) lists the names");
}

static bool add_require(struct demand_list *list, const struct demand_option *option,
                        struct span value, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_GLOB_MAX};
    size_t equals = mf_span_find(value, '=');
    unsigned number = mf_fulcio_number(mf_span_first(value, equals));
    struct demand row = row_of(option, number, value);

    if (equals == value.n)
        return mf_err_set(err, MF_ERR_USAGE, "takes NAME=GLOB, not \"%.*s\"", MF_SPAN_ARG(value));
    if (number == 0)
        return no_such_name(mf_span_first(value, equals), err);
    row.group += number;
    return mf_buf_append(&text, mf_span_from(value, equals + 1), err) &&
           put_built(list, &row, &text, NULL, err);
}

static const struct demand_option table[] = {
    {"--identity", "--certificate-identity", "NAME",
     "who should have signed: the certificate's name, exactly", GROUP_NAME, add_exact},
    {"--identity-glob", NULL, "GLOB", "the same as a pattern: * within a part of a path, ** across",
     GROUP_NAME, add_glob},
    {"--identity-regexp", "--certificate-identity-regexp", "REGEXP",
     "the same as a regular expression; write ^...$", GROUP_NAME, add_regexp},
    {"--issuer", "--certificate-oidc-issuer", "URL",
     "who vouched for them: the token's issuer, exactly", GROUP_ISSUER, add_exact},
    {"--issuer-regexp", "--certificate-oidc-issuer-regexp", "REGEXP",
     "the same as a regular expression; write ^...$", GROUP_ISSUER, add_regexp},
    {"--repo", NULL, "OWNER/NAME", "signed by a workflow run of this GitHub repository",
     GROUP_REPOSITORY, add_repo},
    {"--gitlab", NULL, "[HOST/]GROUP/PROJECT", "signed by a pipeline of this GitLab project",
     GROUP_REPOSITORY, add_gitlab},
    {"--signer-workflow", NULL, "PATH[@REF]", "signed by this workflow, of any ref or of this one",
     GROUP_WORKFLOW, add_workflow},
    {"--tag", NULL, "GLOB", "signed in a run for a tag of such a name", GROUP_TAG, add_tag},
    {"--require", NULL, "NAME=GLOB", "an extension of the certificate has such a value",
     GROUP_REQUIRE, add_require},
};

const struct demand_option *mf_demand_options(size_t *count)
{
    *count = MF_LEN(table);
    return table;
}

bool mf_demand_list_add(struct demand_list *list, const struct demand_option *option,
                        struct span value, struct err *err)
{
    if (value.n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "%s was given an empty value", option->name);
    if (value.n > MF_DEMAND_TEXT_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "%s was given more than %d bytes", option->name,
                          MF_DEMAND_TEXT_MAX);
    if (!mf_utf8_is_valid(value))
        return mf_err_set(err, MF_ERR_USAGE, "%s was given a value that is not UTF-8",
                          option->name);
    if (option->add(list, option, value, err))
        return true;
    if (err->code == MF_ERR_LIMIT) /* of the text that was built */
        mf_err_as(err, MF_ERR_USAGE);
    return mf_err_at(err, "%s", option->name);
}

struct identity_demand mf_demand_list_view(const struct demand_list *list)
{
    return (struct identity_demand){list->rows, list->count};
}

void mf_demand_list_done(struct demand_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->texts[i]);
        mf_name_regexp_free(&list->regexps[i]);
    }
    list->count = 0;
    memset(list->texts, 0, sizeof list->texts);
}
