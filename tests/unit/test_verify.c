/* The verifier on the conformance cases that it knows by now: bundle v0.3 with Rekor v2 entries. */
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

static bool verify(const char *name, struct verification *result, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    struct artifact artifact;
    char path[PATH_MAX];
    char identity[512];
    char issuer[512];

    path_of(name, "trusted_root.json", path);
    if (access(path, R_OK) != 0) /* the bundle alone decides: any root will do */
        path_of("rekor2-happy-path", "trusted_root.json", path);
    if (!mf_trusted_root_read(path, &root, err))
        return false;
    path_of(name, "bundle.sigstore.json", path);
    if (!mf_bundle_read(path, &bundle, err))
        return false;
    path_of(name, "artifact", path);
    if (access(path, R_OK) != 0)
        path_of(".", "a.txt", path);
    mf_ck_ok(mf_artifact_read(crypto, path, mf_bundle_digests(crypto, bundle), &artifact, err),
             *err);
    text_of(name, "identity", default_identity, identity);
    text_of(name, "issuer", default_issuer, issuer);
    const struct identity_demand demand = {mf_span_str(identity), mf_span_str(issuer)};
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
        bool ok = verify(entry->d_name, &result, &err);
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

/* What is refused, and where. Bundles in formats that are not verified yet are refused for that
 * before their own defect is met. */
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
    {"happy-path-v0.1", "bundles of version 0.1 are not verified yet"},
    {"happy-path-v0.3", "log_entry: no entry is of a log that the trusted root names"},
    {"bundle-empty-certificate-chain_fail", "not verified yet"},
    {"bundle-unknown-version_fail", "is not a Sigstore bundle that we know"},
    {"bundle-malformed-json_fail", "bundle.sigstore.json: "},
    {"bundle-negative-log-index_fail", "not verified yet"},
    {"managed-key-happy-path", "bundles with a public key are not verified yet"},
};

START_TEST(names_the_step_and_the_reason)
{
    struct verification result = {.time_count = 0};
    struct err err = {0};

    mf_ck_refused(verify(refusals[_i].name, &result, &err), err, refusals[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
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
    suite_add_tcase(suite, all);
    return suite;
}
