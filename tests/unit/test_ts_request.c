#include "ca-stub/timestamp/ts_request.h"
#include "common/codec/hex.h"
#include "tests/support/suite.h"

#define DIGEST32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define IMPRINT  "3031300d060960864801650304020105000420" DIGEST32

static size_t unhex(const char *text, uint8_t *out)
{
    struct err err = {0};
    size_t n = strlen(text) / 2;

    mf_ck_ok(mf_hex_decode_exact(mf_span_str(text), out, n, &err), err);
    return n;
}

static const struct {
    const char *hex;
    size_t nonce_n;
    bool want_certificate;
    enum digest_alg alg;
} accepted[] = {
    {"3036020101" IMPRINT, 0, false, MF_SHA256},
    {"3039020101" IMPRINT "0101ff", 0, true, MF_SHA256},
    {"303c020101" IMPRINT "0201050101ff", 1, true, MF_SHA256},
    {"3039020101" IMPRINT "020180", 1, false, MF_SHA256}, /* a negative nonce is echoed */
    /* parameters absent */
    {"3034020101302f300b0609608648016503040201 0420" DIGEST32, 0, false, MF_SHA256},
    {"3041020101" IMPRINT "06092b0601040183bf3002", 0, false, MF_SHA256},
    {"3046020101"
     "3041300d060960864801650304020205000430" DIGEST32 "202122232425262728292a2b2c2d2e2f",
     0, false, MF_SHA384},
};

