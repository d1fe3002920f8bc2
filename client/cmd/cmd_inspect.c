/* mayfly inspect: what a file says, for people and as JSON. It gives no verdict. */
#include <stdio.h>

#include "client/bundle/bundle.h"
#include "client/cmd/inspect_kinds.h"
#include "client/cmd/verbs.h"
#include "common/base/file.h"
#include "common/codec/der.h"
#include "common/run/exit.h"

struct kind {
    const char *name;
    bool (*show)(struct inspect_view *v, struct span text, struct err *err);
};

static const struct kind bundle = {"bundle", mf_inspect_bundle};
static const struct kind trusted_root = {"trusted_root", mf_inspect_trusted_root};
static const struct kind certificate = {"certificate", mf_inspect_certificates};
static const struct kind checkpoint = {"checkpoint", mf_inspect_checkpoint};
static const struct kind sct = {"sct", mf_inspect_sct};
static const struct kind token = {"token", mf_inspect_token};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static struct span trimmed(struct span text)
{
    while (text.n > 0 && is_space(text.p[0]))
        text = mf_span_from(text, 1);
    while (text.n > 0 && is_space(text.p[text.n - 1]))
        text.n--;
    return text;
}

static bool holds(struct span text, const char *part)
{
    return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* By its members; what is no JSON is told so by whoever reads bundles. */
static const struct kind *kind_of_json(struct span text)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err ignored = {0};
    struct span type = {0};

    if (!mf_json_parse(text, &mf_json_file_limits, &doc, &ignored))
        return &bundle;
    const struct json_node *root = mf_json_root(doc);
    if (mf_json_get(root, "sct_version") != NULL)
        return &sct;
    if (mf_json_get(root, "trustedRoot") != NULL ||
        (mf_json_member_string(root, "mediaType", &type, &ignored) && holds(type, "trustedroot")))
        return &trusted_root;
    return &bundle;
}

static bool is_token(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] >= 0x7F)
            return false;
    return mf_span_starts(text, MF_SPAN("eyJ"));
}

/* Null when it is none that we know. */
static const struct kind *kind_of(struct span text)
{
    struct span inner = trimmed(text);

    if (inner.n == 0 || inner.p[0] == '{')
        return kind_of_json(text);
    if (is_token(inner))
        return &token;
    if (holds(text, "-----BEGIN ") ||
        (text.n > 2 && text.p[0] == MF_DER_SEQUENCE && text.p[1] > 0x80))
        return &certificate;
    if (holds(text, "\n\n\xE2\x80\x94 "))
        return &checkpoint;
    return text.p[0] == 0 ? &sct : NULL;
}

static bool show(struct inspect_view *v, struct span text, struct err *err)
{
    const struct kind *kind = kind_of(text);

    if (kind == NULL) {
        mf_err_set(err, MF_ERR_REJECTED, "is none of what can be shown");
        return mf_err_hint(err,
                           "give a bundle, trusted root, certificate, checkpoint, SCT or token");
    }
    mf_view_begin(v, kind->name);
    /* A token in a file ends with a line break as a rule. */
    return kind->show(v, kind == &token ? trimmed(text) : text, err) && mf_view_end(v, err);
}

/* As in mf_bundle_read: a file that was read and does not hold. */
static bool damaged(const char *path, struct err *err)
{
    if (err->code != MF_ERR_SYSTEM && err->code != MF_ERR_INTERNAL)
        mf_err_as(err, MF_ERR_REJECTED);
    return mf_err_at(err, "%s", path);
}

static bool inspect(const char *path, bool json, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.secret = true}; /* it may be a token */
    MF_SCOPED(mf_view_done) struct inspect_view v = {.json = json};

    return mf_file_read(path, MF_BUNDLE_MAX, &text, err) &&
           (show(&v, mf_buf_span(&text), err) || damaged(path, err));
}

int mf_cmd_inspect(int argc, char **argv)
{
    bool json = false;
    const struct option options[] = {
        {.name = "json", .kind = MF_OPTION_FLAG, .value = &json, .help = "as JSON"},
    };
    const struct option_set set = {
        "mayfly inspect", "FILE",
        "Shows what a bundle, trusted root, certificate, checkpoint, SCT or token says.\n"
        "Verifies nothing and gives no verdict.",
        options, MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status))
        return status;
    if (operands != 1) {
        mf_err_set(&err, MF_ERR_USAGE, "inspect takes one file");
        return mf_exit_report("mayfly", &err);
    }
    return inspect(argv[1], json, &err) ? 0 : mf_exit_report("mayfly", &err);
}
