#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/bundle/bundle.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

#define TYPE "application/vnd.dev.sigstore.bundle"
#define M    "verificationMaterial."
#define TIME M "timestampVerificationData"
#define SIG  "messageSignature."

struct row {
    const char *path, *value, *message;
};

/* Of a bundle with a message signature. */
static const struct row message_rows[] = {
    {"mediaType", NULL, "mediaType: is missing, expected a string"},
    {"mediaType", "3", "mediaType: is a number, not a string"},
    {"mediaType", "\"\"", "mediaType: '' is not a Sigstore bundle that we know"},
    {"mediaType", "\"" TYPE ".v0.3+json \"", "is not a Sigstore bundle that we know"},
    {"mediaType", "\"" TYPE "+json;version=99.9\"", "is not a Sigstore bundle that we know"},
    {"mediaType", "\"" TYPE ".v0.1+json\"", "version 0.1 has a chain, not a certificate alone"},
    {"mediaType", "\"" TYPE "+json;version=0.1\"",
     "version 0.1 has a chain, not a certificate alone"},
    {"mediaType", "\"" TYPE ".v0.2+json\"", "version 0.2 has a chain, not a certificate alone"},
    {"verificationMaterial", NULL, "verificationMaterial: is missing, expected an object"},
    {"verificationMaterial", "[]", "verificationMaterial: is not an object"},
    {M "certificate", NULL, "0 of certificate, publicKey, x509CertificateChain are there"},
    {M "certificate", "null", "0 of certificate, publicKey, x509CertificateChain are there"},
    {M "publicKey", "{}", "2 of certificate, publicKey, x509CertificateChain are there"},
    {M "x509CertificateChain", "{}", "verificationMaterial: 2 of certificate, publicKey, x509"},
    {M "certificate", "\"\"", "verificationMaterial: certificate: is not an object"},
    {M "certificate.rawBytes", NULL, "certificate: rawBytes: is missing"},
    {M "certificate.rawBytes", "7", "certificate: rawBytes: is a number, not a string"},
    {M "certificate.rawBytes", "\"A A=\"", "rawBytes: character 2 is not base64"},
    {M "tlogEntries", "{}", "tlogEntries: is not an array"},
    {M "tlogEntries[0]", "null", "tlogEntries[0]: is not an object"},
    {M "tlogEntries[0].logIndex", "-1", "tlogEntries[0]: logIndex: is negative"},
    {TIME, "[]", "timestampVerificationData: is not an object"},
    {TIME ".rfc3161Timestamps", "{}", "rfc3161Timestamps: is not an array"},
    {TIME ".rfc3161Timestamps[0]", "{}", "rfc3161Timestamps[0]: signedTimestamp: is missing"},
    {TIME ".rfc3161Timestamps[0]", "7", "rfc3161Timestamps[0]: signedTimestamp: is missing"},
    {TIME ".rfc3161Timestamps[0].signedTimestamp", "\"-+\"", "signedTimestamp: character"},
    {"messageSignature", NULL, "0 of messageSignature, dsseEnvelope are there; it must be"},
    {"messageSignature", "7", "messageSignature: is not an object"},
    {"dsseEnvelope", "{}", "2 of messageSignature, dsseEnvelope are there; it must be exactly"},
    {SIG "messageDigest", "\"\"", "messageSignature: messageDigest: is not an object"},
    {SIG "messageDigest.algorithm", NULL, "messageDigest: algorithm: is missing"},
    {SIG "messageDigest.algorithm", "\"SHA1\"",
     "messageDigest: algorithm: unknown hash algorithm \"SHA1\""},
    {SIG "messageDigest.digest", NULL, "messageDigest: digest: is missing"},
    {SIG "messageDigest.digest", "\"AAAA\"", "messageDigest: digest has 3 bytes, not 32"},
    {SIG "messageDigest.algorithm", "\"SHA2_512\"", "digest has 32 bytes, not 64"},
    {SIG "signature", NULL, "messageSignature: signature: is missing, expected a string"},
    {SIG "signature", "[]", "messageSignature: signature: is an array, not a string"},
    {SIG "signature", "\"\"", "messageSignature: signature is empty"},
    {SIG "signature", "\"????\"", "messageSignature: signature: character 1 is not base64"},
};

