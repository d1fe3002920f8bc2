#include "ca-stub/identity/jws.h"
#include "common/codec/base64.h"
#include "tests/support/suite.h"
#include "tests/support/token_maker.h"

static struct made_keys keys;

static void make_keys(void)
{
    made_keys_init(&keys, true);
}

static void drop_keys(void)
{
    made_keys_done(&keys);
}

/* The row says which key in a struct that the compiler knows, not in one made later. */
enum which { RSA, P256, OTHER, P384, P521, ED };

static struct private_key *key_of(enum which which)
{
    switch (which) {
    case RSA:
        return keys.rsa;
    case P256:
        return keys.p256;
    case OTHER:
        return keys.other;
    case P384:
        return keys.p384;
    case P521:
        return keys.p521;
    case ED:
        return keys.ed25519;
    }
    return NULL;
}

static bool verify(struct span token, enum which which, struct jws *jws, struct refusal *why)
{
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;

    mf_ck_ok(mf_private_key_public(keys.c, key_of(which), &half, why->err), *why->err);
    return mf_jws_parse(token, jws, why) && mf_jws_verify(keys.c, jws, half, why);
}

static const struct {
    const char *alg;
    enum which key;
    enum sig_scheme scheme;
} accepted[] = {
    {"RS256", RSA, MF_SIG_RSA_PKCS1_SHA256}, {"RS384", RSA, MF_SIG_RSA_PKCS1_SHA384},
    {"RS512", RSA, MF_SIG_RSA_PKCS1_SHA512}, {"ES256", P256, MF_SIG_ECDSA_SHA256},
    {"ES384", P384, MF_SIG_ECDSA_SHA384},    {"ES512", P521, MF_SIG_ECDSA_SHA512},
    {"EdDSA", ED, MF_SIG_ED25519},
};

static struct buf token_of(const char *alg, enum which key, enum sig_scheme scheme)
{
    char header[128];

    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"k 1\"}", alg);
    return made_token(keys.c, key_of(key), scheme, mf_span_str(header), MF_SPAN("{\"a\":1}"));
}

START_TEST(verifies_each_algorithm_with_its_own_key)
{
    MF_SCOPED(mf_buf_done)
    struct buf token = token_of(accepted[_i].alg, accepted[_i].key, accepted[_i].scheme);
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(verify(mf_buf_span(&token), accepted[_i].key, &jws, &why), err);
    ck_assert_str_eq(mf_jws_alg_name(jws.alg), accepted[_i].alg);
    ck_assert(jws.has_kid);
    ck_assert_str_eq(jws.kid, "k 1");
    ck_assert(mf_span_is(jws.payload, "{\"a\":1}"));
    ck_assert_ptr_eq(jws.signing_input.p, token.p);
    ck_assert_uint_eq(token.p[jws.signing_input.n], '.');
}
END_TEST

START_TEST(refuses_each_algorithm_with_every_other_kind_of_key)
{
    MF_SCOPED(mf_buf_done)
    struct buf token = token_of(accepted[_i].alg, accepted[_i].key, accepted[_i].scheme);

    for (int which = RSA; which <= ED; which++) {
        MF_SCOPED(mf_jws_done) struct jws jws = {0};
        struct err err = {0};
        struct refusal why = {.err = &err};
        if ((enum which)which == accepted[_i].key)
            continue;
        ck_assert(!verify(mf_buf_span(&token), (enum which)which, &jws, &why));
        bool same_kind = accepted[_i].key == P256 && which == OTHER;
        ck_assert_str_eq(why.reason, same_kind ? "SIG_INVALID" : "KEY_MISMATCH");
        ck_assert_int_eq(err.code, MF_ERR_DENIED);
    }
}
END_TEST

/* An ES256 header over a P-384 key's signature, whatever its length. */
START_TEST(ties_the_curve_to_the_algorithm)
{
    MF_SCOPED(mf_buf_done) struct buf token = token_of("ES256", P384, MF_SIG_ECDSA_SHA384);
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_refused(verify(mf_buf_span(&token), P384, &jws, &why), err,
                  "algorithm ES256 is not for the key's kind, ECDSA P-384");
    ck_assert_str_eq(why.reason, "KEY_MISMATCH");
}
END_TEST

START_TEST(refuses_any_changed_bit)
{
    MF_SCOPED(mf_buf_done) struct buf token = token_of("ES256", P256, MF_SIG_ECDSA_SHA256);

    for (size_t i = 0; i < token.n; i++) {
        MF_SCOPED(mf_jws_done) struct jws jws = {0};
        struct err err = {0};
        struct refusal why = {.err = &err};
        token.p[i] ^= 1;
        ck_assert_msg(!verify(mf_buf_span(&token), P256, &jws, &why), "byte %zu", i);
        ck_assert_str_ne(why.reason, "");
        token.p[i] ^= 1;
    }
}
END_TEST

