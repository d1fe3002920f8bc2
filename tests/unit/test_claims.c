#include "ca-stub/identity/claims.h"
#include "tests/support/suite.h"

#define NOW 1800000000

static const struct issuer issuer = {
    .url = (char[]){"https://a.example"},
    .audiences = {.items = {(char[]){"sigstore"}, (char[]){"second"}}, .count = 2},
    .lifetime_max_s = 3600,
};

#define WHO "\"iss\":\"https://a.example\",\"sub\":\"s\""
#define AUD "\"aud\":\"sigstore\""
#define T   "\"iat\":1799999990,\"exp\":1800000590"

static const struct {
    const char *payload;
    const char *reason; /* null: accepted */
    const char *message;
} rows[] = {
    {"{" WHO "," AUD "," T "}", NULL, NULL},
    {"{" WHO ",\"aud\":\"second\"," T "}", NULL, NULL},
    {"{" WHO ",\"aud\":[\"sigstore\"]," T "}", NULL, NULL},
    {"{" WHO ",\"aud\":[\"x\",\"sigstore\"]," T "}", NULL, NULL},
    {"{" WHO ",\"aud\":[\"x\",\"sigstore\"],\"azp\":\"sigstore\"," T "}", NULL, NULL},
    {"{" WHO ",\"aud\":\"sigstore\",\"azp\":\"console\"," T "}", NULL, NULL},
    {"{" WHO "," AUD "," T ",\"nbf\":1800000060}", NULL, NULL},
    {"{" WHO "," AUD "," T ",\"jti\":\"j\",\"nonce\":\"n\",\"f\":1.5}", NULL, NULL},
    /* the leeway, to the second */
    {"{" WHO "," AUD ",\"iat\":1799999000,\"exp\":1799999941}", NULL, NULL},
    {"{" WHO "," AUD ",\"iat\":1799999000,\"exp\":1799999940}", "EXPIRED", "has expired"},
    {"{" WHO "," AUD ",\"iat\":1800000060,\"exp\":1800000600}", NULL, NULL},
    {"{" WHO "," AUD ",\"iat\":1800000061,\"exp\":1800000600}", "IAT_FUTURE", "was issued at"},
    {"{" WHO "," AUD "," T ",\"nbf\":1800000061}", "NOT_YET_VALID", "not valid before"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":1800003590}", NULL, NULL},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":1800003591}", "LIFETIME_TOO_LONG",
     "good for 3601 s, more than the 3600 s of lifetime_max_s"},
    {"{" WHO "," AUD ",\"iat\":1800000050,\"exp\":1800000040}", "EXPIRED", "before it was issued"},
    /* times of the wrong kind */
    {"{" WHO "," AUD ",\"iat\":1799999990}", "CLAIM_MISSING:exp", "missing exp claim"},
    {"{" WHO "," AUD ",\"exp\":1800000590}", "CLAIM_MISSING:iat", "missing iat claim"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":null}", "CLAIM_MISSING:exp", "missing exp"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":1800000590.0}", "CLAIM_TYPE:exp", "exp claim"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":1800000590.5}", "CLAIM_TYPE:exp", "exp claim"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":1.8e9}", "CLAIM_TYPE:exp", "exp claim"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":\"1800000590\"}", "CLAIM_TYPE:exp", "exp claim"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":true}", "CLAIM_TYPE:exp", "exp claim"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":-1}", "EXPIRED", "has expired"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":9223372036854775808}", "CLAIM_TYPE:exp", "exp"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":9223372036854775807}", "LIFETIME_TOO_LONG",
     "token is good for"},
    {"{" WHO "," AUD ",\"iat\":-9223372036854775808,\"exp\":9223372036854775807}",
     "LIFETIME_TOO_LONG", "token is good for"},
    {"{" WHO "," AUD ",\"iat\":1799999990,\"exp\":-9223372036854775808}", "EXPIRED", "has expired"},
    {"{" WHO "," AUD ",\"iat\":\"1799999990\",\"exp\":1800000590}", "CLAIM_TYPE:iat", "iat"},
    {"{" WHO "," AUD "," T ",\"nbf\":\"1\"}", "CLAIM_TYPE:nbf", "nbf"},
    {"{" WHO "," AUD "," T ",\"nbf\":9223372036854775807}", "NOT_YET_VALID", "not valid before"},
    /* audiences */
    {"{" WHO "," T "}", "CLAIM_MISSING:aud", "missing aud claim"},
    {"{" WHO ",\"aud\":\"\"," T "}", "CLAIM_MISSING:aud", "missing aud claim"},
    {"{" WHO ",\"aud\":[]," T "}", "AUD_MISMATCH", "token is for"},
    {"{" WHO ",\"aud\":\"other\"," T "}", "AUD_MISMATCH",
     "token is for \"other\", not for \"sigstore\""},
    {"{" WHO ",\"aud\":\"Sigstore\"," T "}", "AUD_MISMATCH", "\"Sigstore\""},
    {"{" WHO ",\"aud\":\"sigstore \"," T "}", "AUD_MISMATCH", "\"sigstore \""},
    {"{" WHO ",\"aud\":\"sigstore,x\"," T "}", "AUD_MISMATCH", "\"sigstore,x\""},
    {"{" WHO ",\"aud\":[\"a\",\"b\"]," T "}", "AUD_MISMATCH", "\"b\" and others"},
    {"{" WHO ",\"aud\":{\"sigstore\":1}," T "}", "CLAIM_TYPE:aud", "aud claim"},
    {"{" WHO ",\"aud\":1," T "}", "CLAIM_TYPE:aud", "aud claim"},
    {"{" WHO ",\"aud\":[\"sigstore\",1]," T "}", "CLAIM_TYPE:aud", "aud claim"},
    {"{" WHO ",\"aud\":[[\"sigstore\"]]," T "}", "CLAIM_TYPE:aud", "aud claim"},
    {"{" WHO ",\"aud\":[\"x\",\"sigstore\"],\"azp\":\"x\"," T "}", "AZP_MISMATCH",
     "made for \"x\""},
    {"{" WHO ",\"aud\":[\"x\",\"sigstore\"],\"azp\":1," T "}", "CLAIM_TYPE:azp", "azp claim"},
    /* another issuer's token */
    {"{\"iss\":\"https://b.example\",\"sub\":\"s\"," AUD "," T "}", "ISSUER_UNKNOWN",
     "from another issuer"},
    /* who and from whom */
    {"{\"sub\":\"s\"," AUD "," T "}", "CLAIM_MISSING:iss", "missing iss claim"},
    {"{\"iss\":1,\"sub\":\"s\"," AUD "," T "}", "CLAIM_TYPE:iss", "iss claim"},
    {"{\"iss\":\"https://a.example\"," AUD "," T "}", "CLAIM_MISSING:sub", "missing sub claim"},
    {"{\"iss\":\"https://a.example\",\"sub\":\"\"," AUD "," T "}", "CLAIM_MISSING:sub", "sub"},
    {"{\"iss\":\"https://a.example\",\"sub\":[\"s\"]," AUD "," T "}", "CLAIM_TYPE:sub", "sub"},
    {"{\"ISS\":\"https://a.example\",\"sub\":\"s\"," AUD "," T "}", "CLAIM_MISSING:iss", "iss"},
    {"{" WHO "," AUD "," T ",\"jti\":7}", "CLAIM_TYPE:jti", "jti claim"},
    /* one token, two readings */
    {"{" WHO ",\"iss\":\"https://b.example\"," AUD "," T "}", "TOKEN_MALFORMED", "is there twice"},
    {"{\"iss\":\"https://b.example\"," WHO "," AUD "," T "}", "TOKEN_MALFORMED", "is there twice"},
    {"{" WHO ",\"sub\":\"t\"," AUD "," T "}", "TOKEN_MALFORMED", "is there twice"},
    {"{" WHO "," AUD ",\"aud\":\"x\"," T "}", "TOKEN_MALFORMED", "is there twice"},
    {"{" WHO "," AUD ",\"\\u0061ud\":\"x\"," T "}", "TOKEN_MALFORMED", "is there twice"},
    {"{" WHO "," AUD "," T ",\"x\":{\"a\":1,\"a\":2}}", "TOKEN_MALFORMED", "is there twice"},
    {"{\"iss\":\"https://a.example\\u0000\",\"sub\":\"s\"," AUD "," T "}", "TOKEN_MALFORMED",
     "token payload"},
    {"{" WHO "," AUD "," T ",\"email\":\"victim@x.example\\u0000@evil.example\"}",
     "TOKEN_MALFORMED", "token payload"},
    {"{\"iss\":\"https://a.example\",\"sub\":\"\xC0\x80\"," AUD "," T "}", "TOKEN_MALFORMED", ""},
    {"{\"iss\":\"https://a.example\",\"sub\":\"\xFF\"," AUD "," T "}", "TOKEN_MALFORMED", ""},
    {"{\"iss\":\"https://a.example\",\"sub\":\"\\ud800\"," AUD "," T "}", "TOKEN_MALFORMED", ""},
    {"{\"iss\":\"https://a.example\",\"sub\":\"a\tb\"," AUD "," T "}", "TOKEN_MALFORMED", ""},
    {"{" WHO "," AUD "," T "}x", "TOKEN_MALFORMED", ""},
    {"{" WHO "," AUD "," T "}{}", "TOKEN_MALFORMED", ""},
    {"\xEF\xBB\xBF{" WHO "," AUD "," T "}", "TOKEN_MALFORMED", ""},
    {"{" WHO "," AUD "," T ",\"n\":01}", "TOKEN_MALFORMED", ""},
    {"{" WHO "," AUD "," T ",\"d\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", "TOKEN_MALFORMED", ""},
    {"[{" WHO "," AUD "," T "}]", "TOKEN_MALFORMED", "is not a JSON object"},
    {"\"x\"", "TOKEN_MALFORMED", "is not a JSON object"},
    {"", "TOKEN_MALFORMED", "token payload"},
};

