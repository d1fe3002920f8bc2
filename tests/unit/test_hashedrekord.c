/* hashedrekord 0.0.2: the worked example, every spelling of a request, and real bundles. */
#include "common/base/file.h"
#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "tests/support/fixture_bundle.h"
#include "tests/support/suite.h"
#include "transparency/entry/hashedrekord.h"
#include "transparency/merkle/merkle_hash.h"

static struct crypto *crypto;
static struct buf storage, printed;

static void set_up(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    storage = (struct buf){.max = MF_HASHEDREKORD_REQUEST_MAX};
    printed = (struct buf){.max = MF_HASHEDREKORD_REQUEST_MAX};
}

static void tear_down(void)
{
    mf_crypto_free(&crypto);
    mf_buf_done(&storage);
    mf_buf_done(&printed);
}

#define DIGEST "WzUT9YDIOXIS/yyPRZwZnvwMkOQ1Sl81M63wo//zpTA="
#define SIG                                                             \
    "MEYCIQC59oLS3MsCqm0xCxPOy+8FdQK4RYCZE036s3q1ECfcagIhAJ4ATXlCSdFrk" \
    "lKAS8No0PsAE9uLi37TCbIfRXASJTTb"
#define SPKI                                                                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeLw7gX40qy1z7JUhGMAaaDITbV7p2D+C5G9xPEsy/PVAo9H0mgS4NYzp" \
    "GirkXxBht+IvvL19WR1X9ANXha5ldQ=="
#define BODY_OF(algorithm, digest, details, sig, key)                                      \
    "{\"apiVersion\":\"0.0.2\",\"kind\":\"hashedrekord\",\"spec\":{\"hashedRekordV002\":{" \
    "\"data\":"                                                                            \
    "{\"algorithm\":\"" algorithm "\",\"digest\":\"" digest                                \
    "\"},\"signature\":{\"content\":\"" sig "\",\"verifier\":{\"keyDetails\":\"" details   \
    "\",\"publicKey\":{\"rawBytes\":\"" key "\"}}}}}}"
#define P256 "PKIX_ECDSA_P256_SHA_256"
#define BODY BODY_OF("SHA2_256", DIGEST, P256, SIG, SPKI)

static void check_prints(const struct hashedrekord *r, struct span body)
{
    struct err err = {0};

    mf_buf_reset(&printed);
    mf_ck_ok(mf_hashedrekord_print(r, &printed, &err), err);
    ck_assert_msg(mf_span_eq(mf_buf_span(&printed), body), "printed %.*s", (int)printed.n,
                  (const char *)printed.p);
}

START_TEST(prints_and_parses_the_worked_example)
{
    struct hashedrekord r = {0};
    uint8_t hash[32];
    char hex[65];
    struct err err = {0};

    ck_assert_uint_eq(sizeof BODY - 1, 489);
    mf_ck_ok(mf_hashedrekord_parse_body(MF_SPAN(BODY), &storage, &r, &err), err);
    ck_assert(!r.is_certificate);
    check_prints(&r, MF_SPAN(BODY));
    mf_ck_ok(mf_hashedrekord_verify(crypto, &r, &err), err);
    mf_merkle_hash_leaf(crypto, mf_buf_span(&printed), hash);
    mf_hex_encode(MF_SPAN_OF(hash), hex);
    ck_assert_str_eq(hex, "9f7de180887c06919d4a3e1487998bb04246d40db05589f4287e7a3ec794d250");
    mf_sha256(crypto, mf_buf_span(&printed), hash);
    mf_hex_encode(MF_SPAN_OF(hash), hex);
    ck_assert_str_eq(hex, "43c278b6e6e5cd6fbbec173d33ebd96dcb3de883c2e4fa68be23b26ecb5c03ea");
}
END_TEST

