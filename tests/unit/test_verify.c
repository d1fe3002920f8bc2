/* The verifier on bundles v0.3 with Rekor v2 entries: genuine, broken, and with one thing changed.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/verify/bundle_verifier.h"
#include "common/base/file.h"
#include "tests/support/suite.h"

static const char default_identity[] =
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
    "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
static const char default_issuer[] = "https://token.actions.githubusercontent.com";

static const char folder[] = "conformance/bundle-verify";
static struct crypto *crypto;

static void setup(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void teardown(void)
{
    mf_crypto_free(&crypto);
}

static void path_of(const char *name, const char *file, char out[static PATH_MAX])
{
    ck_assert_int_gt(snprintf(out, PATH_MAX, "%s/%s/%s/%s", mf_fixtures(), folder, name, file), 0);
}

static void text_of(const char *name, const char *file, const char *otherwise, char out[static 512])
{
    MF_SCOPED(mf_buf_done) struct buf b = {0};
    struct err err = {0};
    char path[PATH_MAX];
    struct span text = mf_span_str(otherwise);

    path_of(name, file, path);
    if (mf_file_read(path, 500, &b, &err))
        text = mf_buf_span(&b);
    while (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    ck_assert_int_ge(snprintf(out, 512, "%.*s", (int)text.n, (const char *)text.p), 0);
}

/* Of a fixture's file: the first place of `from` behind `after`. A '*' at the end of `from` stands
 * for all up to the next quotation mark, that included. */
struct edit {
    const char *file, *after, *from, *to;
};

static void read_edited(const char *path, const struct edit *edit, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct span head, rest;

    mf_ck_ok(mf_file_read(path, MF_BUNDLE_MAX, &text, err), *err);
    head = mf_buf_span(&text);
    out->max = MF_BUNDLE_MAX;
    if (edit == NULL || strstr(path, edit->file) == NULL) {
        mf_ck_ok(mf_buf_append(out, head, err), *err);
        return;
    }
    const uint8_t *at = memmem(head.p, head.n, edit->after, strlen(edit->after));
    ck_assert_msg(at != NULL, "no '%s' in %s", edit->after, path);
    at += strlen(edit->after);
    bool has_star = mf_span_ends(mf_span_str(edit->from), MF_SPAN("*"));
    size_t length = strlen(edit->from) - has_star;
    at = memmem(at, head.n - (size_t)(at - head.p), edit->from, length);
    ck_assert_msg(at != NULL, "no '%s' in %s", edit->from, path);
    rest = mf_span_from(head, (size_t)(at - head.p) + length);
    if (has_star)
        rest = mf_span_from(rest, mf_span_find(rest, '"') + 1);
    head.n = (size_t)(at - head.p);
    mf_ck_ok(mf_buf_append(out, head, err) && mf_buf_append_str(out, edit->to, err) &&
                 mf_buf_append(out, rest, err),
             *err);
}

static bool load(const char *name, const struct edit *edit, struct trusted_root **root,
                 struct bundle **bundle, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf root_text = {0};
    MF_SCOPED(mf_buf_done) struct buf bundle_text = {0};
    char path[PATH_MAX];

    path_of(name, "trusted_root.json", path);
    if (access(path, R_OK) != 0) /* the bundle alone decides: any root will do */
        path_of("rekor2-happy-path", "trusted_root.json", path);
    read_edited(path, edit, &root_text, err);
    if (!mf_trusted_root_parse(mf_buf_span(&root_text), root, err))
        return false;
    path_of(name, "bundle.sigstore.json", path);
    if (edit == NULL)
        return mf_bundle_read(path, bundle, err);
    read_edited(path, edit, &bundle_text, err);
    return mf_bundle_parse(mf_buf_span(&bundle_text), bundle, err);
}

static bool verify(const char *name, const struct edit *edit, struct verification *result,
                   struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    struct artifact artifact;
    char path[PATH_MAX];
    char identity[512];
    char issuer[512];

    if (!load(name, edit, &root, &bundle, err))
        return false;
    path_of(name, "artifact", path);
    if (access(path, R_OK) != 0)
        path_of(".", "a.txt", path);
    mf_ck_ok(
        mf_artifact_read(crypto, path, mf_bundle_digests(crypto, bundle, NULL), &artifact, err),
        *err);
    text_of(name, "identity", default_identity, identity);
    text_of(name, "issuer", default_issuer, issuer);
    const struct demand row = mf_demand_exactly(mf_span_str(identity), mf_span_str(issuer));
    const struct identity_demand demand = {&row, 1};
    const struct verify_params params = {.root = root, .demand = &demand, .artifact = &artifact};
    return mf_bundle_verify(crypto, bundle, &params, result, err);
}

