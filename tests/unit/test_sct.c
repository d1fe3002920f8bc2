/* SCTs: bytes both ways, extensions, and real certificates by the keys of their logs. */
#include "common/base/file.h"
#include "common/codec/base64.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "tests/support/fixture_bundle.h"
#include "tests/support/suite.h"
#include "transparency/sct/sct.h"

static struct crypto *crypto;

static void set_up(void)
{
    struct err err = {0};
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void tear_down(void)
{
    mf_crypto_free(&crypto);
}

#define ID                                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 bytes */
#define SCT_BYTES(version, ext, alg, sig) version ID "\x00\x00\x01\x02\x03\x04\x05\x06" ext alg sig
#define GOOD                              SCT_BYTES("\x00", "\x00\x01x", "\x04\x03", "\x00\x02yz")

START_TEST(reads_and_writes_the_same_bytes)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 1024};
    struct sct s = {0};
    struct err err = {0};

    mf_ck_ok(mf_sct_parse(MF_SPAN(GOOD), &s, &err), err);
    ck_assert_uint_eq(s.timestamp_ms, 0x010203040506);
    ck_assert(mf_span_is(s.extensions, "x") && mf_span_is(s.signature, "yz"));
    ck_assert_uint_eq(s.hash_alg, 4);
    ck_assert_uint_eq(s.sig_alg, 3);
    mf_ck_ok(mf_sct_write(&s, &b, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&b), MF_SPAN(GOOD)));
}
END_TEST

static const struct {
    struct span bytes;
    const char *message;
} bad_scts[] = {
    {MF_SPAN_INIT(""), "SCT is empty"},
    {MF_SPAN_INIT(SCT_BYTES("\x01", "\x00\x01x", "\x04\x03", "\x00\x02yz")),
     "unknown version byte 1"},
    {MF_SPAN_INIT("\x00"
                  "AAAA"),
     "cut short"},
    {MF_SPAN_INIT(SCT_BYTES("\x00", "\x00\x01x", "\x04\x03", "\x00\x03yz")), "cut short"},
    {MF_SPAN_INIT(SCT_BYTES("\x00", "\xff\xffx", "\x04\x03", "\x00\x02yz")), "cut short"},
    {MF_SPAN_INIT(SCT_BYTES("\x00", "\x00\x01x", "\x04\x03", "\x00\x01yz")), "1 bytes behind"},
    {MF_SPAN_INIT(SCT_BYTES("\x00", "\x00\x01x", "\x04\x03", "\x00\x00")), "empty signature"},
};

START_TEST(refuses_bytes_that_are_no_sct)
{
    struct sct s = {.timestamp_ms = 42};
    struct err err = {0};

    mf_ck_refused(mf_sct_parse(bad_scts[_i].bytes, &s, &err), err, bad_scts[_i].message);
    ck_assert_uint_eq(s.timestamp_ms, 42);
}
END_TEST

START_TEST(reads_and_writes_lists)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 65536};
    struct sct_list list = {.count = 2}, read = {.count = 0};
    struct err err = {0};

    mf_ck_ok(mf_sct_parse(MF_SPAN(GOOD), &list.scts[0], &err), err);
    list.scts[1] = list.scts[0];
    list.scts[1].timestamp_ms++;
    mf_ck_ok(mf_sct_list_to_extension(&list, &b, &err), err);
    ck_assert(mf_span_starts(mf_buf_span(&b), MF_SPAN("\x04\x6a\x00\x68\x00\x32\x00" ID)));
    mf_ck_ok(mf_sct_list_from_extension(mf_buf_span(&b), &read, &err), err);
    ck_assert_uint_eq(read.count, 2);
    ck_assert_uint_eq(read.scts[1].timestamp_ms, 0x010203040507);
    list.count = 0;
    mf_ck_refused(mf_sct_list_write(&list, &b, &err), err, "no or too many");
}
END_TEST

static const struct {
    struct span value;
    const char *message;
} bad_lists[] = {
    {MF_SPAN_INIT("\x05\x00"), ""},
    {MF_SPAN_INIT("\x04\x02\x00\x00"
                  "x"),
     ""},
    {MF_SPAN_INIT("\x04\x01\x00"), "not as long as it says"},
    {MF_SPAN_INIT("\x04\x02\x00\x01"), "not as long as it says"},
    {MF_SPAN_INIT("\x04\x03\x00\x00x"), "not as long as it says"},
    {MF_SPAN_INIT("\x04\x02\x00\x00"), "SCT list is empty"},
    {MF_SPAN_INIT("\x04\x03\x00\x01\x00"), "SCT list is cut short"},
    {MF_SPAN_INIT("\x04\x04\x00\x02\x00\x01"), "SCT list is cut short"},
    {MF_SPAN_INIT("\x04\x04\x00\x02\x00\x00"), "SCT 0: SCT is empty"},
};

