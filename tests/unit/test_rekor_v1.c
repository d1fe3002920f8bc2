/* Rekor v1 bodies: the three kinds, every fault in them by name, and what a log signs of them. */
#include "tests/support/suite.h"
#include "transparency/entry/entry_promise.h"
#include "transparency/entry/rekor_v1.h"

#define KEY_PEM                                                                        \
    "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RR" \
    "Z0FFeFJSU1Q3OStQc3JSQm5HQUk0Y011Nk9tejJKaApmd2xNVytnSXV0TktWUmFNeVM0clFLdmduZ2M1" \
    "cDhVYkxqNTVwVkhoSW9BeGkvU1JnVVJaSTBKM1h3PT0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg=="
#define CERTIFICATE_PEM \
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BQT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define PRIVATE_PEM \
    "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1BQT0KLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="
#define SIG       "MDEyMzQ1Njc4OTo7PD0+Pw=="
#define SIG_TWICE "TURFeU16UTFOamM0T1RvN1BEMCtQdz09"
#define HEX       "abababababababababababababababababababababababababababababababab"
#define HASH      "{\"algorithm\":\"sha256\",\"value\":\"" HEX "\"}"

#define HASHEDREKORD                                                                         \
    "{\"apiVersion\":\"0.0.1\",\"kind\":\"hashedrekord\",\"spec\":{\"data\":{\"hash\":" HASH \
    "},\"signature\":{\"content\":\"" SIG "\",\"publicKey\":{\"content\":\"" KEY_PEM "\"}}}}"
#define DSSE                                                                                       \
    "{\"apiVersion\":\"0.0.1\",\"kind\":\"dsse\",\"spec\":{\"envelopeHash\":" HASH                 \
    ",\"payloadHash\":" HASH ",\"signatures\":[{\"signature\":\"" SIG "\",\"verifier\":\"" KEY_PEM \
    "\"}]}}"
#define INTOTO                                                                                  \
    "{\"apiVersion\":\"0.0.2\",\"kind\":\"intoto\",\"spec\":{\"content\":{\"envelope\":{"       \
    "\"payloadType\":\"t\",\"signatures\":[{\"publicKey\":\"" KEY_PEM "\",\"sig\":\"" SIG_TWICE \
    "\"}]},\"hash\":" HASH ",\"payloadHash\":" HASH "}}}"

static const struct span bodies[] = {
    [MF_REKOR_V1_HASHEDREKORD] = MF_SPAN_INIT(HASHEDREKORD),
    [MF_REKOR_V1_DSSE] = MF_SPAN_INIT(DSSE),
    [MF_REKOR_V1_INTOTO] = MF_SPAN_INIT(INTOTO),
};

START_TEST(reads_each_kind)
{
    MF_SCOPED(mf_rekor_v1_done) struct rekor_v1_body b = {0};
    uint8_t digest[32];
    struct err err = {0};

    mf_ck_ok(mf_rekor_v1_parse_body(bodies[_i], &b, &err), err);
    memset(digest, 0xab, sizeof digest);
    ck_assert_int_eq(b.kind, _i);
    ck_assert_int_eq(b.digest_alg, MF_SHA256);
    ck_assert(mf_span_eq(b.digest, MF_SPAN_OF(digest)));
    ck_assert(mf_span_is(b.signature, "0123456789:;<=>?"));
    ck_assert(!b.is_certificate);
    ck_assert_uint_eq(b.verifier.n, 91); /* SubjectPublicKeyInfo of a P-256 key */
    ck_assert(mf_span_is(b.payload_type, _i == MF_REKOR_V1_INTOTO ? "t" : ""));
}
END_TEST

/* One body with one piece of its text replaced. */
struct fault {
    enum rekor_v1_kind kind;
    const char *piece, *by;
    const char *message;
};

static const struct fault faults[] = {
    {MF_REKOR_V1_HASHEDREKORD, "{\"api", "[\"api", "expected ',' or ']'"},
    {MF_REKOR_V1_HASHEDREKORD, "0.0.1", "0.0.2", "is of kind hashedrekord 0.0.2, which is not"},
    {MF_REKOR_V1_INTOTO, "0.0.2", "0.0.1", "is of kind intoto 0.0.1, which is not read"},
    {MF_REKOR_V1_DSSE, "\"dsse\"", "\"dsse \"", "is of kind dsse  0.0.1, which is not read"},
    {MF_REKOR_V1_DSSE, "\"spec\"", "\"spek\"", "unknown member \"spek\""},
    {MF_REKOR_V1_DSSE, "\"kind\":\"dsse\"", "\"kind\":1", "kind: "},
    {MF_REKOR_V1_HASHEDREKORD, "\"data\":", "\"signature\":", "signature"},
    {MF_REKOR_V1_HASHEDREKORD, "\"data\":", "\"date\":", "spec: unknown member \"date\""},
    {MF_REKOR_V1_HASHEDREKORD, "sha256", "sha1", "spec: data: hash: unknown hash algorithm"},
    {MF_REKOR_V1_HASHEDREKORD, "sha256", "sha512", "data: hash: value: hexadecimal has 64"},
    {MF_REKOR_V1_HASHEDREKORD, "\"ab", "\"xb", "value: character 1 is no hexadecimal"},
    {MF_REKOR_V1_HASHEDREKORD, "\"hash\":" HASH, "", "data: hash: is missing"},
    {MF_REKOR_V1_HASHEDREKORD, SIG, "", "signature: content: is empty"},
    {MF_REKOR_V1_HASHEDREKORD, SIG, "MDEy MzQ", "signature: content: character 5"},
    {MF_REKOR_V1_HASHEDREKORD, KEY_PEM, "", "publicKey: content: PUBLIC KEY: no PEM"},
    {MF_REKOR_V1_HASHEDREKORD, KEY_PEM, PRIVATE_PEM, "block is \"PRIVATE KEY\", not"},
    {MF_REKOR_V1_DSSE, "[{", "[{\"x\":0,", "spec: signatures[0]: unknown member \"x\""},
    {MF_REKOR_V1_DSSE, "[{", "[{},{", "spec: signatures: must have exactly one element"},
    {MF_REKOR_V1_DSSE, "\"signatures\"", "\"signature\"", "unknown member \"signature\""},
    {MF_REKOR_V1_DSSE, SIG, "", "signatures[0]: signature: is empty"},
    {MF_REKOR_V1_DSSE, KEY_PEM, PRIVATE_PEM, "signatures[0]: verifier: PEM block is"},
    {MF_REKOR_V1_DSSE, ",\"payloadHash\":" HASH, "", "spec: payloadHash: is missing"},
    {MF_REKOR_V1_INTOTO, ",\"payloadHash\":" HASH, "", "spec: content: payloadHash: is missing"},
    {MF_REKOR_V1_INTOTO, SIG_TWICE, "PDw8", "content: envelope: signatures[0]: sig: character 1"},
    {MF_REKOR_V1_INTOTO, SIG_TWICE, "", "envelope: signatures[0]: sig: is empty"},
    {MF_REKOR_V1_INTOTO, "[{", "[{},{", "envelope: signatures: must have exactly one element"},
    {MF_REKOR_V1_INTOTO, "\"content\"", "\"contents\"", "spec: unknown member \"contents\""},
};