static const struct {
    struct span body;
    const char *message;
} bad_bodies[] = {
    {MF_SPAN_INIT(""), "apiVersion or kind"},
    {MF_SPAN_INIT(" " BODY), "apiVersion or kind"},
    {MF_SPAN_INIT(BODY " "), "end: "},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, P256, SIG, SPKI "\",\"x\":\"")), "end: "},
    {MF_SPAN_INIT(BODY_OF("SHA2_512", DIGEST, P256, SIG, SPKI)), "SHA2_512 is not the one of"},
    {MF_SPAN_INIT(BODY_OF("SHA2_1", DIGEST, P256, SIG, SPKI)), "unknown hash algorithm"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, "PKIX_ED25519", SIG, SPKI)),
     "PKIX_ED25519 is not allowed"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, "5", SIG, SPKI)), "unknown key details"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", "WzUT9Q==", P256, SIG, SPKI)), "digest has 4 bytes"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", "WzUT9R==", P256, SIG, SPKI)), "digest: base64 ends in bits"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", "WzUT9Q", P256, SIG, SPKI)), "digest: base64 has 6"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, P256, "", SPKI)), "signature is empty"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, P256, SIG, "")), "verifier is empty"},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, P256, "a_bc", SPKI)), "content: "},
    {MF_SPAN_INIT(BODY_OF("SHA2_256", DIGEST, P256, "a\\/bc", SPKI)), "content: "},
};

START_TEST(refuses_a_body_that_printing_would_not_give)
{
    struct hashedrekord r = {.key_details = MF_KD_ML_DSA_44};
    struct err err = {0};

    mf_ck_refused(mf_hashedrekord_parse_body(bad_bodies[_i].body, &storage, &r, &err), err,
                  bad_bodies[_i].message);
    ck_assert_int_eq(r.key_details, MF_KD_ML_DSA_44);
}
END_TEST

#define KEY "\"publicKey\":{\"rawBytes\":\"" SPKI "\"}"
#define REQUEST(digest, sig, verifier)                                                          \
    "{\"hashedRekordRequestV002\":{\"digest\":\"" digest "\",\"signature\":{\"content\":\"" sig \
    "\",\"verifier\":{" verifier "}}}}"

/* The example's digest and signature in the URL alphabet without padding. */
#define URL_DIGEST "WzUT9YDIOXIS_yyPRZwZnvwMkOQ1Sl81M63wo__zpTA"
#define URL_SIG                                                         \
    "MEYCIQC59oLS3MsCqm0xCxPOy-8FdQK4RYCZE036s3q1ECfcagIhAJ4ATXlCSdFrk" \
    "lKAS8No0PsAE9uLi37TCbIfRXASJTTb"

static const struct span requests[] = {
    MF_SPAN_INIT(REQUEST(DIGEST, SIG, KEY ",\"keyDetails\":\"" P256 "\"")),
    MF_SPAN_INIT(REQUEST(URL_DIGEST, URL_SIG, KEY ",\"keyDetails\":5")),
    MF_SPAN_INIT(REQUEST(DIGEST, SIG, "\"keyDetails\":\"" P256 "\",\"x509Certificate\":null," KEY)),
    MF_SPAN_INIT(" { \"hashed_rekord_request_v002\" : { \"signature\" : { \"verifier\" : {\n"
                 "\"public_key\":{\"raw_bytes\":\"" SPKI "\"},\"key_details\":5},\"content\":\"" SIG
                 "\"},\"digest\":\"" DIGEST "\"},\"dsseRequestV002\":null}\n"),
};

START_TEST(takes_each_spelling_of_a_request)
{
    struct hashedrekord r = {0};
    struct err err = {0};

    mf_ck_ok(mf_hashedrekord_parse_request(crypto, requests[_i], &storage, &r, &err), err);
    check_prints(&r, MF_SPAN(BODY));
    mf_ck_ok(mf_hashedrekord_verify(crypto, &r, &err), err);
    /* and what we send is one of them */
    mf_buf_reset(&printed);
    mf_ck_ok(mf_hashedrekord_write_request(&r, &printed, &err), err);
    struct buf again = {.max = 65536};
    mf_ck_ok(mf_hashedrekord_parse_request(crypto, mf_buf_span(&printed), &again, &r, &err), err);
    check_prints(&r, MF_SPAN(BODY));
    mf_buf_done(&again);
}
END_TEST