#define H "{\"alg\":\"ES256\""

static const struct {
    const char *header;
    const char *reason;
    const char *message;
} headers[] = {
    {"{\"alg\":\"none\"}", "ALG_FORBIDDEN", "token header: algorithm \"none\" is not accepted"},
    {"{\"alg\":\"None\"}", "ALG_FORBIDDEN", "\"None\""},
    {"{\"alg\":\"nOnE\"}", "ALG_FORBIDDEN", "\"nOnE\""},
    {"{\"alg\":\"\"}", "ALG_FORBIDDEN", "algorithm \"\""},
    {"{\"alg\":null}", "ALG_FORBIDDEN", "token header: alg: is null"},
    {"{\"alg\":256}", "ALG_FORBIDDEN", "token header"},
    {"{\"alg\":[\"ES256\"]}", "ALG_FORBIDDEN", "token header"},
    {"{}", "ALG_FORBIDDEN", "alg is missing"},
    {"{\"ALG\":\"ES256\"}", "ALG_FORBIDDEN", "alg is missing"},
    {"{\"alg\":\"es256\"}", "ALG_FORBIDDEN", "\"es256\""},
    {"{\"alg\":\"ES256 \"}", "ALG_FORBIDDEN", "\"ES256 \""},
    {"{\"alg\":\"ES256K\"}", "ALG_FORBIDDEN", "\"ES256K\""},
    {"{\"alg\":\"HS256\"}", "ALG_FORBIDDEN", "\"HS256\""},
    {"{\"alg\":\"PS256\"}", "ALG_FORBIDDEN", "\"PS256\""},
    {"{\"alg\":\"RSA-OAEP\"}", "ALG_FORBIDDEN", "\"RSA-OAEP\""},
    {"{\"alg\":\"none\",\"alg\":\"ES256\"}", "TOKEN_MALFORMED", "is there twice"},
    {H ",\"\\u0061lg\":\"none\"}", "TOKEN_MALFORMED", "is there twice"},
    {H ",\"jwk\":{\"kty\":\"EC\"}}", "TOKEN_MALFORMED", "member \"jwk\" is not accepted"},
    {H ",\"jku\":\"https://evil.example/k\"}", "TOKEN_MALFORMED", "\"jku\""},
    {H ",\"x5u\":\"https://evil.example/k\"}", "TOKEN_MALFORMED", "\"x5u\""},
    {H ",\"x5c\":[\"AA==\"]}", "TOKEN_MALFORMED", "\"x5c\""},
    {H ",\"crit\":[\"b64\"],\"b64\":false}", "TOKEN_MALFORMED", "\"crit\""},
    {H ",\"crit\":null}", "TOKEN_MALFORMED", "\"crit\""},
    {H ",\"b64\":false}", "TOKEN_MALFORMED", "\"b64\""},
    {H ",\"zip\":\"DEF\"}", "TOKEN_MALFORMED", "\"zip\""},
    {H ",\"cty\":\"JWT\"}", "TOKEN_MALFORMED", "\"cty\""},
    {H ",\"typ\":\"at+jwt\"}", "TOKEN_MALFORMED", "typ is not \"JWT\""},
    {H ",\"typ\":\"jwt\"}", "TOKEN_MALFORMED", "typ is not \"JWT\""},
    {H ",\"typ\":1}", "TOKEN_MALFORMED", "token header"},
    {H ",\"kid\":1}", "TOKEN_MALFORMED", "token header"},
    {H ",\"kid\":\"\"}", "TOKEN_MALFORMED", "kid is not 1 to 256 printable characters"},
    {H ",\"kid\":\"a\\u0000b\"}", "TOKEN_MALFORMED", "token header"},
    {H ",\"kid\":\"a\\nb\"}", "TOKEN_MALFORMED", "printable"},
    {H ",\"kid\":\"\\u00e9\"}", "TOKEN_MALFORMED", "printable"},
    {H "} ", "", NULL}, /* white space inside the signed bytes is one spelling of them */
    {H ",\"x5t\":\"abc\"}", "", NULL},
    {H ",\"kid\":\"../../etc/passwd'; DROP TABLE keys; --\"}", "", NULL},
    {"\xEF\xBB\xBF" H "}", "TOKEN_MALFORMED", "token header"},
    {H "}x", "TOKEN_MALFORMED", "token header"},
    {"[]", "TOKEN_MALFORMED", "is not a JSON object"},
    {"\"ES256\"", "TOKEN_MALFORMED", "is not a JSON object"},
    {H ",\"a\":{\"b\":{\"c\":{\"d\":{}}}}}", "TOKEN_MALFORMED", "token header"},
    {H ",\"a\":\"\xFF\"}", "TOKEN_MALFORMED", "token header"},
};