START_TEST(refuses_a_list_that_does_not_add_up)
{
    struct sct_list list = {.count = 42};
    struct err err = {0};

    mf_ck_refused(mf_sct_list_from_extension(bad_lists[_i].value, &list, &err), err,
                  bad_lists[_i].message);
    ck_assert_uint_eq(list.count, 42);
}
END_TEST

START_TEST(refuses_a_list_of_too_many)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 65536};
    struct sct_list list;
    struct err err = {0};

    mf_ck_ok(mf_buf_append_be(&b, 17 * (2 + sizeof GOOD - 1), 2, &err), err);
    for (int i = 0; i < 17; i++) {
        mf_ck_ok(mf_buf_append_be(&b, sizeof GOOD - 1, 2, &err), err);
        mf_ck_ok(mf_buf_append(&b, MF_SPAN(GOOD), &err), err);
    }
    mf_ck_refused(mf_sct_list_parse(mf_buf_span(&b), &list, &err), err, "more than 16 SCTs");
}
END_TEST

START_TEST(writes_the_leaf_index_of_the_specification)
{
    uint8_t ext[MF_SCT_LEAF_INDEX_LEN];
    char text[13] = {0};
    uint64_t index = 0;
    bool found = false;
    struct err err = {0};

    mf_sct_leaf_index_put(1234567, ext);
    mf_base64_encode(MF_SPAN_OF(ext), text);
    ck_assert_str_eq(text, "AAAFAAAS1oc=");
    mf_ck_ok(mf_sct_leaf_index_find(MF_SPAN_OF(ext), &found, &index, &err), err);
    ck_assert(found && index == 1234567);
    mf_ck_ok(mf_sct_leaf_index_find(MF_SPAN("\x09\x00\x01x"), &found, &index, &err), err);
    ck_assert(!found);
    mf_ck_ok(mf_sct_leaf_index_find(MF_SPAN("\x09\x00\x01x\x00\x00\x05\xff\xff\xff\xff\xff"),
                                    &found, &index, &err),
             err);
    ck_assert(found && index == UINT64_C(0xffffffffff));
}
END_TEST

static const struct {
    struct span extensions;
    const char *message;
} bad_extensions[] = {
    {MF_SPAN_INIT("\x00"), "cut short"},
    {MF_SPAN_INIT("\x00\x00\x05\x00\x00\x00\x00"), "cut short"},
    {MF_SPAN_INIT("\x00\x00\x04\x00\x00\x00\x00"), "leaf index has 4 bytes"},
    {MF_SPAN_INIT("\x00\x00\x05\x00\x00\x00\x00\x01\x00\x00\x05\x00\x00\x00\x00\x01"),
     "two leaf indexes"},
};

START_TEST(refuses_extensions_that_are_not_well_formed)
{
    uint64_t index = 42;
    bool found = false;
    struct err err = {0};

    mf_ck_refused(mf_sct_leaf_index_find(bad_extensions[_i].extensions, &found, &index, &err), err,
                  bad_extensions[_i].message);
    ck_assert_uint_eq(index, 42);
}
END_TEST

#define JSON_ID "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
#define ANSWER(version, id, time, ext, sig)                                                       \
    "{\"sct_version\":" version ",\"id\":\"" id "\",\"timestamp\":" time ",\"extensions\":\"" ext \
    "\",\"signature\":\"" sig "\"}"

START_TEST(reads_and_writes_a_logs_answer)
{
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_SCT_ANSWER_MAX}, b = {.max = 4096};
    struct sct s = {0};
    struct err err = {0};
    struct span text = MF_SPAN(ANSWER("0", JSON_ID, "1108152157446", "eA==", "BAMAAnl6"));

    mf_ck_ok(mf_sct_parse_json(text, &storage, &s, &err), err);
    mf_ck_ok(mf_sct_write(&s, &b, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&b), MF_SPAN(GOOD)));
    mf_buf_reset(&b);
    mf_ck_ok(mf_sct_write_json(&s, &b, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&b), text));
}
END_TEST

