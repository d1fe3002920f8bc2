#include "tests/support/verify_case.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/suite.h"

static const char default_identity[] =
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
    "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
static const char default_issuer[] = "https://token.actions.githubusercontent.com";

void mf_verify_case_path(const char *name, const char *file, char out[static 1024])
{
    ck_assert_int_gt(
        snprintf(out, 1024, "%s/conformance/bundle-verify/%s/%s", mf_fixtures(), name, file), 0);
}

static void text_of(const char *name, const char *file, const char *otherwise, char out[static 512])
{
    MF_SCOPED(mf_buf_done) struct buf b = {0};
    struct err err = {0};
    char path[1024];
    struct span text = mf_span_str(otherwise);

    mf_verify_case_path(name, file, path);
    if (mf_file_read(path, 500, &b, &err))
        text = mf_buf_span(&b);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    ck_assert_int_ge(snprintf(out, 512, "%.*s", (int)text.n, (const char *)text.p), 0);
}

/* Drops the white space between tokens, so that a change need not know how a file was printed. */
static void compact(struct buf *b)
{
    bool in_string = false;
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        uint8_t c = b->p[i];
        if (!in_string && (c == ' ' || c == '\n' || c == '\t' || c == '\r'))
            continue;
        if (in_string && c == '\\')
            b->p[n++] = b->p[i++];
        else if (c == '"')
            in_string = !in_string;
        b->p[n++] = b->p[i];
    }
    b->n = n;
}

static size_t find(struct span text, size_t at, const char *piece)
{
    while (at < text.n && !mf_span_starts(mf_span_from(text, at), mf_span_str(piece)))
        at++;
    ck_assert_msg(at < text.n, "'%s' does not occur", piece);
    return at;
}

static void read_changed(const char *path, const struct text_change *change, struct buf *out)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};

    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    if (change->from == NULL) {
        *out = text;
        text = (struct buf){0};
        return;
    }
    compact(&text);
    struct span all = mf_buf_span(&text);
    size_t start = find(all, 0, change->from);
    size_t end = start + strlen(change->from);
    if (change->until != NULL)
        end = find(all, end, change->until);
    *out = (struct buf){.max = 1 << 21};
    mf_ck_ok(mf_buf_append(out, mf_span_first(all, start), &err), err);
    mf_ck_ok(mf_buf_append_str(out, change->by, &err), err);
    mf_ck_ok(mf_buf_append(out, mf_span_from(all, end), &err), err);
}

static void public_root_path(char out[static 1024])
{
    ck_assert_int_gt(
        snprintf(out, 1024, "%s/sigstore-tuf/targets/trusted_root.json", mf_fixtures()), 0);
}

struct buf mf_verify_case_line(const char *name)
{
    struct buf text = {0};
    struct err err = {0};
    char path[1024];

    mf_verify_case_path(name, "bundle.sigstore.json", path);
    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    compact(&text);
    return text;
}

struct trusted_root *mf_verify_case_public_root(void)
{
    struct trusted_root *root = NULL;
    struct err err = {0};
    char path[1024];

    public_root_path(path);
    mf_ck_ok(mf_trusted_root_read(path, &root, &err), err);
    return root;
}

struct identity_demand mf_verify_case_demand(void)
{
    static const struct demand row = {.text = MF_SPAN_INIT(default_identity),
                                      .issuer = MF_SPAN_INIT(default_issuer)};

    return (struct identity_demand){&row, 1};
}

static bool read_root(const struct verify_case *which, struct trusted_root **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    char path[1024];

    mf_verify_case_path(which->name, "trusted_root.json", path);
    if (access(path, R_OK) != 0)
        public_root_path(path);
    read_changed(path, &which->root, &text);
    return mf_trusted_root_parse(mf_buf_span(&text), out, err);
}

static bool read_bundle(const struct verify_case *which, struct bundle **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    char path[1024];

    mf_verify_case_path(which->name, "bundle.sigstore.json", path);
    if (which->bundle.from == NULL)
        return mf_bundle_read(path, out, err);
    read_changed(path, &which->bundle, &text);
    return mf_bundle_parse(mf_buf_span(&text), out, err);
}

/* The fixture's own key, unless the case brings one or wants a name. */
static bool read_key(struct crypto *c, const struct verify_case *which, struct managed_key *own,
                     const struct managed_key **out, struct err *err)
{
    char path[1024];

    *out = which->key;
    mf_verify_case_path(which->name, "key.pub", path);
    if (which->key != NULL || which->by_name || access(path, R_OK) != 0)
        return true;
    *out = own;
    return mf_managed_key_read(c, path, own, err);
}

bool mf_verify_case(struct crypto *c, const struct verify_case *which, struct verification *result,
                    struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    MF_SCOPED(mf_managed_key_done) struct managed_key own = {0};
    const struct managed_key *key = NULL;
    struct artifact artifact;
    char path[1024];
    char identity[512];
    char issuer[512];

    if (!read_root(which, &root, err) || !read_key(c, which, &own, &key, err) ||
        !read_bundle(which, &bundle, err))
        return false;
    mf_verify_case_path(which->name, "artifact", path);
    if (access(path, R_OK) != 0)
        mf_verify_case_path(".", "a.txt", path);
    mf_ck_ok(mf_artifact_read(c, path, mf_bundle_digests(c, bundle, key), &artifact, err), *err);
    text_of(which->name, "identity", default_identity, identity);
    text_of(which->name, "issuer", default_issuer, issuer);
    const struct demand row = mf_demand_exactly(mf_span_str(identity), mf_span_str(issuer));
    const struct identity_demand demand = {&row, 1};
    const struct verify_params params = {
        .root = root,
        .demand = key == NULL ? &demand : NULL,
        .key = key,
        .artifact = &artifact,
    };
    return mf_bundle_verify(c, bundle, &params, result, err);
}
