/* Every conformance fixture through the verifier, and older formats with one thing changed. */
#include <dirent.h>
#include <stdio.h>

#include "tests/support/suite.h"
#include "tests/support/verify_case.h"

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

START_TEST(accepts_genuine_bundles_and_refuses_the_others)
{
    char base[1024];
    struct dirent *entry = NULL;
    int good = 0;
    int bad = 0;

    mf_verify_case_path("", "", base);
    DIR *dir = opendir(base);
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        const struct verify_case one = {.name = entry->d_name};
        struct verification result = {.time_count = 0};
        struct err err = {0};
        char said[800] = "";
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        bool should_fail = strstr(entry->d_name, "_fail") != NULL;
        bool ok = mf_verify_case(crypto, &one, &result, &err);
        mf_err_render(&err, said, sizeof said);
        ck_assert_msg(ok == !should_fail, "%s: %s", entry->d_name, ok ? "accepted" : said);
        good += ok;
        bad += !ok;
    }
    closedir(dir);
    ck_assert_int_ge(good, 21);
    ck_assert_int_ge(bad, 49);
}
END_TEST

/* What is refused, and where: a fixture that is refused for another reason than its own defect
 * shows nothing. */
static const struct {
    const char *name, *message;
} refusals[] = {
    {"bundle-empty-certificate-chain_fail", "x509CertificateChain has 0 certificates"},
    {"bundle-from-wrong-instance_fail", "log_entry: no entry is of a log that the trusted root"},
    {"bundle-invalid-base64-signature_fail", "messageSignature: signature: character 8 is not"},
    {"bundle-malformed-json_fail", "a string has no end"},
    {"bundle-negative-log-index_fail", "tlogEntries[0]: logIndex: is negative"},
    {"bundle-unknown-version_fail", "is not a Sigstore bundle that we know"},
    {"bundle-with-root-cert_fail", "certificates[1]: a root certificate must not be in a bundle"},
    {"checkpoint-bad-keyhint_fail", "log_entry: checkpoint: no signature by rekor.sigstore.dev"},
    {"checkpoint-wrong-roothash_fail", "inclusion proof: rootHash is not the checkpoint's"},
    {"dsse-invalid-sig_fail", "log_entry: body: the entry is of another signature"},
    {"dsse-mismatch-sig_fail", "log_entry: body: the entry is of another signature"},
    {"inclusion-proof-corrupted-hash_fail", "inclusion proof does not lead to the tree's root"},
    {"incorrect-public-key_fail", "log_entry: body: the entry is of another certificate"},
    {"integrated-time-in-future_fail", "its validity ended 2026-05-07T15:28:10Z"},
    {"intoto-expired-certificate_fail", "its validity begins 2030-01-01T00:00:00Z"},
    {"intoto-log-entry-mismatch_fail", "log_entry: body: spec: content: envelope: signatures[0]"},
    {"intoto-missing-inclusion-proof_fail", "log_entry: inclusion proof is missing"},
    {"intoto-set-outside-signing-cert-validity_fail", "not valid at 2023-02-02T00:00:00Z"},
    {"intoto-tsa-timestamp-outside-cert-validity_fail", "not valid at 2023-02-02T00:00:00Z"},
    {"invalid-checkpoint-signature_fail", "checkpoint: signature by rekor.sigstore.dev+c0d23d6a"},
    {"invalid-ct-key_fail", "sct: no SCT is by a log that the trusted root names"},
    {"invalid-inclusion-proof_fail", "log_entry: checkpoint is missing"},
    {"managed-key-no-key_fail", "format: signed with a key that no certificate gives"},
    {"message-digest-mismatch_fail", "log_entry: the bundle is for another file"},
    {"rekor2-no-timestamp_fail", "timestamp: there is no timestamp"},
    {"rekor2-no-inclusion-proof_fail", "log_entry: inclusion proof is missing"},
    {"rekor2-dsse-mismatch-sig_fail", "log_entry: body: the entry is not of this signature"},
    {"rekor2-timestamp-payload-mismatch_fail", "timestamp: message imprint"},
    {"rekor2-timestamp-outside-trust-root-tsa-validity_fail", "outside the authority's window"},
    {"rekor2-timestamp-outside-tsa-cert-validity_fail", "timestamp: certificate: not valid at"},
    {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", "timestamp: signed by another"},
    {"rekor2-checkpoint-missing-log-signature_fail", "log_entry: checkpoint: has no signature"},
    {"rekor2-checkpoint-missing-size_fail", "log_entry: checkpoint: signature by"},
    {"rekor2-checkpoint-no-matching-signature_fail", "log_entry: checkpoint: no signature by"},
    {"set-invalid-signature_fail", "log_entry: inclusion promise: signature does not verify"},
    {"signature-mismatch_fail", "log_entry: body: the entry is of another signature"},
    {"wrong-hashedrekord-entry_fail", "log_entry: body: the entry is of another signature"},
    {"wrong-material_fail", "log_entry: the bundle is for another file"},
};

START_TEST(names_the_step_and_the_reason)
{
    const struct verify_case one = {.name = refusals[_i].name};
    struct verification result = {.time_count = 0};
    struct err err = {0};

    mf_ck_refused(mf_verify_case(crypto, &one, &result, &err), err, refusals[_i].message);
}
END_TEST

#define V01         "happy-path-v0.1"
#define V02         "happy-path-v0.2"
#define V03         "happy-path-v0.3"
#define DSSE        "happy-path-intoto-in-dsse-v3"
#define INTOTO      "intoto-with-custom-trust-root"
#define KEY         "managed-key-happy-path"
#define STAGING_KEY "managed-key-and-trusted-root" /* its root names an authority */
#define END_AT      "trust-root-tlog-validity-end-inclusive"

#define PROMISE "\"inclusionPromise\":{"
#define VERSION(from, to)                              \
    {                                                  \
        "version=" from "\"", NULL, "version=" to "\"" \
    }

static const struct {
    struct verify_case one;
    const char *message; /* null: accepted all the same */
} changes[] = {
    /* versions: spelling and demands */
    {{V01, .bundle = {"+json;version=0.1", NULL, ".v0.1+json"}}, NULL},
    {{V02, .bundle = {"+json;version=0.2", NULL, ".v0.2+json"}}, NULL},
    {{V03, .bundle = {"+json;version=0.3", NULL, ".v0.3+json"}}, NULL},
    {{V01, .bundle = VERSION("0.1", "0.1 ")}, "is not a Sigstore bundle that we know"},
    {{V01, .bundle = VERSION("0.1", "0.3")}, "version 0.3 has no certificate chain"},
    {{V03, .bundle = VERSION("0.3", "0.1")}, "version 0.1 has a chain, not a certificate alone"},
    {{V03, .bundle = VERSION("0.3", "0.2")}, "version 0.2 has a chain, not a certificate alone"},
    {{V01, .bundle = {PROMISE, "\"inclusionProof\"", ""}},
     "tlogEntries[0]: version 0.1 demands an inclusion promise"},
    {{V02, .bundle = {PROMISE, "\"inclusionProof\"", ""}}, "timestamp: there is no timestamp"},
    {{V01, .bundle = {"\"inclusionProof\":", "\"canonicalizedBody\"", ""}},
     "log_entry: inclusion proof is missing"},
    {{V01, .bundle = {"\"checkpoint\":{", "}", "\"checkpoint\":{"}},
     "log_entry: checkpoint is missing"},
    {{V01,
      .bundle = {"\"x509CertificateChain\"", NULL, "\"publicKey\":{},\"x509CertificateChain\""}},
     "2 of certificate, publicKey, x509CertificateChain are there"},
    {{V01, .bundle = {"\"messageSignature\"", NULL, "\"dsseEnvelope\":{},\"messageSignature\""}},
     "2 of messageSignature, dsseEnvelope"},
    {{V01, .bundle = {"\"certificates\":[", NULL, "\"certificates\":[{},{},{},{},{},{},{},{},"}},
     "x509CertificateChain has 9 certificates; 1 to 8 are allowed"},
    /* the entry */
    {{V01, .bundle = {"\"0.0.1\"", NULL, "\"0.0.2\""}},
     "a Rekor v2 entry has no inclusion promise"},
    {{V01, .bundle = {"\"hashedrekord\"", NULL, "\"dsse\""}},
     "body: the body is of another kind than kindVersion says"},
    {{V01, .bundle = {"\"hashedrekord\"", NULL, "\"rekord\""}},
     "kindVersion: entries of kind rekord 0.0.1 are not known"},
    {{INTOTO, .bundle = {"\"0.0.2\"", NULL, "\"0.0.1\""}},
     "kindVersion: an intoto 0.0.1 entry records no signature"},
    {{V01, .bundle = {"\"canonicalizedBody\":", "}", "\"canonicalizedBody\":\"\""}},
     "log_entry: canonicalizedBody is missing"},
    {{V01, .bundle = {"\"logIndex\":\"27246492\"", NULL, "\"logIndex\":\"27246493\""}},
     "inclusion promise: signature does not verify"},
    {{V01, .bundle = {"1689177396", NULL, "1689177397"}},
     "inclusion promise: signature does not verify"},
    {{V01, .bundle = {"\"1689177396\"", NULL, "\"0\""}},
     "inclusion promise: integratedTime is missing"},
    {{V01, .bundle = {"\"27246492\"", NULL, "\"9007199254740992\""}},
     "inclusion promise: logIndex: has no exact form in canonical JSON"},
    {{V01, .bundle = {"\"23083061\"", NULL, "\"23083060\""}}, "inclusion proof: "},
    {{V01, .bundle = {"\"23083061\"", NULL, "\"23083062\""}}, "inclusion proof: "},
    {{V01, .bundle = {"\"treeSize\":\"23083062\"", NULL, "\"treeSize\":\"23083063\""}},
     "inclusion proof: treeSize is not the checkpoint's"},
    {{V01, .bundle = {"\"hashes\":[", "\"k9N2", "\"hashes\":["}}, "inclusion proof: "},
    {{V01, .bundle = {"2605736670972794746", NULL, "2605736670972794747"}},
     "checkpoint: signature by rekor.sigstore.dev+c0d23d6a: signature does not verify"},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "\"SHA2_384\""}}, "digest has 32 bytes, not 48"},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "1"}}, NULL},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "2"}}, "digest has 32 bytes, not 48"},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "0"}},
     "messageDigest: algorithm: unknown hash algorithm 0"},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "4"}},
     "messageDigest: algorithm: unknown hash algorithm 4"},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "\"1\""}}, "unknown hash algorithm \"1\""},
    {{V01, .bundle = {"\"SHA2_256\"", NULL, "1.5"}}, "messageDigest: algorithm: "},
    /* the envelope */
    {{DSSE, .bundle = {"application/vnd.in-toto+json", NULL, "application/vnd.in-toto"}},
     "signature: signature does not verify"},
    {{INTOTO, .bundle = {"application/vnd.in-toto+json", NULL, "application/vnd.in-toto"}},
     "body: the entry is of another payload type"},
    {{DSSE, .bundle = {"\"payload\":\"eyJ", NULL, "\"payload\":\"eyB"}},
     "body: the entry is of another payload"},
    {{DSSE, .bundle = {"\"signatures\":[{", NULL, "\"signatures\":[{\"sig\":\"AA==\"},{"}},
     "dsseEnvelope: 2 signatures; there must be exactly one"},
    {{DSSE, .bundle = {"\"sig\":\"", "\"}]", "\"sig\":\""}}, "signature is empty"},
    /* the root: names, windows, keys */
    {{V01, .root = {"https://rekor.sigstore.dev", NULL, "rekor.sigstore.dev"}}, NULL},
    {{V01, .root = {"\"baseUrl\":\"https://rekor.sigstore.dev\",", NULL, ""}}, NULL},
    {{V01, .root = {"https://rekor.sigstore.dev", NULL, "https://rekor.example.org"}},
     "checkpoint: no signature by rekor.example.org"},
    {{INTOTO, .root = {"http://localhost:8000", NULL, "http://localhost:8001"}},
     "checkpoint: no signature by localhost+"},
    {{INTOTO, .root = {"http://localhost:8000", NULL, "http://localhost"}},
     "checkpoint: no signature by localhost+"},
    {{END_AT, .root = {"2023-07-12T15:56:36Z", NULL, "2023-07-12T15:56:35.999999999Z"}},
     "timestamp: the time of signing is outside the window for which the trusted root names the"},
    {{V01, .root = {"2021-01-12T11:53:27Z", NULL, "2023-07-12T15:56:36Z"}}, NULL},
    {{V01, .root = {"2021-01-12T11:53:27Z", NULL, "2023-07-12T15:56:36.000000001Z"}},
     "outside the window for which the trusted root names the log of entry 0"},
    {{V01, .root = {"\"validFor\":{\"start\":\"2021-01-12T11:53:27Z\"}", NULL, "\"validFor\":{}"}},
     "tlogs[0]: publicKey: validFor: start is missing"},
    {{V01, .root = {"PKIX_ECDSA_P256_SHA_256", NULL, "ML_DSA_65"}},
     "log_entry: no entry is of a log that the trusted root names"},
    /* a token by an authority that is not named counts for nothing beside the log's own time */
    {{INTOTO, .root = {"\"timestampAuthorities\"", NULL, "\"others\""}}, NULL},
    /* managed keys */
    {{KEY, .by_name = true}, "format: signed with a key that no certificate gives to anybody"},
    {{KEY, .bundle = {"\"hint\":\"TLM", NULL, "\"hint\":\"QQQ"}}, NULL},
    {{KEY, .bundle = {"\"hint\":", "}", ""}}, NULL},
    {{KEY, .bundle = {"\"hint\":", "}", "\"hint\":1"}}, "publicKey: hint: "},
    {{KEY, .bundle = {PROMISE, "\"inclusionProof\"", ""}}, NULL},
    {{.name = STAGING_KEY}, NULL},
    {{STAGING_KEY, .bundle = {PROMISE, "\"inclusionProof\"", ""}},
     "timestamp: there is no timestamp"},
    {{DSSE, .bundle = {"\"certificate\":{", "\"sig\":",
                       "\"publicKey\":{\"hint\":\"a\"}},\"dsseEnvelope\":{\"payload\":\"AA==\","
                       "\"payloadType\":\"t\",\"signatures\":[{\"keyid\":\"b\","}},
     "dsseEnvelope: signatures[0]: keyid and the public key's hint differ"},
};