START_TEST(accepts_genuine_bundles_and_refuses_the_others)
{
    char base[PATH_MAX];
    struct dirent *entry = NULL;
    int good = 0;
    int bad = 0;

    path_of("", "", base);
    DIR *dir = opendir(base);
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        struct verification result = {.time_count = 0};
        struct err err = {0};
        char said[800] = "";
        if (strncmp(entry->d_name, "rekor2-", 7) != 0)
            continue;
        bool should_fail = strstr(entry->d_name, "_fail") != NULL;
        bool ok = verify(entry->d_name, NULL, &result, &err);
        mf_err_render(&err, said, sizeof said);
        ck_assert_msg(ok == !should_fail, "%s: %s", entry->d_name, ok ? "accepted" : said);
        good += ok;
        bad += !ok;
    }
    closedir(dir);
    ck_assert_int_ge(good, 10);
    ck_assert_int_ge(bad, 15);
}
END_TEST

/* What is refused, and where. The older formats are test_verify_formats.c's. */
static const struct {
    const char *name, *message;
} refusals[] = {
    {"rekor2-no-timestamp_fail", "timestamp: there is no timestamp"},
    {"rekor2-no-inclusion-proof_fail", "log_entry: inclusion proof is missing"},
    {"rekor2-dsse-mismatch-sig_fail", "log_entry: body: the entry is not of this signature"},
    {"rekor2-timestamp-payload-mismatch_fail", "timestamp: message imprint"},
    {"rekor2-timestamp-outside-trust-root-tsa-validity_fail", "outside the authority's window"},
    {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", "timestamp"},
    {"rekor2-checkpoint-missing-log-signature_fail", "log_entry: checkpoint"},
    {"rekor2-checkpoint-missing-size_fail", "log_entry: checkpoint"},
    {"happy-path-v0.3", "log_entry: no entry is of a log that the trusted root names"},
};

START_TEST(names_the_step_and_the_reason)
{
    struct verification result = {.time_count = 0};
    struct err err = {0};

    mf_ck_refused(verify(refusals[_i].name, NULL, &result, &err), err, refusals[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
}
END_TEST

#define BUNDLE     "bundle.sigstore.json"
#define ROOT       "trusted_root.json"
#define LOG        "https://log2025-alpha1.rekor.sigstage.dev"
#define LOG_START  "\"start\": \"2025-04-16T00:00:00Z\""
#define PROOF      "\"inclusionProof\": {"
#define PROOF_HASH "\"rootHash\": \"rs1YPY0ydAV0lxgfrq5pE4oRpUJwo3syeps5+eGUTDI=\", "
#define HINT_ROOT  "check that this trusted root belongs"

/* One thing at a time is changed in a bundle that verifies, or in its root; null: still verifies.
 */
static const struct {
    struct edit edit;
    const char *message;
} edits[] = {
    /* A window that begins or ends at the very time of signing holds; one instant off does not. */
    {{ROOT, LOG, LOG_START, "\"start\": \"2025-06-12T12:02:20Z\""}, NULL},
    {{ROOT, LOG, LOG_START, "\"start\": \"2025-06-12T12:02:21Z\""},
     "timestamp: the time of signing is outside the window for which the trusted root names the "
     "log of entry 0"},
    {{ROOT, LOG, LOG_START, LOG_START ", \"end\": \"2025-06-12T12:02:20Z\""}, NULL},
    {{ROOT, LOG, LOG_START, LOG_START ", \"end\": \"2025-06-12T12:02:19Z\""},
     "timestamp: the time of signing is outside the window"},
    {{ROOT, LOG, LOG_START, "\"end\": \"2099-01-01T00:00:00Z\""}, "start is missing"},
    /* The authority's window, the CT log's. */
    {{ROOT, "https://fulcio.sigstage.dev", "\"start\": \"2022-04-14T21:38:40Z\"",
      "\"start\": \"2025-06-12T12:02:21Z\""},
     "certificate: 2025-06-12T12:02:20Z is outside the authority's window"},
    {{ROOT, "https://ctfe.sigstage.dev/2022-2", "\"start\": \"2022-07-01T00:00:00Z\"",
      "\"start\": \"2025-06-12T12:12:20Z\""},
     "sct: no SCT is by a log that the trusted root names for its time: " HINT_ROOT},
    /* What the entry and its proof say. */
    {{BUNDLE, "canonicalizedBody\": \"", "eyJ", "eyK"}, "log_entry: body: the entry is not of"},
    {{BUNDLE, "", "\"canonicalizedBody\"", "\"canonicalized_body\""}, NULL},
    {{BUNDLE, "", "\"canonicalizedBody\": \"*", "\"canonicalizedBody\": \"\""},
     "log_entry: canonicalizedBody is missing"},
    {{BUNDLE, "", "\"canonicalizedBody\": \"*", "\"canonicalizedBody\": null"},
     "log_entry: canonicalizedBody is missing"},
    {{BUNDLE, PROOF, "\"logIndex\": \"735\"", "\"logIndex\": \"0\""}, NULL},
    {{BUNDLE, PROOF, "\"logIndex\": \"735\", ", ""}, NULL},
    {{BUNDLE, PROOF, "\"logIndex\": \"735\"", "\"logIndex\": \"734\""},
     "log_entry: inclusion proof: logIndex of the proof is not the entry's"},
    {{BUNDLE, "tlogEntries", "\"logIndex\": \"735\"", "\"logIndex\": \"0\""},
     "log_entry: inclusion proof: logIndex of the proof is not the entry's"},
    {{BUNDLE, "tlogEntries", "\"logIndex\": \"735\", ", ""},
     "log_entry: inclusion proof: logIndex of the proof is not the entry's"},
    {{BUNDLE, PROOF, "\"treeSize\": \"736\"", "\"treeSize\": \"0\""}, NULL},
    {{BUNDLE, PROOF, "\"treeSize\": \"736\", ", ""}, NULL},
    {{BUNDLE, PROOF, "\"treeSize\": \"736\"", "\"treeSize\": \"737\""},
     "log_entry: inclusion proof: treeSize is not the checkpoint's"},
    {{BUNDLE, PROOF, PROOF_HASH, ""}, NULL},
    {{BUNDLE, PROOF, PROOF_HASH, "\"rootHash\": \"\", "}, NULL},
};

START_TEST(sees_each_edit_by_itself)
{
    struct verification result = {.time_count = 0};
    struct err err = {0};

    if (edits[_i].message == NULL)
        mf_ck_ok(verify("rekor2-happy-path", &edits[_i].edit, &result, &err), err);
    else
        mf_ck_refused(verify("rekor2-happy-path", &edits[_i].edit, &result, &err), err,
                      edits[_i].message);
}
END_TEST

/* A hint for another cause sends people the wrong way. */
START_TEST(hints_at_the_trusted_root_only_where_it_may_be_wrong)
{
    static const struct {
        const char *name;
        bool hint;
    } rows[] = {
        {"rekor2-timestamp-payload-mismatch_fail", false},
        {"rekor2-timestamp-outside-tsa-cert-validity_fail", false},
        {"rekor2-timestamp-with-incorrect-time_fail", false},
        {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", true},
        {"happy-path-v0.3", true},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        struct verification result = {.time_count = 0};
        struct err err = {0};
        ck_assert(!verify(rows[i].name, NULL, &result, &err));
        ck_assert_msg((strstr(err.hint, "trusted root") != NULL) == rows[i].hint, "%s: %s: %s",
                      rows[i].name, err.what, err.hint);
    }
}
END_TEST

START_TEST(asks_for_the_digests_that_a_bundle_needs)
{
    static const struct {
        const char *name;
        unsigned digests;
    } rows[] = {
        {"rekor2-happy-path", 1U << MF_SHA256},
        /* The strongest digest of a subject decides, whichever the statement gives. */
        {"rekor2-dsse-happy-path", 1U << MF_SHA256 | 1U << MF_SHA384 | 1U << MF_SHA512},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
        struct err err = {0};
        char path[PATH_MAX];
        path_of(rows[i].name, BUNDLE, path);
        mf_ck_ok(mf_bundle_read(path, &bundle, &err), err);
        ck_assert_uint_eq(mf_bundle_digests(crypto, bundle, NULL), rows[i].digests);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *all = tcase_create("conformance");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, accepts_genuine_bundles_and_refuses_the_others);
    tcase_add_loop_test(all, names_the_step_and_the_reason, 0, MF_LEN(refusals));
    tcase_add_loop_test(all, sees_each_edit_by_itself, 0, MF_LEN(edits));
    tcase_add_test(all, hints_at_the_trusted_root_only_where_it_may_be_wrong);
    tcase_add_test(all, asks_for_the_digests_that_a_bundle_needs);
    suite_add_tcase(suite, all);
    return suite;
}