static const struct row envelope_rows[] = {
    {"dsseEnvelope.payloadType", NULL, "dsseEnvelope: payloadType: is missing"},
    {"dsseEnvelope.payloadType", "1", "dsseEnvelope: payloadType: is a number, not a string"},
    {"dsseEnvelope.payload", NULL, "dsseEnvelope: payload: is missing"},
    {"dsseEnvelope.payload", "\"*\"", "dsseEnvelope: payload: "},
    {"dsseEnvelope.signatures", NULL, "dsseEnvelope: signatures: is missing, expected an array"},
    {"dsseEnvelope.signatures", "{}", "dsseEnvelope: signatures: is not an array"},
    {"dsseEnvelope.signatures", "[]", "dsseEnvelope: 0 signatures; there must be exactly one"},
    {"dsseEnvelope.signatures", "[{},{}]", "dsseEnvelope: 2 signatures; there must be exactly"},
    {"dsseEnvelope.signatures[0]", "7", "dsseEnvelope: signatures[0]: sig: is missing"},
    {"dsseEnvelope.signatures[0].sig", NULL, "signatures[0]: sig: is missing"},
    {"dsseEnvelope.signatures[0].sig", "\"\"", "dsseEnvelope: signature is empty"},
};

static const struct row chain_rows[] = {
    {"mediaType", "\"" TYPE ".v0.3+json\"", "version 0.3 has no certificate chain"},
    {M "x509CertificateChain", "[]", "x509CertificateChain: is not an object"},
    {M "x509CertificateChain.certificates", NULL, "certificates: is missing, expected an array"},
    {M "x509CertificateChain.certificates", "[]",
     "x509CertificateChain has 0 certificates; 1 to 8 are"},
    {M "x509CertificateChain.certificates[0]", "7", "certificates[0]: rawBytes: is missing"},
    {M "x509CertificateChain.certificates", "[{\"rawBytes\":\"AAAA\"},{}]",
     "x509CertificateChain: certificates[1]: rawBytes: is missing"},
    {M "x509CertificateChain.certificates", "[{\"rawBytes\":\"\"},{\"rawBytes\":\"MAA=\"}]",
     "x509CertificateChain: certificates[1]: "},
    {M "x509CertificateChain.certificates", "[{},{},{},{},{},{},{},{},{}]",
     "has 9 certificates; 1 to 8 are allowed"},
    {"mediaType", "\"" TYPE ".v0.1+json\"", "tlogEntries[0]: version 0.1 demands an inclusion"},
};

/* Of an envelope that a managed key signed. */
static const struct row key_rows[] = {
    {M "publicKey", "7", "verificationMaterial: publicKey: is not an object"},
    {M "publicKey.hint", "7", "publicKey: hint: is a number, not a string"},
    {M "publicKey.hint", "\"other\"", "signatures[0]: keyid and the public key's hint differ"},
    {M "certificate", "{}", "2 of certificate, publicKey, x509CertificateChain are there"},
    {"dsseEnvelope.signatures[0].keyid", "7", "signatures[0]: keyid: is a number, not a string"},
};

static void check_row(const char *sample, const struct row *row)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample(sample);
    MF_SCOPED(mf_buf_done)
    struct buf edited = mf_json_edited(mf_buf_span(&text), row->path, row->value);
    struct bundle *b = NULL;
    struct err err = {0};

    mf_ck_refused(mf_bundle_parse(mf_buf_span(&edited), &b, &err), err, row->message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_ptr_null(b); /* a failed parse leaves its output alone */
}

START_TEST(refuses_a_malformed_message_bundle)
{
    check_row("bundle/message", &message_rows[_i]);
}
END_TEST

START_TEST(refuses_a_malformed_envelope)
{
    check_row("bundle/envelope", &envelope_rows[_i]);
}
END_TEST

START_TEST(refuses_a_malformed_chain)
{
    check_row("bundle/chain", &chain_rows[_i]);
}
END_TEST

START_TEST(refuses_a_malformed_key_bundle)
{
    check_row("bundle/key", &key_rows[_i]);
}
END_TEST

