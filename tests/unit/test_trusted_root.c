#include <stdlib.h>

#include "client/trust/trusted_root.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

#define LOG   "tlogs[0]."
#define CA    "certificateAuthorities[0]."
#define TSA   "timestampAuthorities[0]."
#define CERTS CA "certChain.certificates"

static const struct {
    const char *path, *value, *message;
} refusals[] = {
    {"mediaType", NULL, "mediaType: is missing, expected a string"},
    {"mediaType", "[]", "mediaType: is an array, not a string"},
    {"mediaType", "\"application/json\"", "mediaType: 'application/json' is not a trusted root"},
    {"tlogs", "{}", "tlogs: is not an array"},
    {"ctlogs", "7", "ctlogs: is not an array"},
    {"certificateAuthorities", "\"\"", "certificateAuthorities: is not an array"},
    {"timestampAuthorities", "{}", "timestampAuthorities: is not an array"},
    {"tlogs[0]", "null", "tlogs[0]: hashAlgorithm: is missing"},
    {LOG "baseUrl", "7", "tlogs[0]: baseUrl: is a number, not a string"},
    {LOG "hashAlgorithm", NULL, "tlogs[0]: hashAlgorithm: is missing, expected a string"},
    {LOG "hashAlgorithm", "\"SHA2_512\"", "tlogs[0]: hashAlgorithm: SHA2_512 is not SHA2_256"},
    {LOG "hashAlgorithm", "3", "tlogs[0]: hashAlgorithm: SHA2_512 is not SHA2_256"},
    {LOG "hashAlgorithm", "\"MD5\"", "tlogs[0]: hashAlgorithm: unknown hash algorithm"},
    {LOG "publicKey", NULL, "tlogs[0]: publicKey: is missing, expected an object"},
    {LOG "publicKey", "\"\"", "tlogs[0]: publicKey: is not an object"},
    {LOG "publicKey.keyDetails", NULL, "publicKey: keyDetails: is missing, expected a string"},
    {LOG "publicKey.keyDetails", "{}", "publicKey: keyDetails: is an object"},
    {LOG "publicKey.rawBytes", NULL, "publicKey: rawBytes: is missing, expected a string"},
    {LOG "publicKey.rawBytes", "\"*\"", "publicKey: rawBytes: "},
    {LOG "publicKey.validFor", NULL, "publicKey: validFor: start is missing"},
    {LOG "publicKey.validFor", "{}", "tlogs[0]: publicKey: validFor: start is missing"},
    {LOG "publicKey.validFor", "[]", "publicKey: validFor: expected an object"},
    {LOG "publicKey.validFor.start", "7", "validFor: start: is a number, not a string"},
    {LOG "publicKey.validFor.start", "\"today\"", "validFor: start: \"today\" is no RFC 3339"},
    {LOG "publicKey.validFor.end", "\"2026-02-30T00:00:00Z\"", "validFor: end: "},
    {LOG "logId", NULL, "tlogs[0]: logId: is missing, expected an object"},
    {LOG "logId.keyId", NULL, "tlogs[0]: logId: keyId: is missing, expected a string"},
    {LOG "logId.keyId", "\"AAAA\"", "tlogs[0]: logId: key ID has 3 bytes, not 32"},
    {LOG "checkpointKeyId", "7", "tlogs[0]: checkpointKeyId: is not an object"},
    {LOG "checkpointKeyId", "{\"keyId\":\"AAAA\"}", "checkpointKeyId: key ID has 3 bytes, not 4"},
    {"ctlogs[0].publicKey.validFor", "{}", "ctlogs[0]: publicKey: validFor: start is missing"},
    {CA "uri", "7", "certificateAuthorities[0]: uri: is a number, not a string"},
    {CA "certChain", NULL, "certificateAuthorities[0]: certChain: is missing"},
    {CERTS, NULL, "certChain: certificates: is missing, expected an array"},
    {CERTS, "[]", "certChain: 0 certificates; 1 to 8 are allowed"},
    {CERTS "[1]", "7", "certChain: certificates[1]: rawBytes: is missing"},
    {CERTS "[0].rawBytes", "\"MAA=\"", "certificateAuthorities[0]: certChain: certificates[0]"},
    {CA "validFor", "7", "certificateAuthorities[0]: validFor: expected an object"},
    {CA "validFor.end", "1", "certificateAuthorities[0]: validFor: end: is a number"},
    {TSA "certChain.certificates", "[]", "timestampAuthorities[0]: certChain: 0 certificates"},
};

static struct buf edited(const char *path, const char *value)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("trusted_root/instance");

    return mf_json_edited(mf_buf_span(&text), path, value);
}

static void check_refused(struct span text, const char *message)
{
    struct trusted_root *root = NULL;
    struct err err = {0};

    mf_ck_refused(mf_trusted_root_parse(text, &root, &err), err, message);
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
    ck_assert_ptr_null(root);
}