START_TEST(names_what_was_changed)
{
    struct verification result = {.time_count = 0};
    struct err err = {0};

    bool ok = mf_verify_case(crypto, &changes[_i].one, &result, &err);
    if (changes[_i].message == NULL)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err, changes[_i].message);
}
END_TEST

/* A P-256 key that signed nothing here: the generator of the curve, as SubjectPublicKeyInfo. */
static const char other_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
                                "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
                                "-----END PUBLIC KEY-----\n";

static void load_key(struct managed_key *out)
{
    struct err err = {0};
    char path[1024];

    mf_verify_case_path(KEY, "key.pub", path);
    mf_ck_ok(mf_managed_key_read(crypto, path, out, &err), err);
}

enum { LOGGED_AT = 1766077479 }; /* its timestamp is not later */

static const struct {
    struct validity valid;
    const char *message;
} windows[] = {
    {{.has_start = true, .start = {.s = LOGGED_AT}}, NULL},
    {{.has_end = true, .end = {.s = LOGGED_AT}}, NULL},
    {{.has_start = true, .start = {.s = LOGGED_AT, .ns = 1}}, "outside the window of the key"},
    {{.has_end = true, .end = {.s = LOGGED_AT - 1, .ns = 999999999}},
     "certificate: the time of signing is outside the window of the key"},
};