/* What came along with the leaf: an issuer is read and forgotten, a root is refused. */
START_TEST(refuses_a_root_in_the_chain)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("bundle/chain");
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_sample_root();
    MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;
    struct err err = {0};

    for (size_t i = 0; i < root->cas[0].count; i++) {
        MF_SCOPED(mf_buf_done) struct buf list = {.max = 1 << 16};
        struct json_writer w = mf_json_writer(&list, &err);
        mf_json_begin_array(&w);
        for (size_t k = 0; k < 2; k++) {
            mf_json_begin_object(&w);
            mf_json_member_put_base64(&w, "rawBytes", mf_buf_span(&root->cas[0].ders[k * i]));
            mf_json_end_object(&w);
        }
        mf_json_end_array(&w);
        mf_ck_ok(mf_json_written(&w) && mf_buf_append_byte(&list, 0, &err), err);
        MF_SCOPED(mf_buf_done)
        struct buf edited = mf_json_edited(
            mf_buf_span(&text), M "x509CertificateChain.certificates", (const char *)list.p);
        bool ok = mf_bundle_parse(mf_buf_span(&edited), &b, &err);
        if (i == 0)
            mf_ck_ok(ok, err);
        else
            mf_ck_refused(ok, err, "certificates[1]: a root certificate must not be in a bundle");
    }
}
END_TEST

static const struct {
    struct span text;
    const char *message;
} texts[] = {
    {MF_SPAN_INIT(""), "there is no JSON: the text is empty"},
    {MF_SPAN_INIT("[]"), "not a JSON object"},
    {MF_SPAN_INIT("{\"mediaType\":\"a\",\"mediaType\":\"b\"}"), "member \"mediaType\" is there"},
    {MF_SPAN_INIT("\xEF\xBB\xBF{}"), "line 1, column 1"},
    {MF_SPAN_INIT("{} {}"), "line 1, column 4: something follows the value"},
};

START_TEST(refuses_text_that_is_no_json_object)
{
    struct bundle *b = NULL;
    struct err err = {0};

    mf_ck_refused(mf_bundle_parse(texts[_i].text, &b, &err), err, texts[_i].message);
}
END_TEST

/* At its limit a value is taken; one more is refused as too large. */
static void check_limit(const char *sample, const char *path, char *most, char *more,
                        const char *message)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample(sample);
    MF_SCOPED(mf_buf_done) struct buf at = mf_json_edited(mf_buf_span(&text), path, most);
    MF_SCOPED(mf_buf_done) struct buf over = mf_json_edited(mf_buf_span(&text), path, more);
    MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;
    struct err err = {0};

    mf_ck_ok(mf_bundle_parse(mf_buf_span(&at), &b, &err), err);
    mf_bundle_free(&b);
    mf_ck_refused(mf_bundle_parse(mf_buf_span(&over), &b, &err), err, message);
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    free(most);
    free(more);
}

START_TEST(takes_bytes_up_to_their_limit)
{
    static const struct {
        const char *sample, *path;
        size_t limit;
        const char *message;
    } rows[] = {
        {"bundle/message", M "certificate.rawBytes", 16 * 1024, "certificate: rawBytes: larger"},
        {"bundle/message", SIG "signature", 1024, "messageSignature: signature: larger"},
        {"bundle/message", TIME ".rfc3161Timestamps[0].signedTimestamp", 64 * 1024,
         "rfc3161Timestamps[0]: signedTimestamp: larger"},
        {"bundle/envelope", "dsseEnvelope.payload", 8 * 1024 * 1024, "payload: larger"},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++)
        check_limit(rows[i].sample, rows[i].path, mf_json_zeroes(rows[i].limit),
                    mf_json_zeroes(rows[i].limit + 1), rows[i].message);
}
END_TEST

START_TEST(takes_lists_up_to_their_limit)
{
    const char *token = "{\"signedTimestamp\":\"AAAA\"}";

    check_limit("bundle/message", M "tlogEntries", mf_json_copies("{}", MF_BUNDLE_ENTRIES_MAX),
                mf_json_copies("{}", MF_BUNDLE_ENTRIES_MAX + 1), "more than 32 log entries");
    check_limit("bundle/message", TIME ".rfc3161Timestamps",
                mf_json_copies(token, MF_BUNDLE_TIMESTAMPS_MAX),
                mf_json_copies(token, MF_BUNDLE_TIMESTAMPS_MAX + 1), "more than 32 timestamps");
}
END_TEST