static const struct {
    struct span json;
    const char *message;
} bad_answers[] = {
    {MF_SPAN_INIT("[]"), "is not an object"},
    {MF_SPAN_INIT("{}"), "sct_version: is missing"},
    {MF_SPAN_INIT(ANSWER("1", JSON_ID, "1", "", "BAMAAnl6")), "sct_version: is 1"},
    {MF_SPAN_INIT(ANSWER("0", "QUFB", "1", "", "BAMAAnl6")), "id has 3 bytes"},
    {MF_SPAN_INIT(ANSWER("0", JSON_ID, "-1", "", "BAMAAnl6")), "timestamp: is -1"},
    {MF_SPAN_INIT(ANSWER("0", JSON_ID, "1.5", "", "BAMAAnl6")), "timestamp: "},
    {MF_SPAN_INIT(ANSWER("0", JSON_ID, "1", "x", "BAMAAnl6")), "extensions: "},
    {MF_SPAN_INIT(ANSWER("0", JSON_ID, "1", "", "BAMAA3l6")), "signature: is no digitally-signed"},
    {MF_SPAN_INIT(ANSWER("0", JSON_ID, "1", "", "BAMAAXl6")), "signature: is no digitally-signed"},
    {MF_SPAN_INIT(ANSWER("0", JSON_ID, "1", "", "BAMAAA==")), "signature: is no digitally-signed"},
};

START_TEST(refuses_an_answer_that_is_no_sct)
{
    MF_SCOPED(mf_buf_done) struct buf storage = {.max = MF_SCT_ANSWER_MAX};
    struct sct s = {.timestamp_ms = 42};
    struct err err = {0};

    mf_ck_refused(mf_sct_parse_json(bad_answers[_i].json, &storage, &s, &err), err,
                  bad_answers[_i].message);
    ck_assert_uint_eq(s.timestamp_ms, 42);
}
END_TEST

/* One field changed each time, so that a verifier which leaves one out is found. */
START_TEST(verifies_what_the_log_signed_and_nothing_else)
{
    MF_SCOPED(mf_private_key_free) struct private_key *secret = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf data = {.max = 4096}, sig = {.max = MF_SIGNATURE_MAX};
    struct ct_entry entry = {.is_precert = true, .der = MF_SPAN("tbs")}, other = entry;
    struct sct s = {.timestamp_ms = 7, .extensions = MF_SPAN("e"), .hash_alg = 4, .sig_alg = 3};
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &secret, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, secret, &key, &err), err);
    mf_sha256(crypto, mf_public_key_spki(key), s.log_id);
    mf_ck_ok(mf_sct_signed_data(&entry, 7, s.extensions, &data, &err), err);
    mf_ck_ok(mf_sign(crypto, secret, MF_SIG_ECDSA_SHA256, mf_buf_span(&data), &sig, &err), err);
    s.signature = mf_buf_span(&sig);
    mf_ck_ok(mf_sct_verify(crypto, &s, key, &entry, &err), err);

    struct sct changed[] = {s, s, s, s, s};
    changed[0].timestamp_ms++;
    changed[1].extensions = MF_SPAN("f");
    changed[2].hash_alg = 5;
    changed[3].sig_alg = 1;
    changed[4].log_id[0] ^= 1;
    const char *messages[] = {"does not verify", "does not verify", "algorithm 5/3",
                              "signature scheme is not", "another log"};
    for (size_t i = 0; i < MF_LEN(changed); i++) {
        mf_ck_refused(mf_sct_verify(crypto, &changed[i], key, &entry, &err), err, messages[i]);
        ck_assert_int_eq(err.code, MF_ERR_REJECTED);
        mf_err_clear(&err);
    }
    other.issuer_key_hash[31] = 1;
    mf_ck_refused(mf_sct_verify(crypto, &s, key, &other, &err), err, "does not verify");
    mf_err_clear(&err);
    other = entry;
    other.is_precert = false;
    mf_ck_refused(mf_sct_verify(crypto, &s, key, &other, &err), err, "does not verify");
    mf_err_clear(&err);
    other = entry;
    other.der = MF_SPAN("tbt");
    mf_ck_refused(mf_sct_verify(crypto, &s, key, &other, &err), err, "does not verify");
}
END_TEST

static void load_bytes(const struct json_node *node, const char *name, struct buf *out)
{
    struct err err = {0};

    *out = (struct buf){.max = MF_CERT_MAX};
    mf_ck_ok(mf_json_member_bytes(node, name, out, &err), err);
}