static bool judge(struct span payload, struct claims *claims, struct claim_times *times,
                  struct refusal *why)
{
    return mf_claims_parse(payload, claims, why) &&
           mf_claims_check(claims, &issuer, (struct instant){.s = NOW}, times, why);
}

START_TEST(judges_times_audience_and_form)
{
    MF_SCOPED(mf_claims_done) struct claims claims = {0};
    struct claim_times times = {.expires_at_s = 42};
    struct err err = {0};
    struct refusal why = {.err = &err};

    if (rows[_i].reason == NULL) {
        mf_ck_ok(judge(mf_span_str(rows[_i].payload), &claims, &times, &why), err);
        ck_assert_str_eq(why.reason, "");
        ck_assert_int_ne(times.expires_at_s, 42);
        return;
    }
    mf_ck_refused(judge(mf_span_str(rows[_i].payload), &claims, &times, &why), err,
                  rows[_i].message);
    ck_assert_str_eq(why.reason, rows[_i].reason);
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
    ck_assert_int_eq(times.expires_at_s, 42);
}
END_TEST

START_TEST(a_long_claim_is_refused_where_it_is_used)
{
    char payload[4096];
    MF_SCOPED(mf_claims_done) struct claims claims = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};
    struct span text;

    snprintf(payload, sizeof payload, "{" WHO ",\"long\":\"%0*d\",\"fits\":\"%0*d\"}",
             MF_CLAIM_MAX + 1, 0, 100, 0);
    mf_ck_ok(mf_claims_parse(mf_span_str(payload), &claims, &why), err);
    mf_ck_ok(mf_claims_text(&claims, "fits", &text, &why), err);
    mf_ck_refused(mf_claims_text(&claims, "long", &text, &why), err,
                  "long claim: is longer than 2048 bytes");
    ck_assert_str_eq(why.reason, "CLAIM_TYPE:long");
    ck_assert_uint_eq(text.n, 100);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("claims");
    TCase *rules = tcase_create("rules");

    tcase_add_loop_test(rules, judges_times_audience_and_form, 0, MF_LEN(rows));
    tcase_add_test(rules, a_long_claim_is_refused_where_it_is_used);
    suite_add_tcase(suite, rules);
    return suite;
}