static void strip(const char *from, char *to)
{
    for (; *from != '\0'; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = '\0';
}

START_TEST(reads_what_clients_send)
{
    uint8_t der[512];
    char hex[1024];
    struct ts_request request = {0};
    enum ts_refusal why = MF_TS_MALFORMED;
    struct err err = {0};

    strip(accepted[_i].hex, hex);
    size_t n = unhex(hex, der);
    mf_ck_ok(mf_ts_request_parse((struct span){der, n}, &request, &why, &err), err);
    ck_assert_uint_eq(request.nonce_n, accepted[_i].nonce_n);
    ck_assert(request.want_certificate == accepted[_i].want_certificate);
    ck_assert_int_eq((int)request.alg, (int)accepted[_i].alg);
    ck_assert_mem_eq(request.imprint, der + 5, request.imprint_n); /* echoed byte for byte */
}
END_TEST

static const struct {
    const char *hex;
    enum ts_refusal why;
    const char *message;
} refused[] = {
    {"", MF_TS_MALFORMED, "timestamp request: DER value with tag 0x30 is missing"},
    {"3036020101" IMPRINT "00", MF_TS_MALFORMED, "1 bytes follow the DER value"},
    {"3036020102" IMPRINT, MF_TS_MALFORMED, "version is not 1"},
    {"3036020100" IMPRINT, MF_TS_MALFORMED, "version is not 1"},
    {"3039020101" IMPRINT "010100", MF_TS_MALFORMED, "certReq is an encoded FALSE"},
    {"3039020101" IMPRINT "010101", MF_TS_MALFORMED, "certReq: BOOLEAN is neither 00 nor FF"},
    {"303a020101" IMPRINT "02020001", MF_TS_MALFORMED, "nonce is not a minimal INTEGER"},
    {"3038020101" IMPRINT "0200", MF_TS_MALFORMED, "nonce is not a minimal INTEGER"},
    {"303a020101" IMPRINT "0101ff00", MF_TS_MALFORMED, "bytes follow"},
    {"3038020101" IMPRINT "a000", MF_TS_EXTENSION, "request has extensions"},
    {"303a020101" IMPRINT "06022a03", MF_TS_POLICY, "reqPolicy is not 1.3.6.1.4.1.57264.2"},
    {"302602010130213009 06052b0e03021a0500 0414 000102030405060708090a0b0c0d0e0f10111213",
     MF_TS_WEAK_HASH, "the message was hashed with SHA-1"},
    {"302a020101302530 0d 0609608648016503040204 0500 0414 "
     "000102030405060708090a0b0c0d0e0f10111213",
     MF_TS_UNKNOWN_HASH, "hash algorithm is not SHA-256, SHA-384 or SHA-512"},
    {"3035020101"
     "3030300d060960864801650304020105 00041f "
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
     MF_TS_DIGEST_LENGTH, "digest and hash algorithm differ in length"},
    {"3016020101"
     "3011300d060960864801650304020105 000400",
     MF_TS_DIGEST_LENGTH, "differ"},
    {"3037020101"
     "3032300e06096086480165030402010501000420" DIGEST32,
     MF_TS_MALFORMED, "hashAlgorithm: DER NULL has content"},
    {"3080020101" IMPRINT "0000", MF_TS_MALFORMED, "DER length is indefinite"},
};

START_TEST(refuses_with_the_reason)
{
    uint8_t der[512];
    char hex[1024];
    struct ts_request request = {.nonce_n = 7};
    enum ts_refusal why = MF_TS_REFUSAL_COUNT_;
    struct err err = {0};

    strip(refused[_i].hex, hex);
    size_t n = unhex(hex, der);
    mf_ck_refused(mf_ts_request_parse((struct span){der, n}, &request, &why, &err), err,
                  refused[_i].message);
    ck_assert_int_eq((int)why, (int)refused[_i].why);
    ck_assert_uint_eq(request.nonce_n, 7); /* untouched */
}
END_TEST

START_TEST(refuses_a_nonce_above_the_limit_and_a_body_above_it)
{
    static uint8_t big[MF_TS_REQUEST_MAX + 1] = {0x30};
    struct ts_request request = {0};
    enum ts_refusal why = MF_TS_MALFORMED;
    struct err err = {0};

    mf_ck_refused(mf_ts_request_parse(MF_SPAN_OF(big), &request, &why, &err), err,
                  "larger than 4096 bytes");
    ck_assert_int_eq((int)why, MF_TS_TOO_LARGE);
    uint8_t der[512];
    size_t n = unhex("305a020101" IMPRINT "0222", der);
    memset(der + n, 0x11, 34);
    mf_err_clear(&err);
    mf_ck_refused(mf_ts_request_parse((struct span){der, n + 34}, &request, &why, &err), err,
                  "nonce is larger than 32 bytes");
}
END_TEST

#define B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

START_TEST(reads_the_json_form_as_the_der_form)
{
    struct ts_request from_json = {0}, from_der = {0};
    enum ts_refusal why = MF_TS_MALFORMED;
    struct err err = {0};
    uint8_t der[512];
    size_t n = unhex("303e020101" IMPRINT "02030100000101ff", der);

    mf_ck_ok(mf_ts_request_parse_json(
                 MF_SPAN("{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha256\","
                         "\"certificates\":true,\"nonce\":65536,\"unknown\":[1]}"),
                 &from_json, &why, &err),
             err);
    mf_ck_ok(mf_ts_request_parse((struct span){der, n}, &from_der, &why, &err), err);
    ck_assert_mem_eq(&from_json, &from_der, sizeof from_der);
    /* a nonce of 2^64 as text: nine bytes of content */
    mf_ck_ok(mf_ts_request_parse_json(MF_SPAN("{\"artifactHash\":\"" B64
                                              "\",\"hashAlgorithm\":\"sha256\","
                                              "\"nonce\":\"18446744073709551616\"}"),
                                      &from_json, &why, &err),
             err);
    static const uint8_t big[] = {1, 0, 0, 0, 0, 0, 0, 0, 0};
    ck_assert_uint_eq(from_json.nonce_n, sizeof big);
    ck_assert_mem_eq(from_json.nonce, big, sizeof big);
}
END_TEST

static const struct {
    const char *json;
    enum ts_refusal why;
    const char *message;
} refused_json[] = {
    {"", MF_TS_MALFORMED, "timestamp request: "},
    {"[]", MF_TS_MALFORMED, "not a JSON object"},
    {"{\"artifactHash\":\"" B64 "\"}", MF_TS_MALFORMED, "hashAlgorithm"},
    {"{\"hashAlgorithm\":\"sha256\"}", MF_TS_MALFORMED, "artifactHash"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha1\"}", MF_TS_WEAK_HASH, "SHA-1"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha512\"}", MF_TS_DIGEST_LENGTH, "length"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"md5\"}", MF_TS_UNKNOWN_HASH,
     "hashAlgorithm is not sha256"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha256\",\"nonce\":-1}", MF_TS_MALFORMED,
     "nonce is negative"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha256\",\"nonce\":1.5}", MF_TS_MALFORMED,
     "nonce"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha256\",\"nonce\":\"0x1\"}",
     MF_TS_MALFORMED, "nonce is not a decimal number"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha256\",\"tsaPolicyOID\":\"1.2.3\"}",
     MF_TS_POLICY, "reqPolicy is not"},
    {"{\"artifactHash\":\"" B64 "\",\"hashAlgorithm\":\"sha256\",\"hashAlgorithm\":\"sha256\"}",
     MF_TS_MALFORMED, "timestamp request: "},
};

START_TEST(refuses_json_with_the_reason)
{
    struct ts_request request = {0};
    enum ts_refusal why = MF_TS_REFUSAL_COUNT_;
    struct err err = {0};

    mf_ck_refused(
        mf_ts_request_parse_json(mf_span_str(refused_json[_i].json), &request, &why, &err), err,
        refused_json[_i].message);
    ck_assert_int_eq((int)why, (int)refused_json[_i].why);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ts_request");
    TCase *der = tcase_create("der"), *json = tcase_create("json");

    tcase_add_loop_test(der, reads_what_clients_send, 0, MF_LEN(accepted));
    tcase_add_loop_test(der, refuses_with_the_reason, 0, MF_LEN(refused));
    tcase_add_test(der, refuses_a_nonce_above_the_limit_and_a_body_above_it);
    tcase_add_test(json, reads_the_json_form_as_the_der_form);
    tcase_add_loop_test(json, refuses_json_with_the_reason, 0, MF_LEN(refused_json));
    suite_add_tcase(suite, der);
    suite_add_tcase(suite, json);
    return suite;
}