START_TEST(holds_a_key_to_its_window)
{
    MF_SCOPED(mf_managed_key_done) struct managed_key key = {0};
    const struct verify_case one = {.name = KEY, .key = &key};
    struct verification result = {.time_count = 0};
    struct err err = {0};

    load_key(&key);
    key.valid = windows[_i].valid;
    bool ok = mf_verify_case(crypto, &one, &result, &err);
    if (windows[_i].message != NULL) {
        mf_ck_refused(ok, err, windows[_i].message);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert_int_eq(result.steps[MF_STEP_CERTIFICATE], MF_STEP_PASSED);
}
END_TEST

START_TEST(refuses_a_key_that_did_not_sign)
{
    MF_SCOPED(mf_managed_key_done) struct managed_key key = {0};
    const struct verify_case by_key = {.name = KEY, .key = &key};
    const struct verify_case by_certificate = {.name = V03, .key = &key};
    struct verification result = {.time_count = 0};
    struct err err = {0};

    mf_ck_ok(mf_managed_key_parse(crypto, mf_span_str(other_key), &key, &err), err);
    mf_ck_refused(mf_verify_case(crypto, &by_key, &result, &err), err,
                  "log_entry: body: the entry is of another key");
    mf_err_clear(&err);
    mf_ck_refused(mf_verify_case(crypto, &by_certificate, &result, &err), err,
                  "format: signed with a certificate, not with a key of its own");
}
END_TEST

/* No promise, no authority in the root: nothing says when, and for a key without a window nothing
 * needs to. */
START_TEST(demands_a_time_where_something_depends_on_it)
{
    MF_SCOPED(mf_managed_key_done) struct managed_key key = {0};
    const struct verify_case one = {
        .name = KEY,
        .key = &key,
        .bundle = {PROMISE, "\"inclusionProof\"", ""},
        .root = {"\"timestampAuthorities\"", NULL, "\"others\""},
    };
    struct verification result = {.time_count = 0};
    struct err err = {0};

    load_key(&key);
    mf_ck_ok(mf_verify_case(crypto, &one, &result, &err), err);
    ck_assert(result.by_key && result.time_count == 0);
    ck_assert_int_eq(result.steps[MF_STEP_TIMESTAMP], MF_STEP_NOT_CHECKED);
    ck_assert_int_eq(result.steps[MF_STEP_CERTIFICATE], MF_STEP_NOT_CHECKED);
    ck_assert_int_eq(result.steps[MF_STEP_SCT], MF_STEP_NOT_CHECKED);
    ck_assert_int_eq(result.steps[MF_STEP_SIGNATURE], MF_STEP_PASSED);
    key.valid = (struct validity){.has_start = true};
    mf_ck_refused(mf_verify_case(crypto, &one, &result, &err), err,
                  "timestamp: the trusted root names no timestamp authority");
}
END_TEST

/* Unsigned, the entry's place among all trees is only a claim; the one in its tree is proven. */
START_TEST(tells_no_index_that_nobody_signed)
{
    const struct verify_case signed_index = {.name = KEY};
    const struct verify_case proven_index = {.name = KEY,
                                             .bundle = {PROMISE, "\"inclusionProof\"", ""}};
    struct verification result = {.time_count = 0};
    struct err err = {0};

    mf_ck_ok(mf_verify_case(crypto, &signed_index, &result, &err), err);
    ck_assert_int_eq(result.entries[0].index, 771488337);
    mf_ck_ok(mf_verify_case(crypto, &proven_index, &result, &err), err);
    ck_assert_int_eq(result.entries[0].index, 649584075);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("verify_formats");
    TCase *all = tcase_create("conformance");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, accepts_genuine_bundles_and_refuses_the_others);
    tcase_add_loop_test(all, names_the_step_and_the_reason, 0, MF_LEN(refusals));
    tcase_add_loop_test(all, names_what_was_changed, 0, MF_LEN(changes));
    tcase_add_loop_test(all, holds_a_key_to_its_window, 0, MF_LEN(windows));
    tcase_add_test(all, refuses_a_key_that_did_not_sign);
    tcase_add_test(all, demands_a_time_where_something_depends_on_it);
    tcase_add_test(all, tells_no_index_that_nobody_signed);
    suite_add_tcase(suite, all);
    return suite;
}