/* What may be missing is left for the verifier to miss; unknown members are passed over. */
START_TEST(reads_what_may_be_absent)
{
    static const struct {
        const char *path, *value;
        size_t entries, timestamps;
        bool digest;
    } rows[] = {
        {"unknown", "{\"mediaType\":1}", 1, 1, true},
        {M "certificate.unknown", "[]", 1, 1, true},
        {M "tlogEntries[0].unknown", "1", 1, 1, true},
        {M "tlogEntries", NULL, 0, 1, true},
        {M "tlogEntries", "null", 0, 1, true},
        {M "tlogEntries", "[]", 0, 1, true},
        {TIME, NULL, 1, 0, true},
        {TIME ".rfc3161Timestamps", NULL, 1, 0, true},
        {TIME ".rfc3161Timestamps", "[]", 1, 0, true},
        {SIG "messageDigest", NULL, 1, 1, false},
        {"mediaType", "\"" TYPE "+json;version=0.3\"", 1, 1, true},
    };
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("bundle/message");

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_buf_done)
        struct buf edited = mf_json_edited(mf_buf_span(&text), rows[i].path, rows[i].value);
        MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;
        struct err err = {0};
        mf_ck_ok(mf_bundle_parse(mf_buf_span(&edited), &b, &err), err);
        ck_assert_uint_eq(b->entry_count, rows[i].entries);
        ck_assert_uint_eq(b->timestamp_count, rows[i].timestamps);
        ck_assert_int_eq(b->has_digest, rows[i].digest);
        ck_assert_uint_eq(b->minor_version, 3);
    }
}
END_TEST

START_TEST(reads_the_samples)
{
    static const char *const names[] = {"bundle/message", "bundle/envelope", "bundle/chain"};

    for (size_t i = 0; i < MF_LEN(names); i++) {
        MF_SCOPED(mf_buf_done) struct buf text = mf_sample(names[i]);
        MF_SCOPED(mf_bundle_free) struct bundle *b = NULL;
        struct err err = {0};
        mf_ck_ok(mf_bundle_parse(mf_buf_span(&text), &b, &err), err);
        ck_assert_int_eq(b->is_dsse, i == 1);
        ck_assert_uint_eq(b->minor_version, i == 2 ? 2 : 3);
        ck_assert_uint_eq(b->certificate.n, 717);
        ck_assert_int_eq(b->entries[0].log_index, 1);
        ck_assert(!b->is_dsse || mf_span_is(b->payload_type, "application/vnd.in-toto+json"));
    }
}
END_TEST

/* A file that cannot be read is no verdict; one that does not hold is. */
START_TEST(tells_an_unreadable_file_from_a_bad_one)
{
    char path[] = "/tmp/mayfly-bundle-XXXXXX";
    struct bundle *b = NULL;
    struct err err = {0};
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    mf_ck_refused(mf_bundle_read(path, &b, &err), err, path);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    mf_err_clear(&err);
    ck_assert_int_eq(ftruncate(fd, MF_BUNDLE_MAX + 1), 0);
    mf_ck_refused(mf_bundle_read(path, &b, &err), err, "larger");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    mf_err_clear(&err);
    close(fd);
    unlink(path);
    mf_ck_refused(mf_bundle_read(path, &b, &err), err, "No such file");
    ck_assert_int_eq(err.code, MF_ERR_NOT_FOUND);
    mf_bundle_free(&b); /* takes null */
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("bundle_read");
    TCase *refusals = tcase_create("refusals");
    TCase *accepted = tcase_create("accepted");

    tcase_add_loop_test(refusals, refuses_a_malformed_message_bundle, 0, MF_LEN(message_rows));
    tcase_add_loop_test(refusals, refuses_a_malformed_envelope, 0, MF_LEN(envelope_rows));
    tcase_add_loop_test(refusals, refuses_a_malformed_chain, 0, MF_LEN(chain_rows));
    tcase_add_loop_test(refusals, refuses_a_malformed_key_bundle, 0, MF_LEN(key_rows));
    tcase_add_test(refusals, refuses_a_root_in_the_chain);
    tcase_add_loop_test(refusals, refuses_text_that_is_no_json_object, 0, MF_LEN(texts));
    suite_add_tcase(suite, refusals);
    tcase_add_test(accepted, takes_bytes_up_to_their_limit);
    tcase_add_test(accepted, takes_lists_up_to_their_limit);
    tcase_add_test(accepted, reads_what_may_be_absent);
    tcase_add_test(accepted, reads_the_samples);
    tcase_add_test(accepted, tells_an_unreadable_file_from_a_bad_one);
    suite_add_tcase(suite, accepted);
    return suite;
}