START_TEST(refuses_a_malformed_root)
{
    MF_SCOPED(mf_buf_done) struct buf text = edited(refusals[_i].path, refusals[_i].value);

    check_refused(mf_buf_span(&text), refusals[_i].message);
}
END_TEST

START_TEST(refuses_text_that_is_no_json_object)
{
    check_refused(MF_SPAN(""), "there is no JSON");
    check_refused(MF_SPAN("[]"), "not a JSON object");
    check_refused(MF_SPAN("{\"tlogs\":[],\"tlogs\":[]}"), "member \"tlogs\" is there twice");
    check_refused(MF_SPAN("{\"mediaType\":"
                          "\"application/vnd.dev.sigstore.clienttrustconfig.v0.1+json\"}"),
                  "not a JSON object");
}
END_TEST

/* At the limit a list is taken, one more is refused. */
START_TEST(takes_lists_up_to_their_limit)
{
    static const struct {
        const char *list, *item;
        size_t most;
        const char *message;
    } rows[] = {
        {"tlogs", "tlogs", MF_TRUST_ENTRIES_MAX, "tlogs: 65 entries; 64 are the most"},
        {"certificateAuthorities", "certificateAuthorities", MF_TRUST_ENTRIES_MAX,
         "certificateAuthorities: 65 entries; 64 are the most"},
        {CERTS, "certificates", MF_CHAIN_MAX, "9 certificates; 1 to 8 are allowed"},
    };
    MF_SCOPED(mf_buf_done) struct buf sample = mf_sample("trusted_root/instance");
    struct span text = mf_buf_span(&sample);

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
        MF_SCOPED(mf_json_free) struct json *doc = NULL;
        struct err err = {0};
        /* The first item's text lies between the list's bracket and what closes the item. */
        size_t at = (size_t)(strstr((const char *)text.p, rows[i].item) - (const char *)text.p);
        while (text.p[at] != '{')
            at++;
        size_t end = at, depth = 0;
        do {
            depth += text.p[end] == '{';
            depth -= text.p[end] == '}';
            end++;
        } while (depth > 0);
        char *item = mf_span_dup((struct span){text.p + at, end - at});
        char *most = mf_json_copies(item, rows[i].most);
        char *more = mf_json_copies(item, rows[i].most + 1);
        MF_SCOPED(mf_buf_done) struct buf good = edited(rows[i].list, most);
        MF_SCOPED(mf_buf_done) struct buf bad = edited(rows[i].list, more);
        mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&good), &root, &err), err);
        check_refused(mf_buf_span(&bad), rows[i].message);
        free(item);
        free(most);
        free(more);
    }
}
END_TEST

START_TEST(reads_what_may_be_absent)
{
    static const struct {
        const char *path, *value;
    } rows[] = {
        {"unknown", "1"},
        {LOG "operator", "\"somebody\""},
        {LOG "publicKey.validFor.end", "null"},
        {LOG "publicKey.validFor.end", "\"2027-01-01T00:00:00.5Z\""},
        {LOG "baseUrl", NULL},
        {CA "subject", NULL},
        {CA "uri", NULL},
        {CA "validFor", NULL},
        {"tlogs", NULL},
        {"certificateAuthorities", "null"},
        {"mediaType", "\"application/vnd.dev.sigstore.trustedroot.v0.1+json\""},
        {"mediaType", "\"application/vnd.dev.sigstore.trustedroot.v0.2+json\""},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_buf_done) struct buf text = edited(rows[i].path, rows[i].value);
        MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
        struct err err = {0};
        mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&text), &root, &err), err);
        ck_assert_uint_eq(root->ctlog_count + root->tsa_count, 2);
        ck_assert_uint_eq(root->skipped_keys, 0);
    }
}
END_TEST

/* A log of a later kind is as good as absent, and breaks nothing. */
START_TEST(passes_over_a_key_that_it_cannot_use)
{
    MF_SCOPED(mf_buf_done) struct buf text = edited(LOG "publicKey.keyDetails", "\"ML_DSA_65\"");
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *whole = mf_sample_root();
    struct err err = {0};

    mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&text), &root, &err), err);
    ck_assert_uint_eq(root->skipped_keys, 1);
    ck_assert_ptr_null(mf_trusted_root_tlog(root, whole->tlogs[0].log_id));
    ck_assert_ptr_eq(mf_trusted_root_tlog(whole, whole->tlogs[0].log_id), &whole->tlogs[0]);
    ck_assert_ptr_null(mf_trusted_root_ctlog(whole, whole->tlogs[0].log_id));
    ck_assert_ptr_eq(mf_trusted_root_ctlog(root, whole->ctlogs[0].log_id), &root->ctlogs[0]);
}
END_TEST