static struct buf replaced(const struct fault *f)
{
    struct span body = bodies[f->kind];
    struct span piece = mf_span_str(f->piece);
    struct buf out = {.max = 4096};
    struct err err = {0};
    size_t at = 0;

    while (at < body.n && !mf_span_starts(mf_span_from(body, at), piece))
        at++;
    ck_assert_msg(at < body.n, "no '%s' in the body", f->piece);
    mf_ck_ok(mf_buf_append(&out, mf_span_first(body, at), &err), err);
    mf_ck_ok(mf_buf_append_str(&out, f->by, &err), err);
    mf_ck_ok(mf_buf_append(&out, mf_span_from(body, at + piece.n), &err), err);
    return out;
}

START_TEST(names_what_is_wrong_in_a_body)
{
    MF_SCOPED(mf_buf_done) struct buf text = replaced(&faults[_i]);
    struct rekor_v1_body b = {.kind = MF_REKOR_V1_DSSE};
    struct err err = {0};

    mf_ck_refused(mf_rekor_v1_parse_body(mf_buf_span(&text), &b, &err), err, faults[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert(b.kind == MF_REKOR_V1_DSSE && b.owned.p == NULL);
}
END_TEST

START_TEST(knows_a_certificate_by_its_label)
{
    static const struct fault certificate = {MF_REKOR_V1_DSSE, KEY_PEM, CERTIFICATE_PEM, ""};
    MF_SCOPED(mf_buf_done) struct buf text = replaced(&certificate);
    MF_SCOPED(mf_rekor_v1_done) struct rekor_v1_body b = {0};
    struct err err = {0};

    mf_ck_ok(mf_rekor_v1_parse_body(mf_buf_span(&text), &b, &err), err);
    ck_assert(b.is_certificate);
    ck_assert_uint_eq(b.verifier.n, 2);
}
END_TEST

static const uint8_t log_id[32] = {[0] = 0xc0, [31] = 0x1d};

START_TEST(prints_what_the_log_signed)
{
    const struct tlog_entry e = {.log_index = 25579,
                                 .log_id = MF_SPAN_OF(log_id),
                                 .integrated_time = 1689177396,
                                 .body = MF_SPAN("{}")};
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 4096};
    struct err err = {0};

    mf_ck_ok(mf_entry_promise_print(&e, &out, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&out),
                         "{\"body\":\"e30=\",\"integratedTime\":1689177396,\"logID\":\"c0000000"
                         "0000000000000000000000000000000000000000000000000000001d\","
                         "\"logIndex\":25579}"));
}
END_TEST

START_TEST(prints_no_number_that_canonical_json_rounds)
{
    struct tlog_entry e = {.log_index = INT64_C(1) << 53, .log_id = MF_SPAN_OF(log_id)};
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 4096};
    struct err err = {0};

    mf_ck_refused(mf_entry_promise_print(&e, &out, &err), err, "logIndex: has no exact form");
    e.log_index--;
    mf_err_clear(&err);
    mf_ck_ok(mf_entry_promise_print(&e, &out, &err), err);
    e.integrated_time = INT64_C(1) << 53;
    mf_ck_refused(mf_entry_promise_print(&e, &out, &err), err, "integratedTime: has no exact");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("rekor_v1");
    TCase *body = tcase_create("body");
    TCase *promise = tcase_create("promise");

    tcase_add_loop_test(body, reads_each_kind, 0, MF_LEN(bodies));
    tcase_add_loop_test(body, names_what_is_wrong_in_a_body, 0, MF_LEN(faults));
    tcase_add_test(body, knows_a_certificate_by_its_label);
    suite_add_tcase(suite, body);
    tcase_add_test(promise, prints_what_the_log_signed);
    tcase_add_test(promise, prints_no_number_that_canonical_json_rounds);
    suite_add_tcase(suite, promise);
    return suite;
}