#define GOOD_KEY KEY ",\"keyDetails\":5"
#define ENVELOPE(signatures) \
    "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[" signatures "]}"
#define DSSE(envelope, verifiers) \
    "{\"dsseRequestV002\":{\"envelope\":" envelope ",\"verifiers\":[" verifiers "]}}"

static const struct {
    struct span json;
    const char *message;
} bad_requests[] = {
    {MF_SPAN_INIT(""), ""},
    {MF_SPAN_INIT("[]"), "is not an object"},
    {MF_SPAN_INIT("null"), "is not an object"},
    {MF_SPAN_INIT("{}"), "needs one of hashedRekordRequestV002 and dsseRequestV002"},
    {MF_SPAN_INIT("{\"hashedRekordRequestV002\":null}"), "needs one of"},
    {MF_SPAN_INIT("{\"hashedRekordRequestV002\":{},\"dsseRequestV002\":{}}"), "needs one of"},
    {MF_SPAN_INIT("{\"hashedRekordRequestV001\":{}}"), "unknown member"},
    {MF_SPAN_INIT("{\"hashedRekordRequestV002\":{},\"hashed_rekord_request_v002\":null}"),
     "under both its names"},
    {MF_SPAN_INIT("{\"hashedRekordRequestV002\":{}}"),
     "hashedRekordRequestV002: signature: is missing"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, GOOD_KEY) "x"), ""},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, GOOD_KEY ",\"extra\":1")), "unknown member \"extra\""},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, GOOD_KEY ",\"key_details\":5")), "under both its names"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, GOOD_KEY ",\"keyDetails\":5")), "there twice"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, GOOD_KEY ",\"x509Certificate\":{\"rawBytes\":\"YQ==\"}")),
     "needs one of publicKey and x509Certificate"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, "\"keyDetails\":5")),
     "signature: verifier: needs one of publicKey"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, KEY)), "keyDetails: is missing"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, KEY ",\"keyDetails\":0")), "unknown key details 0"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, KEY ",\"keyDetails\":5.0")), "keyDetails: "},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, KEY ",\"keyDetails\":\"5\"")), "unknown key details \"5\""},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, KEY ",\"keyDetails\":7")), "PKIX_ED25519 is not allowed"},
    {MF_SPAN_INIT(REQUEST("YQ==", SIG, GOOD_KEY)), "digest has 1 bytes, SHA2_256 gives 32"},
    {MF_SPAN_INIT(REQUEST("", SIG, GOOD_KEY)), "digest has 0 bytes"},
    {MF_SPAN_INIT(REQUEST("Y Q=", SIG, GOOD_KEY)), "hashedRekordRequestV002: digest: "},
    {MF_SPAN_INIT(REQUEST(DIGEST, "", GOOD_KEY)), "signature is empty"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, "\"publicKey\":{},\"keyDetails\":5")), "verifier is empty"},
    {MF_SPAN_INIT(REQUEST(DIGEST, SIG, "\"publicKey\":1,\"keyDetails\":5")),
     "publicKey: is not an object"},
    {MF_SPAN_INIT(DSSE("{}", "{" GOOD_KEY "}")), "envelope: signatures: must have exactly one"},
    {MF_SPAN_INIT(DSSE(ENVELOPE(""), "{" GOOD_KEY "}")), "signatures: must have exactly one"},
    {MF_SPAN_INIT(DSSE(ENVELOPE("{\"sig\":\"YQ==\"},{\"sig\":\"YQ==\"}"), "{" GOOD_KEY "}")),
     "dsseRequestV002: envelope: signatures: must have exactly one"},
    {MF_SPAN_INIT(DSSE(ENVELOPE("{\"sig\":\"YQ==\"}"), "")), "verifiers: must have exactly one"},
    {MF_SPAN_INIT(DSSE(ENVELOPE("{}"), "{" GOOD_KEY "}")), "signature is empty"},
    {MF_SPAN_INIT(DSSE(ENVELOPE("{\"sig\":\"YQ==\"}"), "{" KEY ",\"keyDetails\":7}")),
     "PKIX_ED25519 is not allowed"},
    {MF_SPAN_INIT(DSSE(ENVELOPE("{\"sig\":\"YQ==\"}"), "{" KEY ",\"keyDetails\":23}")),
     "ML_DSA_44 is not supported"},
};