START_TEST(reads_headers_strictly)
{
    MF_SCOPED(mf_buf_done)
    struct buf token = made_token_with(mf_span_str(headers[_i].header), MF_SPAN("{}"),
                                       MF_SPAN("s"));
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    if (headers[_i].message == NULL) {
        mf_ck_ok(mf_jws_parse(mf_buf_span(&token), &jws, &why), err);
        return;
    }
    mf_ck_refused(mf_jws_parse(mf_buf_span(&token), &jws, &why), err, headers[_i].message);
    ck_assert_str_eq(why.reason, headers[_i].reason);
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
    ck_assert_ptr_null(jws.decoded.p);
}
END_TEST

#define HEAD "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */

static const struct {
    struct span token;
    const char *reason;
    const char *message;
} shapes[] = {
    {MF_SPAN_INIT(""), "TOKEN_MISSING", "there is no token"},
    {MF_SPAN_INIT(HEAD), "TOKEN_MALFORMED", "does not have 3 segments"},
    {MF_SPAN_INIT(HEAD ".e30"), "TOKEN_MALFORMED", "does not have 3 segments"},
    {MF_SPAN_INIT(HEAD ".e30.AA.AA"), "TOKEN_MALFORMED", "does not have 3 segments"},
    {MF_SPAN_INIT(HEAD ".e30.AA.AA.AA"), "TOKEN_MALFORMED", "does not have 3 segments"},
    {MF_SPAN_INIT(HEAD ".e30.AA."), "TOKEN_MALFORMED", "does not have 3 segments"},
    {MF_SPAN_INIT("..AA"), "TOKEN_MALFORMED", "an empty segment"},
    {MF_SPAN_INIT(HEAD "..AA"), "TOKEN_MALFORMED", "an empty segment"},
    {MF_SPAN_INIT(HEAD ".e30."), "TOKEN_MALFORMED", "an empty segment"},
    {MF_SPAN_INIT("...."), "TOKEN_MALFORMED", "an empty segment"},
    {MF_SPAN_INIT(HEAD ".e30.AA=="), "TOKEN_MALFORMED", "token signature: character"},
    {MF_SPAN_INIT(HEAD ".e30=.AA"), "TOKEN_MALFORMED", "token payload: character"},
    {MF_SPAN_INIT(HEAD ".e30.A+"), "TOKEN_MALFORMED", "token signature: character"},
    {MF_SPAN_INIT(HEAD ".e30.A/"), "TOKEN_MALFORMED", "token signature: character"},
    {MF_SPAN_INIT(HEAD ".e30.AB"), "TOKEN_MALFORMED", "token signature"}, /* trailing bits */
    {MF_SPAN_INIT(HEAD ".e30.A"), "TOKEN_MALFORMED", "token signature: base64 ends"},
    {MF_SPAN_INIT(HEAD ".e30.AA\n"), "TOKEN_MALFORMED", "token signature: character"},
    {MF_SPAN_INIT(HEAD ".e30.AA "), "TOKEN_MALFORMED", "token signature: character"},
    {MF_SPAN_INIT(" " HEAD ".e30.AA"), "TOKEN_MALFORMED", "token header: base64"},
    {MF_SPAN_INIT(HEAD ".e3\0.AA"), "TOKEN_MALFORMED", "token payload: character"},
    {MF_SPAN_INIT(HEAD ".e30.A!!A"), "TOKEN_MALFORMED", "token signature: character"},
    {MF_SPAN_INIT("{\"payload\":\"e30\",\"signatures\":[]}"), "TOKEN_MALFORMED",
     "does not have 3 segments"},
};

START_TEST(each_token_has_one_spelling)
{
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_refused(mf_jws_parse(shapes[_i].token, &jws, &why), err, shapes[_i].message);
    ck_assert_str_eq(why.reason, shapes[_i].reason);
    ck_assert_ptr_null(jws.decoded.p);
}
END_TEST

static void check_large(struct span token, const char *reason)
{
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    ck_assert(!mf_jws_parse(token, &jws, &why));
    ck_assert_str_eq(why.reason, reason);
}