START_TEST(takes_a_checkpoint_key_id_of_its_own)
{
    MF_SCOPED(mf_buf_done)
    struct buf text = edited(LOG "checkpointKeyId", "{\"keyId\":\"AQIDBA==\"}");
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    struct err err = {0};

    mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&text), &root, &err), err);
    ck_assert_mem_eq(root->tlogs[0].checkpoint_key_id, "\1\2\3\4", 4);
    ck_assert_mem_eq(root->ctlogs[0].checkpoint_key_id, root->ctlogs[0].log_id, 4);
}
END_TEST

START_TEST(reads_the_root_inside_a_client_configuration)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("trusted_root/config");
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    struct err err = {0};

    mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&text), &root, &err), err);
    ck_assert_uint_eq(root->ca_count, 1);
}
END_TEST

START_TEST(names_the_file_that_cannot_be_read)
{
    struct trusted_root *root = NULL;
    struct err err = {0};

    mf_ck_refused(mf_trusted_root_read("/nonexistent/root.json", &root, &err), err,
                  "/nonexistent/root.json: ");
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
    mf_err_clear(&err);
    mf_ck_refused(mf_trusted_root_read("/dev/null", &root, &err), err, "/dev/null: ");
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
}
END_TEST

/* Closed at both ends, and open where nothing is said. */
START_TEST(holds_at_both_ends_of_a_window)
{
    const struct instant at = {.s = 100, .ns = 5};
    const struct instant before = {.s = 100, .ns = 4};
    const struct instant after = {.s = 100, .ns = 6};
    const struct validity only = {true, true, at, at};
    const struct validity from = {.has_start = true, .start = at};
    const struct validity until = {.has_end = true, .end = at};
    const struct validity open = {0};

    ck_assert(mf_validity_holds(&only, at));
    ck_assert(!mf_validity_holds(&only, before) && !mf_validity_holds(&only, after));
    ck_assert(mf_validity_holds(&from, after) && !mf_validity_holds(&from, before));
    ck_assert(mf_validity_holds(&until, before) && !mf_validity_holds(&until, after));
    ck_assert(mf_validity_holds(&open, before) && mf_validity_holds(&open, after));
}
END_TEST

/* A log that stands in the root twice; not one at another address, nor one whose key is of no use.
 */
START_TEST(believes_a_log_in_any_of_its_windows)
{
    const struct instant first = {.s = 10}, between = {.s = 15}, last = {.s = 20};
    const struct instant early = {.s = 5};
    const struct validity open = {.has_start = true};
    struct trusted_log logs[] = {
        {.valid = {true, true, early, first}, .usable = true},
        {.valid = {.has_start = true, .start = last}, .usable = true},
        {.valid = open, .usable = true, .base_url = MF_SPAN_INIT("https://b.example")},
        {.valid = open, .usable = true, .log_id = {1}},
        {.valid = open},
    };
    const struct trusted_root root = {.tlogs = logs, .tlog_count = MF_LEN(logs)};
    const struct trusted_root ct = {.ctlogs = logs, .ctlog_count = MF_LEN(logs)};

    for (size_t i = 0; i < 2; i++) {
        ck_assert(mf_trusted_root_tlog_holds(&root, &logs[i], first));
        ck_assert(!mf_trusted_root_tlog_holds(&root, &logs[i], between));
        ck_assert(mf_trusted_root_tlog_holds(&root, &logs[i], last));
        ck_assert(mf_trusted_root_ctlog_holds(&ct, &logs[i], last));
        ck_assert(!mf_trusted_root_ctlog_holds(&ct, &logs[i], between));
        ck_assert(!mf_trusted_root_ctlog_holds(&root, &logs[i], last));
    }
    ck_assert(mf_trusted_root_tlog_holds(&root, &logs[2], between));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("trusted_root");
    TCase *refused = tcase_create("refused");
    TCase *read = tcase_create("read");

    tcase_add_loop_test(refused, refuses_a_malformed_root, 0, MF_LEN(refusals));
    tcase_add_test(refused, refuses_text_that_is_no_json_object);
    tcase_add_test(refused, names_the_file_that_cannot_be_read);
    suite_add_tcase(suite, refused);
    tcase_add_test(read, takes_lists_up_to_their_limit);
    tcase_add_test(read, reads_what_may_be_absent);
    tcase_add_test(read, passes_over_a_key_that_it_cannot_use);
    tcase_add_test(read, takes_a_checkpoint_key_id_of_its_own);
    tcase_add_test(read, reads_the_root_inside_a_client_configuration);
    tcase_add_test(read, holds_at_both_ends_of_a_window);
    tcase_add_test(read, believes_a_log_in_any_of_its_windows);
    suite_add_tcase(suite, read);
    return suite;
}