START_TEST(refuses_a_request_with_its_reason)
{
    struct hashedrekord r = {.key_details = MF_KD_ML_DSA_44};
    struct err err = {0};

    mf_ck_refused(mf_hashedrekord_parse_request(crypto, bad_requests[_i].json, &storage, &r, &err),
                  err, bad_requests[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_int_eq(r.key_details, MF_KD_ML_DSA_44);
}
END_TEST

static const enum key_kind kinds[] = {MF_KEY_P256, MF_KEY_P384, MF_KEY_P521};

START_TEST(admits_only_what_verifies_under_its_natural_details)
{
    MF_SCOPED(mf_private_key_free) struct private_key *secret = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf sig = {.max = MF_SIGNATURE_MAX};
    enum sig_scheme scheme = mf_sig_scheme_of(kinds[_i]);
    uint8_t digest[MF_DIGEST_MAX];
    struct hashedrekord r = {0};
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, kinds[_i], &secret, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, secret, &key, &err), err);
    mf_ck_ok(mf_sign(crypto, secret, scheme, MF_SPAN("artifact"), &sig, &err), err);
    mf_digest(crypto, mf_sig_digest(scheme), MF_SPAN("artifact"), digest);
    r.digest = (struct span){digest, mf_digest_length(mf_sig_digest(scheme))};
    r.signature = mf_buf_span(&sig);
    r.verifier = mf_public_key_spki(key);
    mf_ck_ok(mf_key_details_default(key, &r.key_details, &err), err);
    mf_ck_ok(mf_hashedrekord_verify(crypto, &r, &err), err);
    digest[0] ^= 1;
    mf_ck_refused(mf_hashedrekord_verify(crypto, &r, &err), err, "does not verify");
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    mf_err_clear(&err);
    digest[0] ^= 1;
    r.is_certificate = true;
    mf_ck_refused(mf_hashedrekord_verify(crypto, &r, &err), err, "x509Certificate: ");
    mf_err_clear(&err);
    r.is_certificate = false;
    /* Of equal hash, so that only the binding of key and details can tell. */
    r.key_details = mf_sig_digest(scheme) == MF_SHA256 ? MF_KD_PKIX_RSA_PKCS1V15_2048_SHA256
                                                       : MF_KD_PKIX_ED25519_PH;
    if (mf_sig_digest(scheme) == MF_SHA384)
        return;
    mf_ck_refused(mf_hashedrekord_verify(crypto, &r, &err), err, "the key is logged under");
}
END_TEST

START_TEST(writes_the_pae_of_the_specification)
{
    struct err err = {0};

    mf_buf_reset(&printed);
    mf_ck_ok(mf_hashedrekord_pae(MF_SPAN("http://example.com/HelloWorld"), MF_SPAN("hello world"),
                                 &printed, &err),
             err);
    ck_assert(mf_span_is(mf_buf_span(&printed),
                         "DSSEv1 29 http://example.com/HelloWorld 11 hello world"));
}
END_TEST

static struct span text_at(const struct json_node *node, const char *name)
{
    struct span out;
    struct err err = {0};

    mf_ck_ok(mf_json_member_string(node, name, &out, &err), err);
    return out;
}