START_TEST(large_tokens_are_refused_before_they_are_read)
{
    enum { HUGE = 10 * 1024 * 1024 };
    uint8_t *bytes = mf_array_new(HUGE, 1);

    ck_assert_ptr_nonnull(bytes);
    memset(bytes, '.', HUGE);
    check_large((struct span){bytes, HUGE}, "TOKEN_TOO_LARGE");
    check_large((struct span){bytes, MF_TOKEN_MAX + 1}, "TOKEN_TOO_LARGE");
    check_large((struct span){bytes, MF_TOKEN_MAX}, "TOKEN_MALFORMED");
    memset(bytes, 'A', HUGE);
    bytes[20] = '.';
    bytes[30] = '.';
    check_large((struct span){bytes, MF_TOKEN_MAX}, "TOKEN_MALFORMED");
    free(bytes);
}
END_TEST

START_TEST(a_long_key_name_is_refused)
{
    char header[400];
    struct err err = {0};
    struct refusal why = {.err = &err};
    MF_SCOPED(mf_jws_done) struct jws jws = {0};

    snprintf(header, sizeof header, H ",\"kid\":\"%0*d\"}", MF_KID_MAX + 1, 0);
    MF_SCOPED(mf_buf_done)
    struct buf token = made_token_with(mf_span_str(header), MF_SPAN("{}"), MF_SPAN("s"));
    mf_ck_refused(mf_jws_parse(mf_buf_span(&token), &jws, &why), err, "kid is not 1 to 256");
}
END_TEST

/* Forms of an ECDSA signature that are none here: r, s = 0, one byte less or more, DER. */
START_TEST(ecdsa_signatures_have_one_form)
{
    static const size_t lengths[] = {0, 1, 63, 65, 64, 70, 96};
    const struct span header = MF_SPAN(H "}");
    uint8_t zeros[96] = {0};

    for (size_t i = 1; i < MF_LEN(lengths); i++) {
        MF_SCOPED(mf_buf_done)
        struct buf token = made_token_with(header, MF_SPAN("{}"), (struct span){zeros, lengths[i]});
        MF_SCOPED(mf_jws_done) struct jws jws = {0};
        struct err err = {0};
        struct refusal why = {.err = &err};
        ck_assert(!verify(mf_buf_span(&token), P256, &jws, &why));
        ck_assert_str_eq(why.reason, "SIG_INVALID");
        ck_assert_int_eq(err.code, MF_ERR_DENIED);
    }
}
END_TEST

START_TEST(a_signature_in_der_is_refused)
{
    const struct span header = MF_SPAN(H "}");
    MF_SCOPED(mf_buf_done) struct buf input = made_signing_input(header, MF_SPAN("{}"));
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_jws_done) struct jws jws = {0};
    struct err err = {0};
    struct refusal why = {.err = &err};

    mf_ck_ok(mf_sign(keys.c, keys.p256, MF_SIG_ECDSA_SHA256, mf_buf_span(&input), &der, &err), err);
    MF_SCOPED(mf_buf_done)
    struct buf token = made_token_with(header, MF_SPAN("{}"), mf_buf_span(&der));
    mf_ck_refused(verify(mf_buf_span(&token), P256, &jws, &why), err, "not 64");
    ck_assert_str_eq(why.reason, "SIG_INVALID");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("jws");
    TCase *form = tcase_create("form");
    TCase *signatures = tcase_create("signatures");

    tcase_add_loop_test(form, reads_headers_strictly, 0, MF_LEN(headers));
    tcase_add_loop_test(form, each_token_has_one_spelling, 0, MF_LEN(shapes));
    tcase_add_test(form, large_tokens_are_refused_before_they_are_read);
    tcase_add_test(form, a_long_key_name_is_refused);
    suite_add_tcase(suite, form);
    tcase_add_unchecked_fixture(signatures, make_keys, drop_keys);
    tcase_set_timeout(signatures, 60);
    tcase_add_loop_test(signatures, verifies_each_algorithm_with_its_own_key, 0, MF_LEN(accepted));
    tcase_add_loop_test(signatures, refuses_each_algorithm_with_every_other_kind_of_key, 0,
                        MF_LEN(accepted));
    tcase_add_test(signatures, ties_the_curve_to_the_algorithm);
    tcase_add_test(signatures, refuses_any_changed_bit);
    tcase_add_test(signatures, ecdsa_signatures_have_one_form);
    tcase_add_test(signatures, a_signature_in_der_is_refused);
    suite_add_tcase(suite, signatures);
    return suite;
}