/* Looks for an authority and a log of the trusted root by which the SCT verifies. */
static bool holds(const struct json_node *trusted, const struct sct *sct, struct ct_entry *entry)
{
    const struct json_node *ca = NULL, *log = NULL;
    static struct cert cert;

    while ((ca = mf_json_next(mf_json_get(trusted, "certificateAuthorities"), ca)) != NULL) {
        MF_SCOPED(mf_buf_done) struct buf der = {0};
        struct err err = {0};
        const struct json_node *chain = mf_json_get(mf_json_get(ca, "certChain"), "certificates");
        load_bytes(mf_json_at(chain, 0), "rawBytes", &der);
        mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
        mf_sha256(crypto, cert.spki, entry->issuer_key_hash);
        while ((log = mf_json_next(mf_json_get(trusted, "ctlogs"), log)) != NULL) {
            MF_SCOPED(mf_buf_done) struct buf spki = {0};
            MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
            struct err no = {0};
            load_bytes(mf_json_get(log, "publicKey"), "rawBytes", &spki);
            if (mf_public_key_from_spki(crypto, mf_buf_span(&spki), &key, &no) &&
                mf_sct_verify(crypto, sct, key, entry, &no))
                return true;
        }
    }
    return false;
}

static const struct {
    const char *name;
    bool holds, has_index;
} real[] = {
    {"bundle-with-sct-with-extensions", true, true},
    {"rekor2-happy-path", true, false},
    {"invalid-ct-key_fail", false, false},
};

START_TEST(verifies_real_certificates)
{
    MF_SCOPED(mf_json_free)
    struct json *bundle = mf_fixture_json(real[_i].name, "bundle.sigstore.json");
    MF_SCOPED(mf_json_free)
    struct json *trusted = mf_fixture_json(real[_i].name, "trusted_root.json");
    MF_SCOPED(mf_buf_done) struct buf der = {0}, tbs = {.max = MF_CERT_MAX};
    struct ct_entry entry = {.is_precert = true};
    static struct cert cert;
    struct sct_list list;
    uint64_t index = 0;
    bool found = false;
    struct err err = {0};
    const struct json_node *material = mf_json_get(mf_json_root(bundle), "verificationMaterial");
    const struct json_node *leaf = mf_json_get(material, "certificate");

    if (leaf == NULL)
        leaf = mf_json_at(
            mf_json_get(mf_json_get(material, "x509CertificateChain"), "certificates"), 0);
    load_bytes(leaf, "rawBytes", &der);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    const struct cert_extension *ext = mf_cert_extension(&cert, mf_oid_sct_list);
    ck_assert_ptr_nonnull(ext);
    mf_ck_ok(mf_sct_list_from_extension(ext->value, &list, &err), err);
    mf_ck_ok(mf_precert_tbs(&cert, mf_oid_sct_list, &tbs, &err), err);
    entry.der = mf_buf_span(&tbs);
    ck_assert(holds(mf_json_root(trusted), &list.scts[0], &entry) == real[_i].holds);
    mf_ck_ok(mf_sct_leaf_index_find(list.scts[0].extensions, &found, &index, &err), err);
    ck_assert(found == real[_i].has_index);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("sct");
    TCase *bytes = tcase_create("bytes"), *keys = tcase_create("keys");

    tcase_add_test(bytes, reads_and_writes_the_same_bytes);
    tcase_add_loop_test(bytes, refuses_bytes_that_are_no_sct, 0, (int)MF_LEN(bad_scts));
    tcase_add_test(bytes, reads_and_writes_lists);
    tcase_add_loop_test(bytes, refuses_a_list_that_does_not_add_up, 0, (int)MF_LEN(bad_lists));
    tcase_add_test(bytes, refuses_a_list_of_too_many);
    tcase_add_test(bytes, writes_the_leaf_index_of_the_specification);
    tcase_add_loop_test(bytes, refuses_extensions_that_are_not_well_formed, 0,
                        (int)MF_LEN(bad_extensions));
    tcase_add_test(bytes, reads_and_writes_a_logs_answer);
    tcase_add_loop_test(bytes, refuses_an_answer_that_is_no_sct, 0, (int)MF_LEN(bad_answers));
    suite_add_tcase(suite, bytes);
    tcase_add_checked_fixture(keys, set_up, tear_down);
    tcase_add_test(keys, verifies_what_the_log_signed_and_nothing_else);
    tcase_add_loop_test(keys, verifies_real_certificates, 0, (int)MF_LEN(real));
    suite_add_tcase(suite, keys);
    return suite;
}