static struct buf bytes_at(const struct json_node *node, const char *name)
{
    struct buf b = {.max = 1 << 20};
    struct err err = {0};

    mf_ck_ok(mf_json_member_bytes(node, name, &b, &err), err);
    return b;
}

static void check_real(const char *name)
{
    MF_SCOPED(mf_json_free) struct json *doc = mf_fixture_json(name, "bundle.sigstore.json");
    MF_SCOPED(mf_buf_done) struct buf request = {.max = 1 << 20}, body = {0};
    struct hashedrekord r = {0};
    struct err err = {0};

    const struct json_node *root = mf_json_root(doc);
    const struct json_node *material = mf_json_get(root, "verificationMaterial");
    const struct json_node *message = mf_json_get(root, "messageSignature");
    const struct json_node *envelope = mf_json_get(root, "dsseEnvelope");
    struct span cert = text_at(mf_json_get(material, "certificate"), "rawBytes");

    body = bytes_at(mf_json_at(mf_json_get(material, "tlogEntries"), 0), "canonicalizedBody");
    if (message != NULL) {
        mf_ck_ok(
            mf_buf_printf(
                &request, &err,
                "{\"hashedRekordRequestV002\":{\"digest\":\"%s\",\"signature\":{\"content\":"
                "\"%s\",\"verifier\":{\"keyDetails\":5,\"x509Certificate\":{\"rawBytes\":\"%s\"}}"
                "}}}",
                (const char *)text_at(mf_json_get(message, "messageDigest"), "digest").p,
                (const char *)text_at(message, "signature").p, (const char *)cert.p),
            err);
    } else {
        mf_ck_ok(
            mf_buf_printf(
                &request, &err,
                "{\"dsseRequestV002\":{\"envelope\":{\"payload\":\"%s\",\"payloadType\":\"%s\","
                "\"signatures\":[{\"sig\":\"%s\",\"keyid\":\"\"}]},\"verifiers\":[{\"keyDetails\":"
                "5,"
                "\"x509Certificate\":{\"rawBytes\":\"%s\"}}]}}",
                (const char *)text_at(envelope, "payload").p,
                (const char *)text_at(envelope, "payloadType").p,
                (const char *)text_at(mf_json_at(mf_json_get(envelope, "signatures"), 0), "sig").p,
                (const char *)cert.p),
            err);
    }
    mf_ck_ok(mf_hashedrekord_parse_request(crypto, mf_buf_span(&request), &storage, &r, &err), err);
    mf_ck_ok(mf_hashedrekord_verify(crypto, &r, &err), err);
    check_prints(&r, mf_buf_span(&body));
    mf_ck_ok(mf_hashedrekord_parse_body(mf_buf_span(&body), &storage, &r, &err), err);
    check_prints(&r, mf_buf_span(&body));
}

START_TEST(reproduces_what_a_real_log_kept)
{
    check_real("rekor2-happy-path");
    check_real("rekor2-dsse-happy-path");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("hashedrekord");
    TCase *entry = tcase_create("entry");

    tcase_add_checked_fixture(entry, set_up, tear_down);
    tcase_add_test(entry, prints_and_parses_the_worked_example);
    tcase_add_loop_test(entry, refuses_a_body_that_printing_would_not_give, 0,
                        (int)MF_LEN(bad_bodies));
    tcase_add_loop_test(entry, takes_each_spelling_of_a_request, 0, (int)MF_LEN(requests));
    tcase_add_loop_test(entry, refuses_a_request_with_its_reason, 0, (int)MF_LEN(bad_requests));
    tcase_add_loop_test(entry, admits_only_what_verifies_under_its_natural_details, 0,
                        (int)MF_LEN(kinds));
    tcase_add_test(entry, writes_the_pae_of_the_specification);
    tcase_add_test(entry, reproduces_what_a_real_log_kept);
    suite_add_tcase(suite, entry);
    return suite;
}
